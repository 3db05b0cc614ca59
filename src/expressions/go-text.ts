/** How Go's standard library writes and compares values, as far as Argo's messages and formats show it. */

/** A float as Go's `%v` prints it: the shortest digits, with an exponent below -4 and from 6 on (`1.7040672e+09`). */
export function formatFloat(value: number): string {
  const special = specialFloat(value)
  if (special !== null) return special
  const [digits = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  return exponent >= -4 && exponent < 6 ? String(value) : `${digits}e${goExponent(exponent)}`
}

/** A float as Go's `encoding/json` writes it: an exponent below 1e-6 and from 1e21 on, without padding when negative. */
export function jsonFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const size = Math.abs(value)
  if (size >= 1e-6 && size < 1e21) return plainFloat(value)
  const [digits = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  return `${digits}e${exponent < 0 ? String(exponent) : goExponent(exponent)}`
}

/** JavaScript's own text has no exponent in this range, which is just where Go's has none. */
const plainFloat = (value: number): string => String(value)

function specialFloat(value: number): string | null {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return value === 0 ? (Object.is(value, -0) ? '-0' : '0') : null
}

const goExponent = (exponent: number): string =>
  `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`

/** Compares by UTF-8 bytes, as Go does; JavaScript's `<` orders surrogate pairs differently. Returns -1, 0 or 1. */
export function compareText(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  for (let i = 0; i < shorter; i++) {
    const a = left.charCodeAt(i)
    const b = right.charCodeAt(i)
    if (a === b) continue
    const aHigh = a >= 0xd800 && a <= 0xdfff
    const bHigh = b >= 0xd800 && b <= 0xdfff
    if (aHigh !== bHigh) return aHigh ? 1 : -1
    return a < b ? -1 : 1
  }
  return Math.sign(left.length - right.length)
}

/** A text as Go's `%q` prints it. */
export function quoteText(text: string): string {
  let out = '"'
  for (const char of text) out += quotedChar(char)
  return `${out}"`
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

function quotedChar(char: string): string {
  const escape = named[char]
  if (escape !== undefined) return escape
  const code = char.codePointAt(0) ?? 0
  if (char === ' ' || !/[\p{C}\p{Z}]/u.test(char)) return char
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x1_0000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }
export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value })
export const unparsed = (error: string): { readonly ok: false; readonly error: string } => ({ ok: false, error })

const int64Max = 9_223_372_036_854_775_807n
const int64Min = -9_223_372_036_854_775_808n

/** `strconv.Atoi`: an optional sign and decimal digits, nothing else, within 64 bits; the error is Go's. */
export function parseInteger(text: string): Parsed<bigint> {
  const fail = (why: string) => unparsed(`strconv.Atoi: parsing ${quoteText(text)}: ${why}`)
  if (!/^[+-]?[0-9]+$/.test(text)) return fail('invalid syntax')
  const value = text.startsWith('+') ? BigInt(text.slice(1)) : BigInt(text)
  return value > int64Max || value < int64Min ? fail('value out of range') : parsed(value)
}

/** Wraps round like Go's int64. */
export const toInt64 = (value: bigint): bigint => BigInt.asIntN(64, value)
