/**
 * Shims that wait for ever. Where dockerd is killed in the middle of a container's start, its shim may be left waiting for
 * somebody at the other ends of its pipes. The next dockerd asks it to make way before a new start, holding the container's
 * lock, and hears nothing: every call about that container hangs, until the engine is restarted or the shim is ended. Seen
 * with Engine 20.10 and containerd 1.6.
 */
import { readFile, readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { processesOf } from './lost-start.ts'

type Process = { readonly pid: number; readonly words: readonly string[] }

/**
 * To be called when the engine gave no answer about the container. Ends its shim where that is all there is of it: no
 * process of the container, and nothing that makes one.
 * @returns whether there was one; none where this machine is not the engine's, or its processes are not to be seen
 */
export async function endStuckShim(id: string): Promise<boolean> {
  const own = (await processes()).filter(({ words }) => words.some((word) => word.includes(id)))
  const [only] = own
  if (only === undefined || own.length > 1 || !isShimOf(only, id)) return false
  if (((await processesOf(id, [])) ?? []).some((pid) => pid !== only.pid)) return false
  try {
    process.kill(only.pid, 'SIGKILL')
    return true
  } catch {
    // It has gone meanwhile, or we may not.
    return false
  }
}

const isShimOf = ({ words }: Process, id: string): boolean =>
  basename(words[0] ?? '').startsWith('containerd-shim') && words[words.indexOf('-id') + 1] === id

async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.map((pid, index) => ({ pid, words: (texts[index] ?? '').split('\0') }))
}
