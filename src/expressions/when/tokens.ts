/** Reads the text of a `when` into tokens, as the govaluate library does; each oddity here is one of the library's. */
import { type Parsed, parsed, unparsed } from '../go-text.ts'
import { canFollow } from './grammar.ts'
import { type GoTime, parseTimeLiteral } from './time-literals.ts'

export type TokenKind =
  | 'UNKNOWN'
  | 'PREFIX'
  | 'NUMERIC'
  | 'BOOLEAN'
  | 'STRING'
  | 'PATTERN'
  | 'TIME'
  | 'VARIABLE'
  | 'SEPARATOR'
  | 'COMPARATOR'
  | 'LOGICALOP'
  | 'MODIFIER'
  | 'CLAUSE'
  | 'CLAUSE_CLOSE'
  | 'TERNARY'
  | 'ACCESSOR'

export type Token =
  | { readonly kind: 'NUMERIC'; readonly value: number }
  | { readonly kind: 'BOOLEAN'; readonly value: boolean }
  | { readonly kind: 'TIME'; readonly value: GoTime }
  | { readonly kind: Exclude<TokenKind, 'NUMERIC' | 'BOOLEAN' | 'TIME' | 'UNKNOWN'>; readonly value: string }

export const prefixes: ReadonlySet<string> = new Set(['-', '!', '~'])
const modifiers: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '**', '&', '|', '^', '>>', '<<'])
const logicals: ReadonlySet<string> = new Set(['&&', '||'])
const comparators: ReadonlySet<string> = new Set(['==', '!=', '>', '>=', '<', '<=', '=~', '!~'])
const ternaries: ReadonlySet<string> = new Set(['?', ':', '??'])

const isSpace = (char: string): boolean =>
  /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(char)
const isLetter = (char: string): boolean => /\p{L}/u.test(char)
const isDigit = (char: string): boolean => /\p{Nd}/u.test(char)
const isNumeric = (char: string): boolean => isDigit(char) || char === '.'
const isHexDigit = (char: string): boolean => isDigit(char) || /[a-fA-F]/.test(char)
const isQuote = (char: string): boolean => char === "'" || char === '"'
const isName = (char: string): boolean => isLetter(char) || isDigit(char) || char === '_' || char === '.'
const isSymbol = (char: string): boolean => !(isDigit(char) || isLetter(char) || '()[]'.includes(char) || isQuote(char))

type ReadMode = { readonly keepSpace: boolean; readonly breakAtSpace: boolean }

/** The text as code points, with a place to read from. */
class Reader {
  private readonly chars: readonly string[]
  private position = 0

  constructor(text: string) {
    this.chars = [...text]
  }

  get more(): boolean {
    return this.position < this.chars.length
  }

  next(): string {
    const char = this.chars[this.position]
    if (char === undefined)
      throw new RangeError(
        `runtime error: index out of range [${String(this.position)}] with length ${String(this.chars.length)}`,
      )
    this.position++
    return char
  }

  back(count: number): void {
    this.position -= count
  }

  /** Reads while `wanted` holds; a backslash takes the next character as it is. `ended` is false if the text ran out first. */
  readWhile(wanted: (char: string) => boolean, mode: ReadMode): { readonly text: string; readonly ended: boolean } {
    let text = ''
    while (this.more) {
      const char = this.next()
      if (char === '\\') {
        text += this.next()
        continue
      }
      if (isSpace(char)) {
        if (mode.breakAtSpace && text !== '') return { text, ended: true }
        if (!mode.keepSpace) continue
      }
      if (!wanted(char)) {
        this.back(1)
        return { text, ended: true }
      }
      text += char
    }
    return { text, ended: false }
  }

  /** The word whose first character has just been read. */
  word(wanted: (char: string) => boolean): string {
    this.back(1)
    return this.readWhile(wanted, { keepSpace: false, breakAtSpace: true }).text
  }
}

