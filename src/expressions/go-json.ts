// JSON as Go's encoding/json writes and reads it, with its error texts.

import { DURATION } from './expr/go-types.ts'
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
import { goQuote } from './go-quote.ts'

export type JsonOptions = {
  /** Blanks per level; absent for compact text. */
  readonly indent?: number
  /** `<`, `>` and `&` are escaped unless this is false. */
  readonly html?: boolean
}

/** JSON text of a value, map keys sorted. Throws GoPanic with Go's words for what JSON cannot hold. */
export function encodeJson(value: unknown, options: JsonOptions = {}): string {
  return encode(value, options, 0)
}

const DEPTH_MAX = 1000

function encode(value: unknown, options: JsonOptions, depth: number): string {
  if (depth > DEPTH_MAX) throw new GoPanic('json: unsupported value: encountered a cycle')
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

/** What is wrong with a JSON text, as Go's scanner says it; `null` if nothing is. */
export function jsonProblem(text: string): string | null {
  try {
    new Scanner(text).document()
    return null
  } catch (cause) {
    if (cause instanceof GoPanic) return cause.message
    throw cause
  }
}

class Scanner {
  readonly #text: string
  #at = 0
  #depth = 0
  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    this.#value()
    this.#space()
    if (this.#at < this.#text.length) this.#fail('after top-level value')
  }

  #fail(where: string): never {
    const char = this.#text[this.#at]
    if (char === undefined) throw new GoPanic('unexpected end of JSON input')
    throw new GoPanic(`invalid character ${quoteChar(this.#text, this.#at)} ${where}`)
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++
  }

  #value(): void {
    this.#space()
    const char = this.#text[this.#at]
    if (char === '{' || char === '[') {
      if (++this.#depth > 10_000) throw new GoPanic('exceeded max depth')
      if (char === '{') this.#object()
      else this.#array()
      this.#depth--
    } else if (char === '"') this.#string()
    else if (char === 't') this.#literal('true')
    else if (char === 'f') this.#literal('false')
    else if (char === 'n') this.#literal('null')
    else if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) this.#number()
    else this.#fail('looking for beginning of value')
  }

  #object(): void {
    this.#at++
    this.#space()
    if (this.#text[this.#at] === '}') {
      this.#at++
      return
    }
    for (;;) {
      this.#space()
      if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string')
      this.#string()
      this.#space()
      if (this.#text[this.#at] !== ':') this.#fail('after object key')
      this.#at++
      this.#value()
      this.#space()
      if (this.#text[this.#at] === '}') break
      if (this.#text[this.#at] !== ',') this.#fail('after object key:value pair')
      this.#at++
    }
    this.#at++
  }

  #array(): void {
    this.#at++
    this.#space()
    if (this.#text[this.#at] === ']') {
      this.#at++
      return
    }
    for (;;) {
      this.#value()
      this.#space()
      if (this.#text[this.#at] === ']') break
      if (this.#text[this.#at] !== ',') this.#fail('after array element')
      this.#at++
    }
    this.#at++
  }

  #string(): void {
    this.#at++
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined || char < ' ') this.#fail('in string literal')
      this.#at++
      if (char === '"') return
      if (char !== '\\') continue
      const escape = this.#text[this.#at]
      if (escape === undefined || !'bfnrt\\/"u'.includes(escape)) this.#fail('in string escape code')
      this.#at++
      if (escape !== 'u') continue
      for (let i = 0; i < 4; i++) {
        if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape')
        this.#at++
      }
    }
  }

  #literal(word: string): void {
    for (const char of word) {
      if (this.#text[this.#at] !== char) this.#fail(`in literal ${word} (expecting '${char}')`)
      this.#at++
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') {
      this.#at++
      if (!this.#isDigit()) this.#fail('in numeric literal')
    }
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits()
    if (this.#text[this.#at] === '.') {
      this.#at++
      if (!this.#isDigit()) this.#fail('after decimal point in numeric literal')
      this.#digits()
    }
    if (this.#text[this.#at] !== 'e' && this.#text[this.#at] !== 'E') return
    this.#at++
    if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++
    if (!this.#isDigit()) this.#fail('in exponent of numeric literal')
    this.#digits()
  }

  #isDigit(): boolean {
    const char = this.#text[this.#at]
    return char !== undefined && char >= '0' && char <= '9'
  }

  #digits(): void {
    while (this.#isDigit()) this.#at++
  }
}

/** Go shows the byte, so of a character beyond ASCII only its first one. */
function quoteChar(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0
  const first =
    code < 0x80 ? code : code < 0x800 ? 0xc0 | (code >> 6) : code < 0x10000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18)
  const char = String.fromCharCode(first)
  if (char === "'") return "'\\''"
  return char === '"' ? `'"'` : `'${goQuote(char).slice(1, -1)}'`
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
