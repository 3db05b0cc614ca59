// Sprig's base64 and base32; decoding nonsense gives the error text as its value.

import type { Group } from './table.ts'
import { decodeBase32, decodeBase64, encodeBase32 } from '../expr/base-codes.ts'
import { bytesOf, textOf } from '../expr/utf8.ts'

const decoded = (bytes: Uint8Array | string): string => (typeof bytes === 'string' ? bytes : textOf(bytes))

export const encodingFunctions: Group = () => ({
  b64enc: ['(string) string', (text: string) => Buffer.from(bytesOf(text)).toString('base64')],
  b64dec: ['(string) string', (text: string) => decoded(decodeBase64(text))],
  b32enc: ['(string) string', (text: string) => encodeBase32(bytesOf(text))],
  b32dec: ['(string) string', (text: string) => decoded(decodeBase32(text))],
})