/** The tokens of a text, their order not yet checked. */
export function tokenize(text: string): Parsed<readonly Token[]> {
  const reader = new Reader(text)
  const tokens: Token[] = []
  try {
    while (reader.more) {
      const read = readToken(reader, tokens.at(-1)?.kind ?? 'UNKNOWN')
      if (!read.ok) return read
      if (read.value === null) break
      tokens.push(read.value)
    }
  } catch (error) {
    if (error instanceof RangeError) return unparsed(error.message)
    throw error
  }
  return parsed(tokens)
}

function readToken(reader: Reader, after: TokenKind): Parsed<Token | null> {
  while (reader.more) {
    const char = reader.next()
    if (isSpace(char)) continue
    if (isNumeric(char)) return readNumber(reader, char)
    if (char === ',') return parsed({ kind: 'SEPARATOR', value: ',' })
    if (char === '[') return readBracketed(reader)
    if (isLetter(char)) return readName(reader)
    if (isQuote(char)) return readQuoted(reader)
    if (char === '(') return parsed({ kind: 'CLAUSE', value: '(' })
    if (char === ')') return parsed({ kind: 'CLAUSE_CLOSE', value: ')' })
    return readSymbol(reader, after)
  }
  return parsed(null)
}

function readNumber(reader: Reader, first: string): Parsed<Token> {
  if (reader.more && first === '0') {
    const second = reader.next()
    if (reader.more && second === 'x') {
      const { text } = reader.readWhile(isHexDigit, { keepSpace: false, breakAtSpace: true })
      const value = /^[0-9a-fA-F]+$/.test(text) ? BigInt(`0x${text}`) : null
      if (value === null || value > 0xffff_ffff_ffff_ffffn)
        return unparsed(`Unable to parse hex value '${text}' to uint64\n`)
      return parsed({ kind: 'NUMERIC', value: Number(value) })
    }
    reader.back(1)
  }
  const text = reader.word(isNumeric)
  const value = /^([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) ? Number(text) : Infinity
  return Number.isFinite(value)
    ? parsed({ kind: 'NUMERIC', value })
    : unparsed(`Unable to parse numeric value '${text}' to float64\n`)
}

function readBracketed(reader: Reader): Parsed<Token> {
  const { text, ended } = reader.readWhile((char) => char !== ']', { keepSpace: true, breakAtSpace: false })
  if (!ended) return unparsed('Unclosed parameter bracket')
  reader.back(-1)
  return parsed({ kind: 'VARIABLE', value: text })
}

function readName(reader: Reader): Parsed<Token> {
  const text = reader.word(isName)
  if (text === 'true' || text === 'false') return parsed({ kind: 'BOOLEAN', value: text === 'true' })
  if (text === 'in' || text === 'IN') return parsed({ kind: 'COMPARATOR', value: 'in' })
  if (text.indexOf('.') <= 0) return parsed({ kind: 'VARIABLE', value: text })
  if (text.endsWith('.')) return unparsed(`Hanging accessor on token '${text}'`)
  for (const part of text.split('.').slice(1)) {
    const [first = ''] = part
    if (first.toUpperCase() !== first) return unparsed(`Unable to access unexported field '${part}' in token '${text}'`)
  }
  return parsed({ kind: 'ACCESSOR', value: text })
}

function readQuoted(reader: Reader): Parsed<Token> {
  const { text, ended } = reader.readWhile((char) => !isQuote(char), { keepSpace: true, breakAtSpace: false })
  if (!ended) return unparsed('Unclosed string literal')
  reader.back(-1)
  const time = parseTimeLiteral(text)
  return parsed(time === null ? { kind: 'STRING', value: text } : { kind: 'TIME', value: time })
}

function readSymbol(reader: Reader, after: TokenKind): Parsed<Token> {
  const value = reader.word(isSymbol)
  if (canFollow(after, 'PREFIX') && prefixes.has(value)) return parsed({ kind: 'PREFIX', value })
  if (modifiers.has(value)) return parsed({ kind: 'MODIFIER', value })
  if (logicals.has(value)) return parsed({ kind: 'LOGICALOP', value })
  if (comparators.has(value)) return parsed({ kind: 'COMPARATOR', value })
  if (ternaries.has(value)) return parsed({ kind: 'TERNARY', value })
  return unparsed(`Invalid token: '${value}'`)
}
