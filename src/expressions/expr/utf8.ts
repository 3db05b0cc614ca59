// Go strings are bytes. A JavaScript string stands for one; a byte that is no UTF-8 is kept as the lone surrogate U+DC80…U+DCFF.

const encoder = new TextEncoder()

/** The bytes of a string, broken ones included. */
export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text)
  const parts: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(code - 0xdc00)
    else for (const byte of encoder.encode(char)) parts.push(byte)
  }
  return Uint8Array.from(parts)
}

/** The string of these bytes; bytes that are no UTF-8 survive as lone surrogates. */
export function textOf(bytes: Uint8Array): string {
  let out = ''
  let at = 0
  while (at < bytes.length) {
    const size = runeSize(bytes, at)
    if (size === 0) {
      out += String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
      at += 1
    } else {
      out += String.fromCodePoint(decode(bytes, at, size))
      at += size
    }
  }
  return out
}

/** As Go prints or encodes a string: what is no UTF-8 becomes U+FFFD. */
export function shown(text: string): string {
  return text.isWellFormed() ? text : textOf(bytesOf(text)).replace(/\p{Cs}/gu, '\uFFFD')
}

/** Joins two strings so that the halves of a character become one again. */
export function joined(left: string, right: string): string {
  const both = left + right
  return both.isWellFormed() ? both : textOf(bytesOf(both))
}

export function byteLength(text: string): number {
  if (isAscii(text)) return text.length
  return bytesOf(text).length
}

/** The piece between two byte offsets, which must lie within the string. */
export function byteSlice(text: string, from: number, to: number): string {
  if (isAscii(text)) return text.slice(from, to)
  return textOf(bytesOf(text).slice(from, to))
}

/** Go's order of strings: by bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  if (isAscii(a) && isAscii(b)) return a < b ? -1 : 1
  const x = bytesOf(a)
  const y = bytesOf(b)
  const length = Math.min(x.length, y.length)
  for (let i = 0; i < length; i++) {
    const d = (x[i] ?? 0) - (y[i] ?? 0)
    if (d !== 0) return d
  }
  return x.length - y.length
}

/** Byte offset of a piece, from the left or the right, or -1. */
export function byteIndex(text: string, piece: string, last = false): number {
  const at = last ? text.lastIndexOf(piece) : text.indexOf(piece)
  if (at <= 0) return at
  return isAscii(text) ? at : bytesOf(text.slice(0, at)).length
}

export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}

function runeSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const size =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0
  if (size === 0 || at + size > bytes.length) return 0
  for (let i = 1; i < size; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  const second = bytes[at + 1] ?? 0
  if (first === 0xe0 && second < 0xa0) return 0
  if (first === 0xed && second > 0x9f) return 0
  if (first === 0xf0 && second < 0x90) return 0
  if (first === 0xf4 && second > 0x8f) return 0
  return size
}

function decode(bytes: Uint8Array, at: number, size: number): number {
  const first = bytes[at] ?? 0
  if (size === 1) return first
  let code = first & (size === 2 ? 0x1f : size === 3 ? 0x0f : 0x07)
  for (let i = 1; i < size; i++) code = (code << 6) | ((bytes[at + i] ?? 0) & 0x3f)
  return code
}
