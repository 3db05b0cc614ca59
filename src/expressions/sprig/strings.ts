// Sprig's functions on text.

import { createHash } from 'node:crypto'
import { castInt } from './cast.ts'
import { camelCase, initials, lowerWords, swapCase, titleCase, untitle } from './words.ts'
import type { Entries, Group } from './table.ts'
import { joinedWith, TEXT_MAX } from '../expr/meter.ts'
import { lower, replaceText, splitText, trimAny, trimSpace, upper } from '../expr/text.ts'
import { byteLength, byteSlice, bytesOf } from '../expr/utf8.ts'
import { GoMap, itemsOf, panic, strings } from '../expr/values.ts'
import { STRING_MAP } from '../expr/go-types.ts'
import { goText } from '../go-format.ts'
import { goQuote } from '../go-quote.ts'

/** A value as text: texts and bytes as they are, the rest as Go prints it. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : goText(value)
}

/** Any list as texts, without its nils; any other value as one text, nil as none. */
export function textsOf(value: unknown): readonly string[] {
  const items = itemsOf(value)
  if (items !== undefined) return items.filter((item) => item !== null).map(textOfValue)
  return value === null ? [] : [textOfValue(value)]
}

function repeated(text: string, count: bigint): string {
  if (count < 0n) panic('strings: negative Repeat count')
  if (BigInt(text.length) * count > BigInt(TEXT_MAX)) panic('memory budget exceeded')
  return text.repeat(Number(count))
}

function abbreviate(text: string, offset: number, width: number): string {
  const length = byteLength(text)
  if (text === '' || length <= width) return text
  let from = Math.min(offset, length)
  if (length - from < width - 3) from = length - (width - 3)
  if (from <= 4) return `${cut(text, 0, width - 3)}...`
  if (width < 7) return ''
  if (from + width - 3 < length) return `...${abbreviate(cut(text, from, length), 0, width - 3)}`
  return `...${cut(text, length - (width - 3), length)}`
}

/** `text[from:to]` with Go's complaint about bounds. */
function cut(text: string, from: number, to: number): string {
  const length = byteLength(text)
  if (to < 0) return panic(`runtime error: slice bounds out of range [:${to}]`)
  if (to > length) return panic(`runtime error: slice bounds out of range [:${to}] with length ${length}`)
  if (from > to) return panic(`runtime error: slice bounds out of range [${from}:${to}]`)
  return byteSlice(text, from, to)
}

function substr(start: bigint, end: bigint, text: string): string {
  const length = byteLength(text)
  const [a, b] = [Number(start), Number(end)]
  if (a < 0) return cut(text, 0, b)
  return b < 0 || b > length ? cut(text, a, length) : cut(text, a, b)
}

function trunc(count: bigint, text: string): string {
  const length = byteLength(text)
  const n = Number(count)
  if (n < 0 && length + n > 0) return byteSlice(text, length + n, length)
  return n >= 0 && length > n ? byteSlice(text, 0, n) : text
}

/** Lines of at most `width` bytes, broken at blanks; with `breakWords` also within words. */
function wrap(text: string, width: number, separator: string, breakWords: boolean): string {
  const line = Math.max(1, width)
  const newLine = separator === '' ? '\n' : separator
  const bytes = bytesOf(text)
  const blank = 0x20
  const parts: string[] = []
  const piece = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('utf8')
  let at = 0
  while (bytes.length - at > line) {
    if (bytes[at] === blank) {
      at++
      continue
    }
    const last = bytes.subarray(at, at + line + 1).lastIndexOf(blank)
    if (last >= 0) {
      parts.push(piece(at, at + last), newLine)
      at += last + 1
    } else if (breakWords) {
      parts.push(piece(at, at + line), newLine)
      at += line
    } else {
      const next = bytes.indexOf(blank, at + line)
      parts.push(piece(at, next < 0 ? bytes.length : next))
      if (next >= 0) parts.push(newLine)
      at = next < 0 ? bytes.length : next + 1
    }
  }
  return joinedWith('', parts) + piece(at, bytes.length)
}

/** Goes by bytes: in a text with blanks, characters beyond ASCII fall apart. */
function nospace(text: string): string {
  const bytes = bytesOf(text)
  const isBlank = (b: number): boolean => (b >= 9 && b <= 13) || b === 0x20 || b === 0x85 || b === 0xa0
  if (!bytes.some(isBlank)) return text
  return Buffer.from(bytes.filter((b) => !isBlank(b))).toString('latin1')
}

function adler32(text: string): string {
  let [a, b] = [1, 0]
  for (const byte of bytesOf(text)) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return String(b * 65_536 + a)
}

const hash = (name: string) => (text: string) => createHash(name).update(bytesOf(text)).digest('hex')
const numbered = (parts: readonly string[] | null): GoMap =>
  new GoMap(new Map((parts ?? []).map((p, i) => [`_${i}`, p])), STRING_MAP)

