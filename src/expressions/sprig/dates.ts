// Sprig's functions on times. What is neither a time nor an integer counts as now.

import type { Group } from './table.ts'
import { currentTime, inGo } from '../expr/builtins/dates.ts'
import { INT64 } from '../expr/go-types.ts'
import { integerOf } from '../expr/operators.ts'
import { parseInt64 } from '../expr/numbers.ts'
import { parseGoDuration, printGoDuration, roundDuration } from '../expr/time/go-duration.ts'
import { GoTime, ZERO_TIME } from '../expr/time/go-time.ts'
import { formatTime } from '../expr/time/layout.ts'
import { LayoutError, parseTime } from '../expr/time/parse.ts'
import { LOCAL, UTC, zoneNamed } from '../expr/time/zones.ts'
import { GoInt, GoPanic, GoPointer, panic, wrap64 } from '../expr/values.ts'
import type { Outside } from '../expr/values.ts'

const SECOND = 1_000_000_000n

function timeFrom(value: unknown, outside: Outside | null): GoTime {
  if (value instanceof GoTime) return value
  if (value instanceof GoPointer && value.target instanceof GoTime) return value.target
  const seconds =
    typeof value === 'bigint'
      ? value
      : value instanceof GoInt && (value.type === INT64 || value.type.kind === 'int32')
        ? integerOf(value)
        : undefined
  return seconds === undefined ? currentTime(outside, LOCAL) : new GoTime(Number(seconds), 0, LOCAL)
}

function duration(value: unknown): string {
  const text = typeof value === 'string' ? parseInt64(value) : 0n
  const seconds = value instanceof GoInt && value.type === INT64 ? value.value : typeof text === 'bigint' ? text : 0n
  return printGoDuration(wrap64(seconds * SECOND))
}

const HOUR = 3600n * SECOND
const units: readonly (readonly [bigint, string])[] = [
  [HOUR * 24n * 365n, 'y'],
  [HOUR * 24n * 30n, 'mo'],
  [HOUR * 24n, 'd'],
  [HOUR, 'h'],
  [60n * SECOND, 'm'],
  [SECOND, 's'],
]

function durationRound(value: unknown, outside: Outside | null): string {
  let ns = 0n
  if (typeof value === 'string') {
    const parsed = parseGoDuration(value)
    ns = 'ns' in parsed ? parsed.ns : 0n
  } else if (value instanceof GoInt && value.type === INT64) ns = value.value
  else if (value instanceof GoTime) ns = currentTime(outside, UTC).unixNanos - value.unixNanos
  const size = ns < 0n ? -ns : ns
  const unit = units.find(([u]) => size > u)
  return unit === undefined ? '0s' : `${size / unit[0]}${unit[1]}`
}

function modified(change: string, time: GoTime): GoTime | null {
  const parsed = parseGoDuration(change)
  return 'ns' in parsed ? time.plus(parsed.ns) : null
}

function mustModify(change: string, time: GoTime): GoTime {
  const parsed = parseGoDuration(change)
  return 'error' in parsed ? panic(parsed.error) : time.plus(parsed.ns)
}

function toDate(layout: string, text: string): GoTime {
  try {
    return parseTime(layout, text, LOCAL)
  } catch (cause) {
    if (cause instanceof LayoutError || cause instanceof GoPanic) return ZERO_TIME
    throw cause
  }
}

export const dateFunctions: Group = (outside) => {
  const inZone = (layout: string, value: unknown, zone: string): string =>
    formatTime(timeFrom(value, outside).in(zoneNamed(zone) ?? UTC), layout)
  const modify = (change: string, time: GoTime): GoTime => modified(change, time) ?? time
  return {
    ago: [
      '(any) string',
      (value: unknown) =>
        printGoDuration(
          roundDuration(currentTime(outside, UTC).unixNanos - timeFrom(value, outside).unixNanos, SECOND),
        ),
    ],
    date: ['(string, any) string', (layout: string, value: unknown) => inZone(layout, value, 'Local')],
    date_in_zone: ['(string, any, string) string', inZone],
    dateInZone: ['(string, any, string) string', inZone],
    date_modify: ['(string, time.Time) time.Time', modify],
    dateModify: ['(string, time.Time) time.Time', modify],
    duration: ['(any) string', duration],
    durationRound: ['(any) string', (value: unknown) => durationRound(value, outside)],
    htmlDate: ['(any) string', (value: unknown) => inZone('2006-01-02', value, 'Local')],
    htmlDateInZone: ['(any, string) string', (value: unknown, zone: string) => inZone('2006-01-02', value, zone)],
    must_date_modify: ['(string, time.Time) (time.Time, error)', mustModify],
    mustDateModify: ['(string, time.Time) (time.Time, error)', mustModify],
    mustToDate: ['(string, string) (time.Time, error)', (layout: string, text: string) => inGo(layout, text, LOCAL)],
    now: ['() time.Time', () => currentTime(outside, LOCAL)],
    toDate: ['(string, string) time.Time', toDate],
    unixEpoch: ['(time.Time) string', (time: GoTime) => String(time.seconds)],
  }
}
