/** What `/healthz` and `/readyz` say, put together from those who know. */
import { stat } from 'node:fs/promises'
import type { Config } from '../config/index.ts'
import type { RunningController } from '../controller/index.ts'
import type { HealthPart, HealthReport } from '../server/index.ts'
import type { Store } from '../store/index.ts'
import type { Disks } from './disks.ts'
import type { LiveSettings } from './live-settings.ts'

export type HealthParts = {
  readonly controller: Pick<RunningController, 'health' | 'snapshot'>
  readonly store: Pick<Store, 'health'>
  readonly disks: Disks
  readonly settings: Pick<LiveSettings, 'config' | 'state'>
  /** Where manifests come from: what is wrong with each, or `null`. */
  readonly sources: () => readonly SourceCheck[]
}
export type SourceCheck = { readonly name: string; readonly problem: () => Promise<string | null> }

/** A loop that has let a workflow wait for so long does not work any more. */
const loopStuckSeconds = 600

export async function healthReport({
  controller,
  store,
  disks,
  settings,
  sources,
}: HealthParts): Promise<HealthReport> {
  const { isStarted, isDraining, isFenced, engine } = controller.health()
  const storeHealth = store.health()
  const lag = controller.snapshot().queueLagSeconds
  // While the store is away nothing can be decided, and that is no fault of the loop.
  const isLoopStuck = storeHealth.isUp && lag > loopStuckSeconds
  const parts = {
    controller: isLoopStuck
      ? bad(`the loop has not looked at a workflow for ${Math.round(lag)} s`)
      : isDraining
        ? bad('the daemon is stopping')
        : isFenced
          ? bad('another controller may have taken over: nothing is started until the database says whose is what')
          : isStarted
            ? good()
            : bad('the controller is starting'),
    engine: engine.ok ? good(awayText(controller.snapshot().endpoints)) : bad(engine.reason),
    store: storeHealth.isUp ? good() : bad(storeHealth.reason),
    sources: await sourcesPart(sources()),
    disk: await diskPart(disks, settings.config.disk.freeMinBytes),
  }
  const reasons = Object.values(parts).flatMap(({ ok, detail }) => (ok ? [] : [detail]))
  return {
    alive: !isLoopStuck,
    ready: reasons.length === 0,
    reasons,
    // The daemon goes on by the settings it has: wrong ones do not make it unready.
    parts: { ...parts, settings: settingsPart(settings) },
  }
}

const good = (detail = ''): HealthPart => ({ ok: true, detail })
const bad = (detail: string): HealthPart => ({ ok: false, detail })

/** An endpoint that is away is a state of that endpoint: the daemon goes on with the others. */
const awayText = (endpoints: readonly { readonly ok: boolean; readonly reason: string }[]): string =>
  endpoints.flatMap(({ ok, reason }) => (ok ? [] : [reason])).join('; ')

async function sourcesPart(sources: readonly SourceCheck[]): Promise<HealthPart> {
  const problems = await Promise.all(sources.map(async ({ name, problem }) => ({ name, text: await problem() })))
  const told = problems.flatMap(({ name, text }) => (text === null ? [] : [`${name}: ${text}`]))
  return told.length === 0 ? good() : bad(told.join('; '))
}

async function diskPart(disks: Disks, floorBytes: number): Promise<HealthPart> {
  const figures = await disks.figures()
  const low = figures.filter(({ freeBytes }) => freeBytes < floorBytes)
  const text = (of: typeof figures) =>
    of.map(({ place, freeBytes }) => `${place}: ${mebibytes(freeBytes)} free`).join(', ')
  return low.length === 0
    ? good(text(figures))
    : bad(`too little disk space (${text(low)}, ${mebibytes(floorBytes)} wanted)`)
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`

function settingsPart({ state }: Pick<LiveSettings, 'state'>): HealthPart {
  const { pending, problems } = state()
  if (problems.length > 0) return bad(`the settings are wrong and not used: ${problems.join('; ')}`)
  return pending.length === 0 ? good() : bad(`takes effect after a restart: ${pending.join(', ')}`)
}

/** A folder that is watched. */
export const folderCheck = (folder: Config['folders'][number]): SourceCheck => ({
  name: folder,
  problem: async () => {
    const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error)
    if (found instanceof Error) return found.code === 'ENOENT' ? 'the folder is not there' : found.message
    return found.isDirectory() ? null : 'is no folder'
  },
})
