// Randomness, which comes from outside.

import type { Group } from './table.ts'
import { panic } from '../expr/values.ts'
import type { Outside } from '../expr/values.ts'

export function randomBytes(outside: Outside | null, count: number): Uint8Array {
  if (outside === null) return panic('randomness is not available here')
  if (count < 0 || count > 1_000_000) return panic('runtime error: makeslice: len out of range')
  return outside.randomBytes(count)
}

/** A whole number from 0 to below `limit`, all equally likely. */
export function randomBelow(outside: Outside | null, limit: bigint): bigint {
  const size = Math.ceil(limit.toString(2).length / 8)
  const space = 1n << BigInt(size * 8)
  const fair = space - (space % limit)
  for (let attempt = 0; attempt < 128; attempt++) {
    const value = randomBytes(outside, size).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    if (value < fair) return value % limit
  }
  // Only a source that is stuck gets here.
  return 0n
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')

function randomText(outside: Outside | null, alphabet: string, count: bigint): string {
  if (count <= 0n) return ''
  if (count > 1_000_000n) return panic('memory budget exceeded')
  let out = ''
  for (let i = 0n; i < count; i++) out += alphabet[Number(randomBelow(outside, BigInt(alphabet.length)))] ?? ''
  return out
}

function uuid(outside: Outside | null): string {
  const bytes = Buffer.from(randomBytes(outside, 16))
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function shuffled(outside: Outside | null, text: string): string {
  const chars = Array.from(text)
  for (let i = chars.length - 1; i > 0; i--) {
    const j = Number(randomBelow(outside, BigInt(i + 1)))
    const [a, b] = [chars[i] ?? '', chars[j] ?? '']
    chars[i] = b
    chars[j] = a
  }
  return chars.join('')
}

export const randomFunctions: Group = (outside) => ({
  randAlphaNum: ['(int) string', (count: bigint) => randomText(outside, letters + digits, count)],
  randAlpha: ['(int) string', (count: bigint) => randomText(outside, letters, count)],
  randAscii: ['(int) string', (count: bigint) => randomText(outside, ascii, count)],
  randNumeric: ['(int) string', (count: bigint) => randomText(outside, digits, count)],
  randBytes: [
    '(int) (string, error)',
    (count: bigint) => Buffer.from(randomBytes(outside, Number(count))).toString('base64'),
  ],
  shuffle: ['(string) string', (text: string) => shuffled(outside, text)],
  uuidv4: ['() string', () => uuid(outside)],
})
