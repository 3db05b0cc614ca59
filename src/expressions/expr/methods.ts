// Methods of Go's own types that an expression can call: times, durations, months, zones, HTTP headers.

import { monthNames, weekdayNames } from '../calendar-names.ts'
import { RFC3339_NANO, formatTime } from './time/layout.ts'
import { daysOf, isoWeekOf, secondsOf, weekdayOf, yearDayOf } from './time/civil.ts'
import type { GoTime } from './time/go-time.ts'
import { compareTimes, timeOfCivil, ZERO_TIME } from './time/go-time.ts'
import { printGoDuration, roundDuration, truncateDuration } from './time/go-duration.ts'
import type { Zone } from './time/zones.ts'
import { LOCAL, UTC } from './time/zones.ts'
import { MONTH, WEEKDAY, goType } from './go-types.ts'
import type { GoType } from './go-types.ts'
import type { GoMap } from './values.ts'
import { GoFunc, GoInt, GoObject, GoPointer, durationOf, int64, itemsOf, panic, strings, typeOf } from './values.ts'

type Method = { readonly type: GoType; readonly run: (self: unknown, args: readonly unknown[]) => unknown }

/** The signature of a method without its receiver, or `undefined`. */
export function methodType(type: GoType, name: string): GoType | undefined {
  const owner =
    type.kind === 'ptr' && type.elem !== undefined
      ? (methods.get(type.name) ?? methods.get(type.elem.name))
      : methods.get(type.name)
  return owner?.get(name)?.type
}

/** A method bound to its value, or `undefined`. */
export function methodOf(value: unknown, name: string): GoFunc | undefined {
  if (value instanceof GoObject) return value.methods.get(name)
  if (value instanceof GoPointer) return value.target === null ? undefined : methodOf(value.target, name)
  const type = typeOf(value)
  const method = type === null ? undefined : methods.get(type.name)?.get(name)
  return method === undefined ? undefined : new GoFunc(method.type, (args) => method.run(value, args))
}

type Table = Readonly<Record<string, readonly [signature: string, run: (self: never, ...args: never[]) => unknown]>>

function table(entries: Table): ReadonlyMap<string, Method> {
  return new Map(
    Object.entries(entries).map(([name, [signature, run]]) => [
      name,
      // The checker and the caller have seen to it that the arguments have the types of the signature.
      {
        type: goType(`func${signature}`),
        run: (self: unknown, args: readonly unknown[]) => Reflect.apply(run, undefined, [self, ...args]) as unknown,
      },
    ]),
  )
}

const dayOf = (t: GoTime): number => {
  const c = t.civil
  return daysOf(c.year, c.month, c.day)
}
const SECONDS_TO_YEAR_1 = 62_135_596_800n
/** Nanoseconds since the year 1, from where times are rounded. */
const sinceYear1 = (t: GoTime): bigint => t.unixNanos + SECONDS_TO_YEAR_1 * 1_000_000_000n
const clamp64 = (ns: bigint): bigint =>
  ns > (1n << 63n) - 1n ? (1n << 63n) - 1n : ns < -(1n << 63n) ? -(1n << 63n) : ns

const time = table({
  Add: ['(time.Duration) time.Time', (t: GoTime, d: GoInt) => t.plus(d.value)],
  AddDate: ['(int, int, int) time.Time', addDate],
  After: ['(time.Time) bool', (t: GoTime, u: GoTime) => compareTimes(t, u) > 0],
  AppendFormat: [
    '([]byte, string) []byte',
    (t: GoTime, b: Uint8Array, layout: string) => Buffer.concat([b, Buffer.from(formatTime(t, layout))]),
  ],
  Before: ['(time.Time) bool', (t: GoTime, u: GoTime) => compareTimes(t, u) < 0],
  Clock: ['() (int, int, int)', (t: GoTime) => BigInt(t.civil.hour)],
  Compare: ['(time.Time) int', (t: GoTime, u: GoTime) => BigInt(Math.sign(compareTimes(t, u)))],
  Date: ['() (int, time.Month, int)', (t: GoTime) => BigInt(t.civil.year)],
  Day: ['() int', (t: GoTime) => BigInt(t.civil.day)],
  Equal: ['(time.Time) bool', (t: GoTime, u: GoTime) => compareTimes(t, u) === 0],
  Format: ['(string) string', formatTime],
  GoString: ['() string', goString],
  Hour: ['() int', (t: GoTime) => BigInt(t.civil.hour)],
  ISOWeek: ['() (int, int)', (t: GoTime) => BigInt(isoWeekOf(t.civil).year)],
  In: [
    '(*time.Location) time.Time',
    (t: GoTime, zone: Zone | null) => (zone === null ? panic('time: missing Location in call to Time.In') : t.in(zone)),
  ],
  IsDST: ['() bool', isSummerTime],
  IsZero: ['() bool', (t: GoTime) => compareTimes(t, ZERO_TIME) === 0],
  Local: ['() time.Time', (t: GoTime) => t.in(LOCAL)],
  Location: ['() *time.Location', (t: GoTime) => t.zone],
  MarshalJSON: ['() ([]byte, error)', (t: GoTime) => Buffer.from(`"${formatTime(t, RFC3339_NANO)}"`)],
  MarshalText: ['() ([]byte, error)', (t: GoTime) => Buffer.from(formatTime(t, RFC3339_NANO))],
  Minute: ['() int', (t: GoTime) => BigInt(t.civil.minute)],
  Month: ['() time.Month', (t: GoTime) => new GoInt(MONTH, BigInt(t.civil.month))],
  Nanosecond: ['() int', (t: GoTime) => BigInt(t.nanos)],
  Round: ['(time.Duration) time.Time', roundTime],
  Second: ['() int', (t: GoTime) => BigInt(t.civil.second)],
  String: ['() string', (t: GoTime) => formatTime(t, '2006-01-02 15:04:05.999999999 -0700 MST')],
  Sub: ['(time.Time) time.Duration', (t: GoTime, u: GoTime) => durationOf(clamp64(t.unixNanos - u.unixNanos))],
  Truncate: [
    '(time.Duration) time.Time',
    (t: GoTime, d: GoInt) => (d.value <= 0n ? t : t.plus(-(sinceYear1(t) % d.value))),
  ],
  UTC: ['() time.Time', (t: GoTime) => t.in(UTC)],
  Unix: ['() int64', (t: GoTime) => int64(BigInt(t.seconds))],
  UnixMicro: ['() int64', (t: GoTime) => int64(t.unixNanos / 1000n)],
  UnixMilli: ['() int64', (t: GoTime) => int64(BigInt(t.seconds) * 1000n + BigInt(Math.floor(t.nanos / 1_000_000)))],
  UnixNano: ['() int64', (t: GoTime) => int64(t.unixNanos)],
  Weekday: ['() time.Weekday', (t: GoTime) => new GoInt(WEEKDAY, BigInt(weekdayOf(dayOf(t))))],
  Year: ['() int', (t: GoTime) => BigInt(t.civil.year)],
  YearDay: ['() int', (t: GoTime) => BigInt(yearDayOf(t.civil))],
  Zone: ['() (string, int)', (t: GoTime) => t.zone.abbreviationAt(t.seconds)],
})

