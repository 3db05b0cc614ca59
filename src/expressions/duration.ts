/** Durations as Argo and Go read, write and humanize them. Counted in nanoseconds, 64 bits, as a bigint. */
import { type Parsed, parseInteger, parsed, toInt64, unparsed } from './go-text.ts'

export const nanosecondsPerMillisecond = 1_000_000n
const second = 1_000_000_000n
const minute = 60n * second
const hour = 60n * minute

const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', nanosecondsPerMillisecond],
  ['s', second],
  ['m', minute],
  ['h', hour],
])
const limit = 1n << 63n

/** A duration with units (`1h30m`, `1.5s`, `-2ms`), or a bare `0`; days and blanks are errors, in Go's words. */
export function parseGoDuration(text: string): Parsed<bigint> {
  const invalid = unparsed(`time: invalid duration ${quoteBytes(text)}`)
  const negative = text.startsWith('-')
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return parsed(0n)
  if (rest === '') return invalid
  let total = 0n
  while (rest !== '') {
    const [number = '', whole = '', fraction] = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest) ?? []
    if (whole === '' && (fraction ?? '') === '') return invalid
    rest = rest.slice(number.length)
    const [unitName = ''] = /^[^.0-9]*/.exec(rest) ?? []
    if (unitName === '') return unparsed(`time: missing unit in duration ${quoteBytes(text)}`)
    rest = rest.slice(unitName.length)
    const unit = units.get(unitName)
    if (unit === undefined)
      return unparsed(`time: unknown unit ${quoteBytes(unitName)} in duration ${quoteBytes(text)}`)
    total += BigInt(whole || '0') * unit + fractionOf(fraction ?? '', unit)
    if (total > limit) return invalid
  }
  if (negative) return parsed(-total)
  return total === limit ? invalid : parsed(total)
}

/** Go keeps as many digits as fit 63 bits and computes the rest as a float, cut off. */
function fractionOf(digits: string, unit: bigint): bigint {
  if (digits === '') return 0n
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    if (value > (limit - 1n) / 10n || next > limit - 1n) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

/** A bare whole number is seconds (`20`, `007`, `+5`), anything else a Go duration: suspend, backoff, timeouts. */
export function parseArgoDuration(text: string): Parsed<bigint> {
  const seconds = parseInteger(text)
  if (seconds.ok) return parsed(toInt64(seconds.value * second))
  const duration = parseGoDuration(text)
  return duration.ok ? duration : unparsed(`unable to parse ${text} as a duration: ${duration.error}`)
}

/** As {@link parseArgoDuration}, in milliseconds; fractions of a millisecond are kept. */
export function parseDurationMs(text: string): Parsed<number> {
  const duration = parseArgoDuration(text)
  return duration.ok ? parsed(Number(duration.value) / Number(nanosecondsPerMillisecond)) : duration
}

/** As Go prints a duration: `1h30m0s`, `1.5s`, `100ms`, `1µs`, `0s`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatGoDuration(-nanoseconds)}`
  if (nanoseconds === 0n) return '0s'
  if (nanoseconds < 1000n) return `${String(nanoseconds)}ns`
  if (nanoseconds < nanosecondsPerMillisecond) return `${decimal(nanoseconds, 3)}µs`
  if (nanoseconds < second) return `${decimal(nanoseconds, 6)}ms`
  const hours = nanoseconds / hour
  const minutes = (nanoseconds % hour) / minute
  const head = hours > 0n ? `${String(hours)}h${String(minutes)}m` : minutes > 0n ? `${String(minutes)}m` : ''
  return `${head}${decimal(nanoseconds % minute, 9)}s`
}

function decimal(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
}

const day = 24n * hour
const week = 7n * day
const month = 30n * day
const year = 12n * month

/** Below `under`, `text` or a count of `unit`s. */
const magnitudes: readonly { readonly under: bigint; readonly text: string; readonly unit?: bigint }[] = [
  { under: second, text: '0 seconds' },
  { under: 2n * second, text: '1 second' },
  { under: minute, text: 'seconds', unit: second },
  { under: 2n * minute, text: '1 minute' },
  { under: hour, text: 'minutes', unit: minute },
  { under: 2n * hour, text: '1 hour' },
  { under: day, text: 'hours', unit: hour },
  { under: 2n * day, text: '1 day' },
  { under: week, text: 'days', unit: day },
  { under: 2n * week, text: '1 week' },
  { under: month, text: 'weeks', unit: week },
  { under: 2n * month, text: '1 month' },
  { under: year, text: 'months', unit: month },
  { under: 18n * month, text: '1 year' },
  { under: 2n * year, text: '2 years' },
  { under: 37n * year, text: 'years', unit: year },
]

/** As in `Backoff for 1 minute 30 seconds`: the largest unit and the next one, above a day always hours. */
export function humanizeNanoseconds(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const found = magnitudes.find(({ under }) => size < under)
  const head =
    found === undefined
      ? 'a long while'
      : found.unit === undefined
        ? found.text
        : `${String(size / found.unit)} ${found.text}`
  if (nanoseconds < minute) return head
  if (nanoseconds < hour) return `${head} ${String((nanoseconds % minute) / second)} seconds`
  if (nanoseconds < day) return `${head} ${String((nanoseconds % hour) / minute)} minutes`
  return `${head} ${String((nanoseconds % day) / hour)} hours`
}

/** {@link humanizeNanoseconds} of milliseconds. */
export const humanizeDuration = (ms: number): string => humanizeNanoseconds(BigInt(Math.round(ms * 1_000_000)))

/** Go's time package quotes byte by byte: anything outside ASCII as `\xNN`. */
function quoteBytes(text: string): string {
  let out = '"'
  for (const byte of new TextEncoder().encode(text)) {
    if (byte >= 0x80 || byte < 0x20) out += `\\x${byte.toString(16).padStart(2, '0')}`
    else out += byte === 0x22 || byte === 0x5c ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte)
  }
  return `${out}"`
}
