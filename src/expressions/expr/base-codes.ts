// Base64 and base32 as Go's encoding packages decode them: strict, but blind to line breaks.

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The bytes, or Go's error. */
export const decodeBase64 = (text: string): Uint8Array | string =>
  decode(text, { alphabet: base64, bits: 6, group: 4, name: 'base64' })
export const decodeBase32 = (text: string): Uint8Array | string =>
  decode(text, { alphabet: base32, bits: 5, group: 8, name: 'base32' })

type Code = { readonly alphabet: string; readonly bits: number; readonly group: number; readonly name: string }

function decode(text: string, { alphabet, bits, group, name }: Code): Uint8Array | string {
  const bad = (at: number): string => `illegal ${name} data at input byte ${at}`
  const chars = [...text].map((char, at) => ({ char, at })).filter(({ char }) => char !== '\n' && char !== '\r')
  const out: number[] = []
  for (let start = 0; start < chars.length; start += group) {
    let value = 0n
    let used = 0
    for (let i = 0; i < group; i++) {
      const next = chars[start + i]
      if (next === undefined)
        return bad(name === 'base64' ? text.length - (text.length % group === 0 ? 0 : i) : text.length)
      const digit = alphabet.indexOf(next.char)
      if (digit < 0) {
        const rest = chars.slice(start + i)
        const padding = name === 'base64' ? i >= 2 : [2, 4, 5, 7].includes(i)
        if (next.char !== '=' || !padding) return bad(next.at)
        const wrong = rest.slice(0, group - i).find((c) => c.char !== '=')
        if (wrong !== undefined) return bad(wrong.at)
        if (rest.length < group - i) return bad(text.length)
        const extra = rest[group - i]
        if (extra !== undefined) return bad(extra.at)
        break
      }
      value = (value << BigInt(bits)) | BigInt(digit)
      used++
    }
    const size = Math.floor((used * bits) / 8)
    value >>= BigInt(used * bits - size * 8)
    for (let i = size - 1; i >= 0; i--) out.push(Number((value >> BigInt(8 * i)) & 0xffn))
    if (used < group) break
  }
  return Uint8Array.from(out)
}

export function encodeBase32(bytes: Uint8Array): string {
  let out = ''
  for (let start = 0; start < bytes.length; start += 5) {
    const part = bytes.slice(start, start + 5)
    let value = 0n
    for (let i = 0; i < 5; i++) value = (value << 8n) | BigInt(part[i] ?? 0)
    const digits = Math.ceil((part.length * 8) / 5)
    for (let i = 0; i < 8; i++) out += i < digits ? (base32[Number((value >> BigInt(35 - 5 * i)) & 31n)] ?? '') : '='
  }
  return out
}