function indent(spaces: bigint, text: string): string {
  const pad = repeated(' ', spaces)
  const lines = text.split('\n')
  if (pad.length * lines.length + text.length > TEXT_MAX) panic('memory budget exceeded')
  return pad + lines.join(`\n${pad}`)
}

// Named apart: the compiler takes a member `toString` for the one every object has.
const asText: Entries[string] = ['(any) string', textOfValue]

export const stringFunctions: Group = () => ({
  hello: ['() string', () => 'Hello!'],
  abbrev: ['(int, string) string', (width: bigint, s: string) => (width < 4n ? s : abbreviate(s, 0, Number(width)))],
  abbrevboth: [
    '(int, int, string) string',
    (left: bigint, right: bigint, s: string) =>
      right < 4n || (left > 0n && right < 7n) ? s : abbreviate(s, Number(left), Number(right)),
  ],
  trunc: ['(int, string) string', trunc],
  trim: ['(string) string', trimSpace],
  upper: ['(string) string', upper],
  lower: ['(string) string', lower],
  title: ['(string) string', titleCase],
  untitle: ['(string) string', untitle],
  substr: ['(int, int, string) string', substr],
  repeat: ['(int, string) string', (count: bigint, s: string) => repeated(s, count)],
  trimall: ['(string, string) string', (cutset: string, s: string) => trimAny(s, cutset)],
  trimAll: ['(string, string) string', (cutset: string, s: string) => trimAny(s, cutset)],
  trimSuffix: [
    '(string, string) string',
    (end: string, s: string) => (s.endsWith(end) ? s.slice(0, s.length - end.length) : s),
  ],
  trimPrefix: [
    '(string, string) string',
    (start: string, s: string) => (s.startsWith(start) ? s.slice(start.length) : s),
  ],
  nospace: ['(string) string', nospace],
  initials: ['(string) string', initials],
  swapcase: ['(string) string', swapCase],
  snakecase: ['(string) string', (s: string) => lowerWords(s, '_')],
  camelcase: ['(string) string', camelCase],
  kebabcase: ['(string) string', (s: string) => lowerWords(s, '-')],
  wrap: ['(int, string) string', (width: bigint, s: string) => wrap(s, Number(width), '', false)],
  wrapWith: [
    '(int, string, string) string',
    (width: bigint, separator: string, s: string) => wrap(s, Number(width), separator, true),
  ],
  contains: ['(string, string) bool', (piece: string, s: string) => s.includes(piece)],
  hasPrefix: ['(string, string) bool', (piece: string, s: string) => s.startsWith(piece)],
  hasSuffix: ['(string, string) bool', (piece: string, s: string) => s.endsWith(piece)],
  quote: [
    '(...any) string',
    (...items: unknown[]) =>
      items
        .filter((i) => i !== null)
        .map((i) => goQuote(textOfValue(i)))
        .join(' '),
  ],
  squote: [
    '(...any) string',
    (...items: unknown[]) =>
      items
        .filter((i) => i !== null)
        .map((i) => `'${goText(i)}'`)
        .join(' '),
  ],
  cat: [
    '(...any) string',
    (...items: unknown[]) =>
      items
        .filter((i) => i !== null)
        .map(goText)
        .join(' '),
  ],
  indent: ['(int, string) string', indent],
  nindent: ['(int, string) string', (spaces: bigint, s: string) => `\n${indent(spaces, s)}`],
  replace: ['(string, string, string) string', (old: string, by: string, s: string) => replaceText(s, old, by, -1)],
  plural: ['(string, string, int) string', (one: string, many: string, count: bigint) => (count === 1n ? one : many)],
  sha1sum: ['(string) string', hash('sha1')],
  sha256sum: ['(string) string', hash('sha256')],
  sha512sum: ['(string) string', hash('sha512')],
  adler32sum: ['(string) string', adler32],
  toString: asText,
  toStrings: ['(any) []string', (value: unknown) => strings(textsOf(value))],
  join: ['(string, any) string', (separator: string, value: unknown) => joinedWith(separator, textsOf(value))],
  split: [
    '(string, string) map[string]string',
    (separator: string, s: string) => numbered(splitText(s, separator, { max: -1 })),
  ],
  splitn: [
    '(string, int, string) map[string]string',
    (separator: string, max: bigint, s: string) => numbered(splitText(s, separator, { max: Number(max) })),
  ],
  splitList: [
    '(string, string) []string',
    (separator: string, s: string) => strings(splitText(s, separator, { max: -1 })),
  ],
  atoi: ['(string) int', (s: string) => (/^[+-]?\d+$/.test(s) ? castInt(s.replace(/^([+-]?)0+(?=\d)/, '$1')) : 0n)],
})
