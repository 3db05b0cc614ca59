/** Room on the disks that matter: where the data lies, and where the engine keeps images and containers. */
import { statfs } from 'node:fs/promises'
import type { Runtime } from '../runtime/index.ts'
import type { DiskFigures } from '../telemetry/index.ts'

export type Disks = { figures(): Promise<readonly DiskFigures[]> }

/** How long the engine is asked where its files are before the figures go without. */
const patienceMs = 2_000

/** The engine's disk is left out where it cannot be seen from here: on another machine, or from inside a container. */
export function disksOf(dataDir: string, runtime: Pick<Runtime, 'info'>): Disks {
  let dataRoot: string | null = null
  const findRoot = async (): Promise<string | null> => {
    dataRoot ??= (await runtime.info(AbortSignal.timeout(patienceMs)).catch(() => null))?.dataRoot ?? null
    return dataRoot
  }
  const look = async (place: DiskFigures['place'], path: string | null): Promise<readonly DiskFigures[]> => {
    if (path === null || path === '') return []
    const found = await statfs(path).catch(() => null)
    if (found === null) return []
    return [{ place, freeBytes: found.bavail * found.bsize, sizeBytes: found.blocks * found.bsize }]
  }
  return {
    figures: async () => [...(await look('data', dataDir)), ...(await look('docker', await findRoot()))],
  }
}
