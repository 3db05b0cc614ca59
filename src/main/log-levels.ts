/** Log levels while the daemon runs: by the settings, over the API, and by a signal that turns on everything for a while. */
import { logLevels } from '../config/index.ts'
import type { Config, LogLevel } from '../config/index.ts'
import type { Log } from '../controller/index.ts'
import type { LogLevelControl } from '../server/index.ts'
import type { LogLevels, Logs } from '../telemetry/index.ts'

export type LogLevelSwitch = LogLevelControl & {
  /** Everything at `debug`, and back at the next call. */
  toggleDebug(): void
}

const isLevel = (text: string): text is LogLevel => logLevels.some((level) => level === text)

/** @param configured what the settings say now */
export function logLevelSwitch(logs: Logs, configured: () => Config['log'], log: Log): LogLevelSwitch {
  let before: LogLevels | null = null
  const change = (levels: LogLevels, why: string) => {
    logs.setLevels(levels)
    log.info({ level: levels.level, components: levels.components, why }, 'log levels changed')
  }
  return {
    levels: () => logs.levels(),
    set: ({ level, component }) => {
      if (level !== '' && !isLevel(level)) return `unknown level ${level}: it is one of ${logLevels.join(', ')}`
      const now = logs.levels()
      before = null
      if (component === undefined) {
        if (isLevel(level)) change({ ...now, level }, 'API')
        return null
      }
      if (!/^[a-z][a-z-]{0,63}$/.test(component)) return 'component must be a name such as `docker`'
      const { [component]: _old, ...others } = now.components
      change({ ...now, components: isLevel(level) ? { ...others, [component]: level } : others }, 'API')
      return null
    },
    reset: () => {
      before = null
      change(configured(), 'API')
    },
    toggleDebug: () => {
      const now = logs.levels()
      const next = before ?? { level: 'debug', components: {} }
      before = before === null ? now : null
      change(next, 'SIGUSR2')
    },
  }
}
