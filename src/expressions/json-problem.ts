// What is wrong with a JSON text, byte by byte, as Go's scanner finds it.

import { GoPanic } from './expr/values.ts'
import { goQuote } from './go-quote.ts'

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
