// JSON as Go's encoding/json writes and reads it, with its error texts.

import { DURATION } from './expr/go-types.ts'
import { metered, spend } from './expr/meter.ts'
import { formatTime, RFC3339_NANO } from './expr/time/layout.ts'
import { GoTime } from './expr/time/go-time.ts'
import { Zone } from './expr/time/zones.ts'
import { compareText, shown } from './expr/utf8.ts'
import {
  GoAnyMap,
  GoFunc,
  GoInt,
  GoMap,
  GoObject,
  GoPanic,
  GoPointer,
  GoSlice,
  itemsOf,
  stringMapOf,
} from './expr/values.ts'
import { jsonProblem } from './json-problem.ts'

export type JsonOptions = {
  /** Blanks per level; absent for compact text. */
  readonly indent?: number
  /** `<`, `>` and `&` are escaped unless this is false. */
  readonly html?: boolean
}

/** JSON text of a value, map keys sorted. Throws GoPanic with Go's words for what JSON cannot hold. */
export function encodeJson(value: unknown, options: JsonOptions = {}): string {
  return metered(() => encode(value, options, 0))
}

const DEPTH_MAX = 1000

function encode(value: unknown, options: JsonOptions, depth: number): string {
  if (depth > DEPTH_MAX) throw new GoPanic('json: unsupported value: encountered a cycle')
  spend(typeof value === 'string' ? 1 + value.length / 16 : 1)
  switch (typeof value) {
    case 'string':
      return encodeText(value, options.html !== false)
    case 'number':
      return encodeNumber(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      if (value === null || value === undefined) return 'null'
  }
  if (value instanceof GoInt) return String(value.value)
  if (value instanceof GoTime) return encodeTime(value)
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`
  if (value instanceof GoFunc) throw new GoPanic(`json: unsupported type: ${value.type.name}`)
  if (value instanceof GoAnyMap) throw new GoPanic(`json: unsupported type: ${value.type.name}`)
  if (value instanceof Zone) return '{}'
  if (value instanceof GoObject) return encodeText(value.text, options.html !== false)
  if (value instanceof GoPointer) return encode(value.target, options, depth)
  const items = itemsOf(value)
  if (items !== undefined) {
    if (value instanceof GoSlice && value.items === null) return 'null'
    return wrap(
      '[]',
      items.map((item) => encode(item, options, depth + 1)),
      options,
      depth,
    )
  }
  const map = stringMapOf(value)
  if (map === undefined || (map instanceof GoMap && map.isNil)) return 'null'
  const colon = options.indent === undefined ? ':' : ': '
  const keys = [...map.keys()].sort(compareText)
  const members = keys.map(
    (key) => `${encodeText(key, options.html !== false)}${colon}${encode(map.get(key), options, depth + 1)}`,
  )
  return wrap('{}', members, options, depth)
}

function wrap(brackets: '[]' | '{}', parts: readonly string[], { indent }: JsonOptions, depth: number): string {
  const [open = '', close = ''] = brackets
  if (indent === undefined || parts.length === 0) return `${open}${parts.join(',')}${close}`
  const inner = ' '.repeat(indent * (depth + 1))
  return `${open}\n${parts.map((p) => inner + p).join(',\n')}\n${' '.repeat(indent * depth)}${close}`
}

function encodeNumber(value: number): string {
  if (Number.isNaN(value)) throw new GoPanic('json: unsupported value: NaN')
  if (!Number.isFinite(value)) throw new GoPanic(`json: unsupported value: ${value > 0 ? '+' : '-'}Inf`)
  return Object.is(value, -0) ? '-0' : String(value)
}

function encodeTime(value: GoTime): string {
  const { year } = value.civil
  if (year < 0 || year > 9999)
    throw new GoPanic(
      'json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]',
    )
  return `"${formatTime(value, RFC3339_NANO)}"`
}

/** A JSON string literal, escaped as Go does: control characters, `<`, `>`, `&`, U+2028 and U+2029. */
export function encodeText(text: string, html = true): string {
  const plain = JSON.stringify(shown(text))
  const escaped = html ? plain.replace(/[<>&\u2028\u2029]/g, unicode) : plain.replace(/[\u2028\u2029]/g, unicode)
  return escaped
}

const unicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The value of a JSON text: numbers are floats, objects plain objects. Throws GoPanic with Go's words. */
export function decodeJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new GoPanic(jsonProblem(text) ?? 'unexpected end of JSON input')
  }
  if (/[eE]|\d{300}/.test(text)) findOverflow(text)
  return text.includes('\\u') || !text.isWellFormed() ? cleaned(value) : value
}

function findOverflow(text: string): void {
  for (const m of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g)) {
    if (m[0].startsWith('"') || Number.isFinite(Number(m[0]))) continue
    throw new GoPanic(`json: cannot unmarshal number ${m[0]} into Go value of type float64`)
  }
}

/** Lone surrogates are U+FFFD for Go. */
function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  const out: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(out, key.toWellFormed(), {
      value: cleaned(item),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return out
}

/** The word a value's type goes by in results: `int`, `array`, `time` … */
export function resultType(value: unknown): string {
  if (value === null || value === undefined) return 'nil'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'boolean') return 'bool'
  if (value instanceof GoInt) return value.type === DURATION ? 'duration' : 'int'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof GoTime) return 'time'
  if (value instanceof Zone) return 'timezone'
  if (value instanceof GoObject) return 'object'
  if (value instanceof GoPointer) return resultType(value.target)
  if (value instanceof GoFunc) return 'func'
  return itemsOf(value) === undefined ? 'map' : 'array'
}
