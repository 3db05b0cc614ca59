// How Go prints values: `%v`, `%s`, and a value with its type for results.

import { monthNames, weekdayNames } from './calendar-names.ts'
import { DURATION, MONTH, WEEKDAY } from './expr/go-types.ts'
import { spend } from './expr/meter.ts'
import { formatTime } from './expr/time/layout.ts'
import { printGoDuration } from './expr/time/go-duration.ts'
import { GoTime } from './expr/time/go-time.ts'
import { Zone } from './expr/time/zones.ts'
import { compareText } from './expr/utf8.ts'
import { GoAnyMap, GoFunc, GoInt, GoMap, GoObject, GoPointer, itemsOf, stringMapOf, typeName } from './expr/values.ts'
import { encodeJson, resultType } from './go-json.ts'

/** `fmt.Sprint`: a value as `%v` shows it. */
export function goText(value: unknown): string {
  spend(typeof value === 'string' ? 1 + value.length / 16 : 1)
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return floatText(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      if (value === null || value === undefined) return '<nil>'
  }
  const own = ownText(value)
  if (own !== null) return own
  if (value instanceof GoFunc) return '0x0'
  if (value instanceof GoPointer) return value.target === null ? '<nil>' : goText(value.target)
  const items = itemsOf(value)
  if (items !== undefined) return `[${items.map(goText).join(' ')}]`
  return mapText(value, goText)
}

/** What a type's own String method says, or `null`. */
export function ownText(value: unknown): string | null {
  if (value instanceof GoTime) return formatTime(value, '2006-01-02 15:04:05.999999999 -0700 MST')
  if (value instanceof Zone) return value.name
  if (value instanceof GoObject) return value.text
  if (!(value instanceof GoInt)) return null
  if (value.type === DURATION) return printGoDuration(value.value)
  if (value.type === MONTH) return monthNames[Number(value.value) - 1] ?? `%!Month(${value.value})`
  if (value.type === WEEKDAY) return weekdayNames[Number(value.value)] ?? `%!Weekday(${value.value})`
  return String(value.value)
}

function mapText(value: unknown, print: (item: unknown) => string): string {
  if (value instanceof GoAnyMap) {
    const pairs = [...value.entries.values()]
      .map(({ key, value: item }) => [key, item] as const)
      .sort((a, b) => compareKeys(a[0], b[0]))
    return `map[${pairs.map(([key, item]) => `${print(key)}:${print(item)}`).join(' ')}]`
  }
  const map = stringMapOf(value) ?? new GoMap(new Map())
  const keys = [...map.keys()].sort(compareText)
  return `map[${keys.map((key) => `${key}:${print(map.get(key))}`).join(' ')}]`
}

function compareKeys(a: unknown, b: unknown): number {
  const rank = (k: unknown): number =>
    k === null ? 0 : typeof k === 'bigint' ? 1 : typeof k === 'number' ? 2 : typeof k === 'string' ? 3 : 4
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return compareText(goText(a), goText(b))
}

/** A float as `%v` shows it: with an exponent below 1e-04 and from 1e+06 on. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 6)
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  return plainDecimal(mantissa, exponent)
}

function plainDecimal(mantissa: string, exponent: number): string {
  const negative = mantissa.startsWith('-')
  const digits = mantissa.replace(/[-.]/g, '')
  const point = exponent + 1
  const text =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : point >= digits.length
        ? digits.padEnd(point, '0')
        : `${digits.slice(0, point)}.${digits.slice(point)}`
  return negative ? `-${text}` : text
}

/** A value as `%s` shows it: numbers and nil come with Go's complaint. */
export function goTextAsString(value: unknown): string {
  spend(1)
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (typeof value !== 'object') return `%!s(${typeName(value)}=${goText(value)})`
  if (value instanceof GoInt && value.type.declared !== true) return `%!s(${value.type.name}=${value.value})`
  const own = ownText(value)
  if (own !== null) return own
  if (value instanceof GoFunc) return `%!s(${value.type.name}=0x0)`
  if (value instanceof GoPointer) return value.target === null ? '<nil>' : goTextAsString(value.target)
  // Inside a list or map, nil is just that.
  const inner = (item: unknown): string => (item === null || item === undefined ? '<nil>' : goTextAsString(item))
  const items = itemsOf(value)
  return items === undefined ? mapText(value, inner) : `[${items.map(inner).join(' ')}]`
}

export type Formatted = {
  /** Go's JSON text. */
  readonly json: string
  /** `int`, `float`, `string`, `bool`, `nil`, `array`, `map`, `time`, `duration`, `bytes`, `timezone`, `object`. */
  readonly type: string
}

/** A result as JSON text with the name of its type. Throws GoPanic for what JSON cannot hold. */
export function formatValue(value: unknown): Formatted {
  return { json: encodeJson(value), type: resultType(value) }
}
