// Sprig's passwords and encryption.

import { createCipheriv, createDecipheriv, createHmac, scryptSync } from 'node:crypto'
import { bcryptHash } from './bcrypt.ts'
import { randomBytes } from './random.ts'
import type { Group } from './table.ts'
import { decodeBase64 } from '../expr/base-codes.ts'
import { bytesOf, textOf } from '../expr/utf8.ts'
import { panic } from '../expr/values.ts'
import type { GoInt, Outside } from '../expr/values.ts'

/** Letters of a password template stand for alphabets. */
const alphabets: Readonly<Record<string, string>> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
}
const templates: Readonly<Record<string, readonly string[]>> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: (
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
    'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
    'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno'
  ).split(' '),
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
}

const SEED = 'com.lyndir.masterpassword'

function sized(text: string): Buffer {
  const bytes = bytesOf(text)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length)
  return Buffer.concat([Buffer.from(SEED), size, bytes])
}

/** The password of a site by the Master Password algorithm. */
function derivePassword(counter: GoInt, kind: string, password: string, user: string, site: string): string {
  const choices = Object.hasOwn(templates, kind) ? templates[kind] : undefined
  if (choices === undefined) return `cannot find password template ${kind}`
  const key = scryptSync(bytesOf(password), sized(user), 64, { N: 32_768, r: 8, p: 2, maxmem: 128 * 1024 * 1024 })
  const count = Buffer.alloc(4)
  count.writeUInt32BE(Number(counter.value))
  const seed = createHmac('sha256', key)
    .update(Buffer.concat([sized(site), count]))
    .digest()
  const template = choices[seed.readUInt8(0) % choices.length] ?? ''
  return Array.from(template, (letter, i) => {
    const alphabet = alphabets[letter] ?? ''
    return alphabet[seed.readUInt8(i + 1) % alphabet.length] ?? ''
  }).join('')
}

function aesKey(password: string): Buffer {
  const key = Buffer.alloc(32)
  key.set(bytesOf(password).subarray(0, 32))
  return key
}

function encryptAES(outside: Outside | null, password: string, text: string): string {
  if (text === '') return ''
  const iv = randomBytes(outside, 16)
  const cipher = createCipheriv('aes-256-cbc', aesKey(password), iv)
  return Buffer.concat([iv, cipher.update(bytesOf(text)), cipher.final()]).toString('base64')
}

function decryptAES(password: string, encoded: string): string {
  if (encoded === '') return ''
  const bytes = decodeBase64(encoded)
  if (typeof bytes === 'string') return panic(bytes)
  if (bytes.length < 16) return panic(`runtime error: slice bounds out of range [:16] with capacity ${bytes.length}`)
  const content = bytes.subarray(16)
  if (content.length % 16 !== 0) return panic('crypto/cipher: input not full blocks')
  if (content.length === 0) return panic('runtime error: index out of range [-1]')
  const decipher = createDecipheriv('aes-256-cbc', aesKey(password), bytes.subarray(0, 16)).setAutoPadding(false)
  const plain = Buffer.concat([decipher.update(content), decipher.final()])
  // The last byte says how many are padding; with a wrong key it says anything.
  const end = plain.length - (plain.at(-1) ?? 0)
  return end < 0 ? panic(`runtime error: slice bounds out of range [:${end}]`) : textOf(plain.subarray(0, end))
}

export const cryptoFunctions: Group = (outside) => {
  const bcrypt = (text: string): string => {
    const bytes = bytesOf(text)
    return bytes.length > 72
      ? 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
      : bcryptHash(bytes, randomBytes(outside, 16))
  }
  return {
    bcrypt: ['(string) string', bcrypt],
    htpasswd: [
      '(string, string) string',
      (user: string, password: string) =>
        user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(password)}`,
    ],
    derivePassword: ['(uint32, string, string, string, string) string', derivePassword],
    encryptAES: [
      '(string, string) (string, error)',
      (password: string, text: string) => encryptAES(outside, password, text),
    ],
    decryptAES: ['(string, string) (string, error)', decryptAES],
  }
}
