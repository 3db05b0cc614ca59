// Cuts an expression into tokens, one at a time: an error late in the text shows only once the parser gets there.

import { ExpressionError } from './source-error.ts'
import { unescapeBytes, unescapeText } from './unescape.ts'

export type TokenKind = 'Identifier' | 'Number' | 'String' | 'Bytes' | 'Operator' | 'Bracket' | 'EOF'
export type Token = {
  readonly kind: TokenKind
  readonly value: string
  readonly at: number
  readonly bytes?: Uint8Array
}

const wordOperators = new Set(['in', 'or', 'and', 'matches', 'contains', 'startsWith', 'endsWith', 'let', 'if', 'else'])
const negatable = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith'])
const space = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/
const wordChar = /^[\p{L}\p{Nd}_$]$/u

/** A name as it may stand after a dot. */
export const isName = (text: string): boolean => /^[\p{L}_$][\p{L}\p{Nd}_$]*$/u.test(text)

/** As parser errors show a token: `Operator("*")`, `EOF`. */
export const showToken = (token: Token): string =>
  token.value === '' ? token.kind : `${token.kind}(${quoteToken(token.value)})`

function quoteToken(value: string): string {
  if (/^[^`\p{Cc}]*$/u.test(value) && /["\\]/.test(value)) return `\`${value}\``
  return JSON.stringify(value)
}

export class Lexer {
  readonly #chars: readonly string[]
  #at = 0
  #start = 0
  #stash: Token | null = null

  constructor(source: string) {
    this.#chars = Array.from(source)
  }

  next(): Token {
    const stashed = this.#stash
    if (stashed !== null) {
      this.#stash = null
      return stashed
    }
    for (;;) {
      this.#start = this.#at
      const char = this.#chars[this.#at]
      if (char === undefined) return { kind: 'EOF', value: '', at: Math.max(0, this.#at - 1) }
      this.#at++
      if (space.test(char)) continue
      if (char === '/') {
        if (this.#comment()) continue
        return this.#token('Operator')
      }
      return this.#scan(char)
    }
  }

  #scan(char: string): Token {
    const ahead = this.#chars[this.#at]
    if (char === "'" || char === '"') return this.#string(char)
    if (char === '`') return this.#raw()
    if ((char === 'b' || char === 'B') && (ahead === "'" || ahead === '"')) {
      this.#at++
      this.#scanString(ahead)
      return { ...this.#token('Bytes'), bytes: this.#guard(() => unescapeBytes(this.#word().slice(1))) }
    }
    if (char >= '0' && char <= '9') return this.#number()
    if (char === '?') {
      this.#accept('.?')
      return this.#token('Operator')
    }
    if (char === '#') return this.#pointer()
    if (char === '|' || char === ':') {
      this.#accept(char)
      return this.#token('Operator')
    }
    if ('([{)]}'.includes(char)) return this.#token('Bracket')
    if (',;%+-^'.includes(char)) return this.#token('Operator')
    if ('&!=*<>'.includes(char)) {
      this.#accept('&=*')
      return this.#token('Operator')
    }
    if (char === '.') {
      if (ahead !== undefined && ahead >= '0' && ahead <= '9') return this.#number()
      this.#accept('.')
      return this.#token('Operator')
    }
    if (wordChar.test(char)) return this.#identifier()
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    throw this.#error(`unrecognized character: U+${code}${/^\p{Cc}$/u.test(char) ? '' : ` '${char}'`}`)
  }

  #identifier(): Token {
    this.#run(wordChar)
    const word = this.#word()
    if (word === 'not') {
      const token = this.#token('Operator')
      this.#negated()
      return token
    }
    return this.#token(wordOperators.has(word) ? 'Operator' : 'Identifier')
  }

  /** After `not`: an operator such as `in` right behind it is taken as one, so that it cannot be read as a name. */
  #negated(): void {
    while (this.#chars[this.#at] === ' ') this.#at++
    this.#start = this.#at
    this.#run(wordChar)
    if (negatable.has(this.#word())) this.#stash = this.#token('Operator')
    else this.#at = this.#start
  }

  #pointer(): Token {
    this.#accept('#')
    const token = this.#token('Operator')
    this.#start = this.#at
    this.#run(wordChar)
    if (this.#at > this.#start) this.#stash = this.#token('Identifier')
    return token
  }

  #number(): Token {
    this.#at = this.#start
    let digits = '0123456789_'
    if (this.#accept('0')) {
      if (this.#accept('xX')) digits = '0123456789abcdefABCDEF_'
      else if (this.#accept('oO')) digits = '01234567_'
      else if (this.#accept('bB')) digits = '01_'
    }
    this.#acceptRun(digits)
    const end = this.#at
    if (this.#accept('.')) {
      // `1..2` is a range.
      if (this.#chars[this.#at] === '.') {
        this.#at = end
        return this.#token('Number')
      }
      this.#acceptRun(digits)
    }
    if (this.#accept('eE')) {
      this.#accept('+-')
      this.#acceptRun(digits)
    }
    const next = this.#chars[this.#at]
    if (next !== undefined && wordChar.test(next)) {
      this.#at++
      throw this.#error(`bad number syntax: ${JSON.stringify(this.#word())}`)
    }
    return this.#token('Number')
  }

  #string(quote: string): Token {
    this.#scanString(quote)
    return { ...this.#token('String'), value: this.#guard(() => unescapeText(this.#word())) }
  }

  #scanString(quote: string): void {
    let char = this.#read()
    while (char !== quote) {
      if (char === '\n' || char === undefined) throw this.#error('literal not terminated', char === undefined)
      char = char === '\\' ? this.#escape(quote) : this.#read()
    }
  }

  #escape(quote: string): string | undefined {
    const char = this.#read()
    if (char !== undefined && ('abfnrtv\\'.includes(char) || char === quote)) return this.#read()
    if (char !== undefined && char >= '0' && char <= '7') return this.#digits(char, /^[0-7]$/, 3)
    if (char === 'x') return this.#digits(this.#read(), hex, 2)
    if (char === 'U') return this.#digits(this.#read(), hex, 8)
    if (char !== 'u') throw this.#error('invalid char escape', char === undefined)
    if (this.#chars[this.#at] !== '{') return this.#digits(this.#read(), hex, 4)
    this.#at++
    let count = 0
    while (this.#chars[this.#at] !== '}') {
      if (!hex.test(this.#chars[this.#at] ?? '') || count >= 6) throw this.#error('invalid char escape')
      this.#at++
      count++
    }
    if (count === 0) throw this.#error('invalid char escape')
    this.#at++
    return this.#read()
  }

  #digits(first: string | undefined, digit: RegExp, count: number): string | undefined {
    let char = first
    for (let n = count; n > 0; n--) {
      if (char === undefined || !digit.test(char)) throw this.#error('invalid char escape', char === undefined)
      char = this.#read()
    }
    return char
  }

  /** Between backticks everything stands for itself; a doubled one is one. */
  #raw(): Token {
    for (;;) {
      const char = this.#read()
      if (char === undefined) throw this.#error('literal not terminated', true)
      if (char !== '`') continue
      if (this.#chars[this.#at] !== '`') break
      this.#at++
    }
    return { ...this.#token('String'), value: this.#word().slice(1, -1).replaceAll('``', '`') }
  }

  #comment(): boolean {
    if (this.#accept('/')) {
      while (this.#at < this.#chars.length && this.#read() !== '\n');
      return true
    }
    if (!this.#accept('*')) return false
    for (;;) {
      const char = this.#read()
      if (char === undefined) throw this.#error('unclosed comment', true)
      if (char === '*' && this.#accept('/')) return true
    }
  }

  #read(): string | undefined {
    const char = this.#chars[this.#at]
    if (char !== undefined) this.#at++
    return char
  }

  #accept(valid: string): boolean {
    const char = this.#chars[this.#at]
    if (char === undefined || !valid.includes(char)) return false
    this.#at++
    return true
  }

  #acceptRun(valid: string): void {
    while (this.#accept(valid));
  }

  #run(pattern: RegExp): void {
    while (pattern.test(this.#chars[this.#at] ?? '')) this.#at++
  }

  #word(): string {
    return this.#chars.slice(this.#start, this.#at).join('')
  }

  #token(kind: TokenKind): Token {
    return { kind, value: this.#word(), at: this.#start }
  }

  #guard<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      throw this.#error(cause instanceof Error ? cause.message : String(cause))
    }
  }

  #error(message: string, atEnd = false): ExpressionError {
    return new ExpressionError(message, atEnd ? this.#at : this.#at - 1)
  }
}

const hex = /^[0-9a-fA-F]$/
