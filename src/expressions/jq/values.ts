/** Values of the jq language. Whole numbers are bigints of any size, other numbers floats, as gojq has them. */
import { compareText, jsonFloat } from '../go-text.ts'

/** A number from `fromjson`, which keeps its digits until it is computed with. */
export class RawNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type JqObject = ReadonlyMap<string, JqValue>
export type JqValue = null | boolean | number | bigint | RawNumber | string | readonly JqValue[] | JqObject
export type JqNumber = number | bigint

export const isArray = (value: JqValue): value is readonly JqValue[] => Array.isArray(value)
export const isObject = (value: JqValue): value is JqObject => value instanceof Map
export const isNumber = (value: JqValue): value is number | bigint | RawNumber =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof RawNumber
export const isTrue = (value: JqValue): boolean => value !== null && value !== false

/** From parsed JSON; its numbers are floats. */
export function fromJson(json: unknown): JqValue {
  if (Array.isArray(json)) return json.map(fromJson)
  if (typeof json === 'object' && json !== null) {
    return new Map(Object.entries(json).map(([key, value]) => [key, fromJson(value)]))
  }
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? json : null
}

/** A literal as a whole number if it is one, else a float; too large a fraction is infinite. */
export function parseNumberText(text: string): JqNumber {
  if (/^[+-]?[0-9]+$/.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text)
  return Number(text)
}

export const plainNumber = (value: number | bigint | RawNumber): JqNumber =>
  value instanceof RawNumber ? parseNumberText(value.text) : value

export const toFloat = (value: JqValue): number | null => (isNumber(value) ? Number(plainNumber(value)) : null)

const intMax = (1n << 63n) - 1n
/** A whole number within 64 bits, fractions cut off; what is beyond becomes the nearest. */
export function toInt(value: JqValue): bigint | null {
  if (!isNumber(value)) return null
  const number = plainNumber(value)
  const whole = typeof number === 'bigint' ? number : floatToInt(number)
  return whole > intMax ? intMax : whole < -intMax - 1n ? -intMax - 1n : whole
}

export function floatToInt(value: number): bigint {
  if (Math.abs(value) < 2 ** 63) return BigInt(Math.trunc(value))
  return value > 0 ? intMax : -intMax - 1n
}

export function typeOf(value: JqValue): string {
  if (value === null) return 'null'
  if (isNumber(value)) return 'number'
  if (isArray(value)) return 'array'
  return isObject(value) ? 'object' : typeof value
}

export const sortedKeys = (object: JqObject): readonly string[] => [...object.keys()].sort(compareText)

/** The members of an array, or of an object in the order of its keys; null for anything else. */
export function membersOf(value: JqValue): readonly JqValue[] | null {
  if (isArray(value)) return value
  return isObject(value) ? sortedKeys(value).map((key) => value.get(key) ?? null) : null
}

const rank = (value: JqValue): number =>
  value === null
    ? 0
    : typeof value === 'boolean'
      ? value
        ? 2
        : 1
      : isNumber(value)
        ? 3
        : typeof value === 'string'
          ? 4
          : isArray(value)
            ? 5
            : 6

/** Members compared, above which values that share their parts are given up on. */
const comparisonsMax = 5_000_000

/**
 * null < false < true < numbers < texts < arrays < objects; -1, 0 or 1. NaN is less than every number.
 * @throws RangeError if there is no end to it
 */
export function compareValues(left: JqValue, right: JqValue): number {
  return compare(left, right, { done: 0 })
}

function compare(left: JqValue, right: JqValue, work: { done: number }): number {
  if (++work.done > comparisonsMax) throw new RangeError('too much to compare')
  if (isNumber(left) && isNumber(right)) return compareNumbers(plainNumber(left), plainNumber(right))
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  if (isArray(left) && isArray(right)) return compareLists(left, right, work)
  if (isObject(left) && isObject(right)) {
    const [leftKeys, rightKeys] = [sortedKeys(left), sortedKeys(right)]
    const byKeys = compareLists(leftKeys, rightKeys, work)
    if (byKeys !== 0) return byKeys
    const members = (object: JqObject, keys: readonly string[]): readonly JqValue[] =>
      keys.map((key) => object.get(key) ?? null)
    return compareLists(members(left, leftKeys), members(right, rightKeys), work)
  }
  return Math.sign(rank(left) - rank(right))
}

function compareNumbers(left: JqNumber, right: JqNumber): number {
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0
  const [a, b] = [Number(left), Number(right)]
  return a < b || Number.isNaN(a) ? -1 : a === b ? 0 : 1
}

function compareLists(left: readonly JqValue[], right: readonly JqValue[], work: { done: number }): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compare(left[i] ?? null, right[i] ?? null, work)
    if (order !== 0) return order
  }
  return Math.sign(left.length - right.length)
}

/** A value that shares its parts can be small and its JSON endless. */
const jsonLengthMax = 20_000_000

/** JSON as jq itself writes it (`tojson`, messages): NaN is null, infinity the largest float, `<` stays. */
export function encode(value: JqValue): string {
  return writeJson(value, encodeText, (number) => {
    if (Number.isNaN(number)) return 'null'
    return jsonFloat(Math.min(Math.max(number, -Number.MAX_VALUE), Number.MAX_VALUE))
  })
}

/** @throws RangeError if the text gets too long */
export function writeJson(
  value: JqValue,
  ofText: (text: string) => string,
  ofFloat: (number: number) => string,
): string {
  let written = 0
  const write = (part: JqValue): string => {
    if (++written > jsonLengthMax / 2) throw new RangeError('JSON too long')
    if (part === null) return 'null'
    if (typeof part === 'string') {
      written += part.length
      return ofText(part)
    }
    if (typeof part === 'number') return ofFloat(part)
    if (part instanceof RawNumber) return part.text
    if (isArray(part)) return `[${part.map(write).join(',')}]`
    if (!isObject(part)) return String(part)
    return `{${sortedKeys(part)
      .map((key) => `${ofText(key)}:${write(part.get(key) ?? null)}`)
      .join(',')}}`
  }
  return write(value)
}

const encodeText = (text: string): string => JSON.stringify(text.toWellFormed()).replaceAll('\u007f', '\\u007f')

/** At most 30 bytes of a value's JSON, for messages. */
export function preview(value: JqValue): string {
  const bytes = new TextEncoder().encode(encode(value)).subarray(0, 32)
  if (bytes.length <= 30) return new TextDecoder().decode(bytes)
  const trailing = typeof value === 'string' ? ' ..."' : isArray(value) ? ' ...]' : isObject(value) ? ' ...}' : ' ...'
  let end = 30 - trailing.length
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return new TextDecoder().decode(bytes.subarray(0, end)) + trailing
}

/** Type and beginning of a value, for messages: `string ("a")`; null is just `null`. */
export const typePreview = (value: JqValue): string =>
  value === null ? 'null' : `${typeOf(value)} (${preview(value)})`
