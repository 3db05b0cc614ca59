/** Reads JSON for `fromjson`, keeping the digits of numbers; faults in the words of Go's decoder. */
import { type JqValue, RawNumber } from '../values.ts'

export type Decoded =
  | { readonly ok: true; readonly value: JqValue }
  /** `trailing`: something follows a complete value. */
  | { readonly ok: false; readonly error: string; readonly trailing: boolean }

class Fault extends Error {}

const depthMax = 2000

export function decodeJson(text: string): Decoded {
  const reader = new JsonReader(text)
  try {
    const value = reader.value(0)
    reader.blanks()
    return reader.done ? { ok: true, value } : { ok: false, error: '', trailing: true }
  } catch (error) {
    if (error instanceof Fault) return { ok: false, error: error.message, trailing: false }
    throw error
  }
}

class JsonReader {
  private readonly text: string
  private at = 0
  private begun = false

  constructor(text: string) {
    this.text = text
  }

  get done(): boolean {
    return this.at >= this.text.length
  }

  blanks(): void {
    while (!this.done && ' \t\r\n'.includes(this.text.charAt(this.at))) this.at++
  }

  private fail(where: string): Fault {
    if (this.done) return new Fault(this.begun ? 'unexpected EOF' : 'EOF')
    const char = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0)
    const shown = char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${JSON.stringify(char).slice(1, -1)}'`
    return new Fault(`invalid character ${shown} ${where}`)
  }

  value(depth: number): JqValue {
    if (depth > depthMax) throw new Fault('exceeded max depth')
    this.blanks()
    const char = this.text.charAt(this.at)
    if (char === '{') return this.object(depth)
    if (char === '[') return this.array(depth)
    if (char === '"') return this.string()
    if (/[-0-9]/.test(char)) return this.number()
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (char === word.charAt(0)) return this.literal(word, value)
    }
    throw this.fail('looking for beginning of value')
  }

  private literal(word: string, value: JqValue): JqValue {
    this.begun = true
    for (const char of word) {
      if (this.text.charAt(this.at) !== char) throw this.fail(`in literal ${word} (expecting '${char}')`)
      this.at++
    }
    return value
  }

  private number(): JqValue {
    this.begun = true
    const digits = (): string => {
      const found = /^[0-9]+/.exec(this.text.slice(this.at))?.[0] ?? ''
      this.at += found.length
      return found
    }
    const start = this.at
    if (this.text.charAt(this.at) === '-') this.at++
    if (this.text.charAt(this.at) === '0') this.at++
    else if (digits() === '') throw this.fail('in numeric literal')
    if (this.text.charAt(this.at) === '.') {
      this.at++
      if (digits() === '') throw this.fail('after decimal point in numeric literal')
    }
    if (/[eE]/.test(this.text.charAt(this.at))) {
      this.at++
      if (/[+-]/.test(this.text.charAt(this.at))) this.at++
      if (digits() === '') throw this.fail('in exponent of numeric literal')
    }
    return new RawNumber(this.text.slice(start, this.at))
  }

  private string(): string {
    this.begun = true
    let value = ''
    this.at++
    for (;;) {
      const char = this.text.charAt(this.at)
      if (this.done || char < ' ') throw this.fail('in string literal')
      this.at++
      if (char === '"') return value.toWellFormed()
      value += char === '\\' ? this.escape() : char
    }
  }

  private escape(): string {
    const escape = this.text.charAt(this.at)
    const simple: Readonly<Record<string, string>> = {
      '"': '"',
      '\\': '\\',
      '/': '/',
      b: '\b',
      f: '\f',
      n: '\n',
      r: '\r',
      t: '\t',
    }
    if (escape !== 'u') {
      const char = simple[escape]
      if (char === undefined) throw this.fail('in string escape code')
      this.at++
      return char
    }
    this.at++
    const start = this.at
    for (let i = 0; i < 4; i++, this.at++) {
      if (!/[0-9a-fA-F]/.test(this.text.charAt(this.at))) throw this.fail('in \\u hexadecimal character escape')
    }
    return String.fromCharCode(Number.parseInt(this.text.slice(start, this.at), 16))
  }

  private array(depth: number): JqValue {
    this.begun = true
    const items: JqValue[] = []
    this.at++
    this.blanks()
    if (this.text.charAt(this.at) === ']') {
      this.at++
      return items
    }
    for (;;) {
      items.push(this.value(depth + 1))
      this.blanks()
      const char = this.text.charAt(this.at)
      if (char !== ',' && char !== ']') throw this.fail('after array element')
      this.at++
      if (char === ']') return items
    }
  }

  private object(depth: number): JqValue {
    this.begun = true
    const entries = new Map<string, JqValue>()
    this.at++
    this.blanks()
    if (this.text.charAt(this.at) === '}') {
      this.at++
      return entries
    }
    for (;;) {
      this.blanks()
      if (this.text.charAt(this.at) !== '"') throw this.fail('looking for beginning of object key string')
      const key = this.string()
      this.blanks()
      if (this.text.charAt(this.at) !== ':') throw this.fail('after object key')
      this.at++
      entries.set(key, this.value(depth + 1))
      this.blanks()
      const char = this.text.charAt(this.at)
      if (char !== ',' && char !== '}') throw this.fail('after object key:value pair')
      this.at++
      if (char === '}') return entries
    }
  }
}
