/** pino loggers, one a component: JSON lines, or pretty ones on a terminal. */
import { createRequire } from 'node:module'
import { pino } from 'pino'
import type { Logger } from 'pino'
import type * as PinoPrettyModule from 'pino-pretty'
import type { LogLevel } from '../config/index.ts'
import type { Log } from '../controller/telemetry.ts'
import { mask, redactedPaths } from './redaction.ts'
import type { SecretValues } from './redaction.ts'

type PinoPretty = typeof PinoPrettyModule

export type LogSettings = {
  readonly level: LogLevel
  readonly format: 'auto' | 'json' | 'pretty'
  readonly components: Readonly<Record<string, LogLevel>>
}
export type LineSink = { readonly isTTY?: boolean; write(line: string): unknown }
export type CountedLevel = 'debug' | 'info' | 'warning' | 'error'

export type Logs = { component(name: string): Log }

/** @param onLine told of each line that is written, for `log_messages` */
export function openLogs(
  settings: LogSettings,
  sink: LineSink,
  secrets: SecretValues,
  onLine: (level: CountedLevel) => void = () => {},
): Logs {
  const pretty = settings.format === 'pretty' || (settings.format === 'auto' && sink.isTTY === true)
  const cleaned = { write: (line: string): void => void sink.write(secrets.redact(line)) }
  const stream = pretty ? prettyStream(cleaned, sink.isTTY === true) : cleaned
  const root = pino(
    {
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...redactedPaths], censor: mask },
      serializers: { error: pino.stdSerializers.err },
    },
    stream,
  )
  return {
    component: (name) =>
      logOf(root.child({ component: name }, { level: settings.components[name] ?? settings.level }), onLine),
  }
}

function prettyStream(sink: { write(line: string): void }, colorize: boolean): { write(line: string): void } {
  // Only here: a daemon that writes JSON has no use for it, and it is large.
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as PinoPretty
  const format = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'component',
    messageFormat: '{component}: {msg}',
    singleLine: true,
  })
  return { write: (line) => sink.write(format(line) ?? '') }
}

function logOf(logger: Logger, onLine: (level: CountedLevel) => void): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error', counted: CountedLevel): Log['info'] => {
    return (fields, text) => {
      if (!logger.isLevelEnabled(level)) return
      onLine(counted)
      logger[level](fields, text)
    }
  }
  return {
    debug: at('debug', 'debug'),
    info: at('info', 'info'),
    warn: at('warn', 'warning'),
    error: at('error', 'error'),
  }
}
