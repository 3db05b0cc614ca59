/** pino loggers, one a component: JSON lines, or pretty ones on a terminal. */
import { createRequire } from 'node:module'
import { pino } from 'pino'
import type { Logger } from 'pino'
import type * as PinoPrettyModule from 'pino-pretty'
import type { LogLevel } from '../config/index.ts'
import type { Log, LogFields } from '../controller/telemetry.ts'
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

export type LogLevels = { readonly level: LogLevel; readonly components: Readonly<Record<string, LogLevel>> }
export type Logs = {
  component(name: string): Log
  /** As they are now. */
  levels(): LogLevels
  /** For loggers that are there and those that come. */
  setLevels(levels: LogLevels): void
  /** How a line that knows only the UID of a workflow learns its name. */
  nameWith(lookup: (uid: string) => { readonly workflow: string; readonly namespace: string } | null): void
}

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
  let levels: LogLevels = { level: settings.level, components: settings.components }
  const children = new Map<string, Logger>()
  let lookup: Parameters<Logs['nameWith']>[0] = () => null
  return {
    component: (name) => {
      let child = children.get(name)
      if (child === undefined) {
        child = root.child({ component: name }, { level: levels.components[name] ?? levels.level })
        children.set(name, child)
      }
      return logOf(child, onLine, (fields) => traced(fields, lookup))
    },
    levels: () => levels,
    setLevels: (next) => {
      levels = { level: next.level, components: next.components }
      for (const [name, child] of children) child.level = levels.components[name] ?? levels.level
    },
    nameWith: (how) => {
      lookup = how
    },
  }
}

const uidOfPod = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:[.]|$)/

/**
 * A line about a workflow has its name, its UID and a trace id, whichever of them (or of its pods) the writer knew. The trace id is the UID without dashes: the same in every line, and 16 bytes as tracing wants it.
 */
function traced(fields: LogFields, lookup: Parameters<Logs['nameWith']>[0]): LogFields {
  const { pod } = fields
  const [, podUid] = typeof pod === 'string' ? (uidOfPod.exec(pod) ?? []) : []
  const uid = typeof fields['uid'] === 'string' ? fields['uid'] : podUid
  if (uid === undefined) return fields
  const names = fields['workflow'] === undefined ? (lookup(uid) ?? {}) : {}
  return { ...names, ...fields, uid, trace_id: uid.replaceAll('-', '') }
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

function logOf(
  logger: Logger,
  onLine: (level: CountedLevel) => void,
  completed: (fields: LogFields) => LogFields,
): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error', counted: CountedLevel): Log['info'] => {
    return (fields, text) => {
      if (!logger.isLevelEnabled(level)) return
      onLine(counted)
      logger[level](completed(fields), text)
    }
  }
  return {
    debug: at('debug', 'debug'),
    info: at('info', 'info'),
    warn: at('warn', 'warning'),
    error: at('error', 'error'),
  }
}
