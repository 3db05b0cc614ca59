/** The settings while the daemon runs: read anew on a signal, when the file or Argo's ConfigMap changes, and taken over where that is safe. */
import { stat } from 'node:fs/promises'
import { InvalidSettings, loadConfig, planReload, settingsProblemText } from '../config/index.ts'
import type { ArgoSettings, Config, ConfigSources } from '../config/index.ts'
import type { Log } from '../controller/index.ts'
import type { Metrics } from '../telemetry/index.ts'

export type LiveSettings = {
  /** What the daemon goes by now. */
  readonly config: Config
  /** `pending`: settings that were changed and wait for a restart. `problems`: why the settings as they stand are not used. */
  state(): { readonly pending: readonly string[]; readonly problems: readonly string[] }
  /** Reads everything anew. Never rejects: what is wrong is logged, counted and shown by `/readyz`. */
  reload(why: string): Promise<void>
  /** The same with other settings of Argo's ConfigMap. */
  argoChanged(settings: ArgoSettings): Promise<void>
  close(): void
}

export type LiveSettingsOptions = {
  readonly sources: ConfigSources
  readonly running: Config
  /** Tells the parts. */
  readonly apply: (config: Config) => void
  readonly log: Log
  readonly metrics: Pick<Metrics, 'configReloaded'>
  /** How often the file is looked at: a watch would miss files that are mounted or replaced. */
  readonly pollMs?: number
}

export function liveSettings(options: LiveSettingsOptions): LiveSettings {
  const { log, metrics, apply } = options
  let sources = options.sources
  let current = options.running
  let pending: readonly string[] = []
  let problems: readonly string[] = []
  let turn: Promise<void> = Promise.resolve()

  async function readAnew(why: string): Promise<void> {
    try {
      const { config, notes } = await loadConfig(sources)
      const plan = planReload(current, config)
      problems = []
      const isNews = plan.pending.join() !== pending.join()
      pending = plan.pending
      if (plan.applied.length > 0) {
        apply(plan.config)
        current = plan.config
        for (const note of notes) log.info({}, note)
        log.info({ why, settings: plan.applied }, 'settings taken over')
      }
      if (isNews && pending.length > 0)
        log.warn({ why, settings: pending }, 'settings were changed that take effect only after a restart')
      metrics.configReloaded(plan.applied.length > 0 ? 'applied' : 'unchanged')
    } catch (error) {
      problems =
        error instanceof InvalidSettings
          ? error.problems.map(settingsProblemText)
          : [error instanceof Error ? error.message : String(error)]
      log.error({ why, problems }, 'the settings are wrong; the daemon goes on with those it has')
      metrics.configReloaded('invalid')
    }
  }

  const reload = (why: string): Promise<void> => (turn = turn.then(() => readAnew(why)))
  const { file } = sources
  // Unknown at first: the file may have changed since it was read for the start, which may have taken its time.
  let seen = ''
  const look = async (path: string): Promise<void> => {
    const now = await stat(path).then(
      ({ mtimeMs, ino, size }) => `${mtimeMs}/${ino}/${size}`,
      () => 'gone',
    )
    if (now === seen) return
    seen = now
    await reload('the settings file changed')
  }
  const poll = file === undefined ? undefined : setInterval(() => void look(file), options.pollMs ?? 1_000)
  poll?.unref()
  return {
    get config() {
      return current
    },
    state: () => ({ pending, problems }),
    reload,
    argoChanged: (settings) => {
      sources = { ...sources, argo: settings }
      return reload('Argo’s ConfigMap changed')
    },
    close: () => clearInterval(poll),
  }
}
