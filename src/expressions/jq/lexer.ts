/** Reads a jq program into tokens, one at a time: inside a string `\(` goes back to the language, and its `)` to the string. */
import { JqProgramError } from './errors.ts'

export type JqToken = {
  readonly kind:
    | 'end'
    | 'word'
    | 'keyword'
    | 'variable'
    | 'field'
    | 'number'
    | 'format'
    | 'sign'
    /** A string; its parts are read on demand. */
    | 'quote'
  /** As written, for messages; for a word, a field and a sign also what it means. */
  readonly text: string
}

const keywords: ReadonlySet<string> = new Set([
  ...['or', 'and', 'module', 'import', 'include', 'def', 'as', 'label', 'break', 'null', 'true', 'false'],
  ...['if', 'then', 'elif', 'else', 'end', 'try', 'catch', 'reduce', 'foreach'],
])
const signs = ['?//', '//=', '|=', '+=', '-=', '*=', '/=', '%=', '==', '!=', '>=', '<=', '//', '..']

export const unexpected = (token: JqToken): JqProgramError =>
  new JqProgramError(token.kind === 'end' ? 'unexpected EOF' : `unexpected token ${JSON.stringify(token.text)}`)

const word = /[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)?/y
const blank = /(?:[ \t\r\n]+|#(?:\\(?:\r\n|[\s\S])|[^\\\r\n])*)*/y
const number = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y

export class JqLexer {
  private readonly source: string
  private at = 0

  constructor(source: string) {
    this.source = source
  }

  private match(form: RegExp): string {
    form.lastIndex = this.at
    const [text = ''] = form.exec(this.source) ?? []
    this.at += text.length
    return text
  }

  next(): JqToken {
    this.match(blank)
    const char = this.source.charAt(this.at)
    const following = this.source.charAt(this.at + 1)
    if (char === '') return { kind: 'end', text: '' }
    if (/[A-Za-z_]/.test(char)) {
      const text = this.match(word)
      return { kind: keywords.has(text) ? 'keyword' : 'word', text }
    }
    if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(following))) return this.number()
    if (char === '.' && /[A-Za-z_]/.test(following))
      return { kind: 'field', text: this.match(/\.[A-Za-z_][A-Za-z0-9_]*/y) }
    if (char === '$' && /[A-Za-z_]/.test(following)) {
      this.at++
      return { kind: 'variable', text: `$${this.match(word)}` }
    }
    if (char === '@' && /[A-Za-z0-9_]/.test(following)) return { kind: 'format', text: this.match(/@[A-Za-z0-9_]+/y) }
    if (char === '"') {
      this.at++
      return { kind: 'quote', text: this.rest() }
    }
    const sign =
      signs.find((known) => this.source.startsWith(known, this.at)) ??
      String.fromCodePoint(this.source.codePointAt(this.at) ?? 0)
    this.at += sign.length
    return { kind: 'sign', text: sign }
  }

  private number(): JqToken {
    const start = this.at
    this.match(number)
    const wrong = /^(?:[eE][+-]?[A-Za-z_]?|\.|[A-Za-z_])/.exec(this.source.slice(this.at))?.[0]
    const text = this.source.slice(start, this.at + (wrong?.length ?? 0))
    if (wrong !== undefined) throw new JqProgramError(`invalid token ${JSON.stringify(text)}`)
    return { kind: 'number', text }
  }

  /** The string that has just begun, as written; only for messages. */
  private rest(): string {
    const [inside = ''] = /^(?:[^"\\]|\\.)*"?/s.exec(this.source.slice(this.at)) ?? []
    return `"${inside}`
  }

  /** The next piece of a string: text up to `\(` (then `open`) or up to the closing quote. */
  stringPiece(): { readonly text: string; readonly open: boolean } {
    let text = ''
    for (;;) {
      const char = this.source.charAt(this.at++)
      if (char === '') throw new JqProgramError('unterminated string literal')
      if (char === '"') return { text, open: false }
      if (char !== '\\') {
        text += char
        continue
      }
      const escape = this.source.charAt(this.at++)
      if (escape === '(') return { text, open: true }
      text += this.escaped(escape)
    }
  }

  private escaped(escape: string): string {
    if (escape === '') throw new JqProgramError('unterminated string literal')
    if (escape === 'u') {
      const digits = this.match(/[0-9a-fA-F]{0,4}/y)
      if (digits.length === 4) return String.fromCharCode(Number.parseInt(digits, 16))
      const wrong = `\\u${digits}${this.source.charAt(this.at)}`
      throw new JqProgramError(
        `invalid escape sequence "${digits.length === 4 ? wrong : `\\u${digits}`}" in string literal`,
      )
    }
    const simple: Readonly<Record<string, string>> = {
      b: '\b',
      f: '\f',
      n: '\n',
      r: '\r',
      t: '\t',
      '"': '"',
      '/': '/',
      '\\': '\\',
    }
    const char = simple[escape]
    if (char === undefined) throw new JqProgramError(`invalid escape sequence "\\${escape}" in string literal`)
    return char
  }
}