function addDate(t: GoTime, years: bigint, months: bigint, days: bigint): GoTime {
  const c = t.civil
  const date = { ...c, year: c.year + Number(years), month: c.month + Number(months), day: c.day + Number(days) }
  return timeOfCivil(date, t.nanos, t.zone)
}

function roundTime(t: GoTime, d: GoInt): GoTime {
  if (d.value <= 0n) return t
  const rest = sinceYear1(t) % d.value
  return rest + rest < d.value ? t.plus(-rest) : t.plus(d.value - rest)
}

function isSummerTime(t: GoTime): boolean {
  const january = secondsOf({ year: t.civil.year, month: 1, day: 1, hour: 0, minute: 0, second: 0 })
  const standard = Math.min(t.zone.offsetAt(january), t.zone.offsetAt(january + 15_768_000))
  return t.offset > standard
}

function goString(t: GoTime): string {
  const c = t.civil
  const zone =
    t.zone === UTC ? 'time.UTC' : t.zone === LOCAL ? 'time.Local' : `time.Location(${JSON.stringify(t.zone.name)})`
  return `time.Date(${c.year}, time.${monthNames[c.month - 1] ?? ''}, ${c.day}, ${c.hour}, ${c.minute}, ${c.second}, ${t.nanos}, ${zone})`
}

const duration = table({
  Abs: ['() time.Duration', (d: GoInt) => durationOf(d.value < 0n ? clamp64(-d.value) : d.value)],
  Hours: ['() float64', (d: GoInt) => fraction(d.value, 3_600_000_000_000n)],
  Microseconds: ['() int64', (d: GoInt) => int64(d.value / 1000n)],
  Milliseconds: ['() int64', (d: GoInt) => int64(d.value / 1_000_000n)],
  Minutes: ['() float64', (d: GoInt) => fraction(d.value, 60_000_000_000n)],
  Nanoseconds: ['() int64', (d: GoInt) => int64(d.value)],
  Round: [
    '(time.Duration) time.Duration',
    (d: GoInt, m: GoInt) => durationOf(clamp64(roundDuration(d.value, m.value))),
  ],
  Seconds: ['() float64', (d: GoInt) => fraction(d.value, 1_000_000_000n)],
  String: ['() string', (d: GoInt) => printGoDuration(d.value)],
  Truncate: ['(time.Duration) time.Duration', (d: GoInt, m: GoInt) => durationOf(truncateDuration(d.value, m.value))],
})

function fraction(ns: bigint, unit: bigint): number {
  return Number(ns / unit) + Number(ns % unit) / Number(unit)
}

const header = table({
  Clone: ['() http.Header', (h: GoMap) => h],
  Get: ['(string) string', (h: GoMap, name: string) => itemsOf(h.get(canonicalHeader(name)))?.[0] ?? ''],
  Values: ['(string) []string', (h: GoMap, name: string) => h.get(canonicalHeader(name)) ?? strings(null)],
})

/** `content-type` → `Content-Type`. */
export function canonicalHeader(name: string): string {
  if (!/^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(name)) return name
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (c) => c.toUpperCase())
}

const methods: ReadonlyMap<string, ReadonlyMap<string, Method>> = new Map([
  ['time.Time', time],
  ['time.Duration', duration],
  [
    'time.Month',
    table({ String: ['() string', (m: GoInt) => monthNames[Number(m.value) - 1] ?? `%!Month(${m.value})`] }),
  ],
  [
    'time.Weekday',
    table({ String: ['() string', (d: GoInt) => weekdayNames[Number(d.value)] ?? `%!Weekday(${d.value})`] }),
  ],
  ['*time.Location', table({ String: ['() string', (z: Zone) => z.name] })],
  ['http.Header', header],
])
