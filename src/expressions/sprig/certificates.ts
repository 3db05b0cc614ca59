// Sprig's keys and X.509 certificates.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'
import {
  bits,
  bool,
  explicit,
  implicit,
  integer,
  nothing,
  octets,
  oid,
  partsOf,
  pem,
  sequence,
  set,
  time,
  utf8,
} from './der.ts'
import { randomBytes } from './random.ts'
import type { Group } from './table.ts'
import { decodeBase64 } from '../expr/base-codes.ts'
import { currentTime } from '../expr/builtins/dates.ts'
import { UTC } from '../expr/time/zones.ts'
import { GoMap, itemsOf, panic, stringMapOf } from '../expr/values.ts'
import type { Outside } from '../expr/values.ts'
import { goText } from '../go-format.ts'

/** A certificate and its key; Go's structure has the fields `Cert` and `Key`. */
const certificate = (cert: string, key: string): GoMap =>
  new GoMap(
    new Map([
      ['Cert', cert],
      ['Key', key],
    ]),
  )

function keyText(key: KeyObject): string {
  const type = key.asymmetricKeyType
  if (type === 'rsa') return String(key.export({ type: 'pkcs1', format: 'pem' }))
  if (type === 'ec') return String(key.export({ type: 'sec1', format: 'pem' }))
  return String(key.export({ type: 'pkcs8', format: 'pem' }))
}

const rsaKey = (size: number): KeyObject => generateKeyPairSync('rsa', { modulusLength: size }).privateKey

/** A new private key as PEM text. */
function genPrivateKey(type: string): string {
  switch (type) {
    case '':
    case 'rsa':
      return keyText(rsaKey(4096))
    case 'ecdsa':
      return keyText(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    case 'ed25519':
      return keyText(generateKeyPairSync('ed25519').privateKey)
    case 'dsa':
      return dsaKeyText(generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey)
    default:
      return `Unknown type ${type}`
  }
}

/** OpenSSL's old form: version, p, q, g, y, x. */
function dsaKeyText(key: KeyObject): string {
  const parameters = (der: Buffer): readonly bigint[] => {
    const [outer] = partsOf(der)
    const algorithm = partsOf(outer?.content ?? der).find((p) => p.tag === 0x30)
    const [, list] = partsOf(algorithm?.content ?? der)
    return partsOf(list?.content ?? der).map((p) => BigInt(`0x${Buffer.from(p.content).toString('hex')}`))
  }
  const [p = 0n, q = 0n, g = 0n] = parameters(key.export({ type: 'pkcs8', format: 'der' }))
  const privatePart = partsOf(
    partsOf(key.export({ type: 'pkcs8', format: 'der' }))[0]?.content ?? Buffer.alloc(0),
  ).find((part) => part.tag === 0x04)
  const x = BigInt(
    `0x${Buffer.from(partsOf(privatePart?.content ?? Buffer.alloc(0))[0]?.content ?? [0]).toString('hex')}`,
  )
  return pem(
    'DSA PRIVATE KEY',
    sequence(integer(0n), integer(p), integer(q), integer(g), integer(powerModulo(g, x, p)), integer(x)),
  )
}

function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let factor = base % modulus
  for (let e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * factor) % modulus
    factor = (factor * factor) % modulus
  }
  return result
}

function privateKey(text: string): KeyObject {
  const label = /-----BEGIN ([^-]*)-----/.exec(text)?.[1]
  if (label === undefined) return panic('no PEM data in input')
  if (!label.endsWith('PRIVATE KEY')) return panic(`no private key data in PEM block of type ${label}`)
  try {
    return createPrivateKey(text)
  } catch (cause) {
    return panic(`parsing private key: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

type Wanted = {
  readonly name: string
  readonly ips: readonly string[]
  readonly names: readonly string[]
  readonly days: bigint
  readonly isAuthority: boolean
}
type Issuer = { readonly key: KeyObject; /** DER of its name. */ readonly subject: Uint8Array }

const COMMON_NAME = '2.5.4.3'
const nameOf = (common: string): Buffer =>
  common === '' ? sequence() : sequence(set(sequence(oid(COMMON_NAME), utf8(common))))

function signature(key: KeyObject): { readonly algorithm: Buffer; readonly hash: 'sha256' | null } {
  if (key.asymmetricKeyType === 'rsa')
    return { algorithm: sequence(oid('1.2.840.113549.1.1.11'), nothing), hash: 'sha256' }
  if (key.asymmetricKeyType === 'ec') return { algorithm: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256' }
  if (key.asymmetricKeyType === 'ed25519') return { algorithm: sequence(oid('1.3.101.112')), hash: null }
  return panic('error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported')
}

function extension(id: string, critical: boolean, content: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [bool(true)] : []), octets(content))
}

function ipBytes(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number))
  const [head = '', tail] = ip.split('::')
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const filled =
    tail === undefined
      ? words(head)
      : [...words(head), ...new Array<string>(8 - words(head).length - words(tail).length).fill('0'), ...words(tail)]
  return Buffer.from(filled.map((w) => w.padStart(4, '0')).join(''), 'hex')
}

function extensions(wanted: Wanted): Buffer {
  const alternatives = [
    ...wanted.names.map((n) => implicit(2, Buffer.from(n))),
    ...wanted.ips.map((ip) => implicit(7, ipBytes(ip))),
  ]
  // Digital signature and key encipherment; an authority may sign certificates too.
  const usage = wanted.isAuthority ? bits(Buffer.from([0b10100100]), 2) : bits(Buffer.from([0b10100000]), 5)
  const list = [
    extension('2.5.29.15', true, usage),
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', true, wanted.isAuthority ? sequence(bool(true)) : sequence()),
    ...(alternatives.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...alternatives))]),
  ]
  return explicit(3, sequence(...list))
}

function issue(outside: Outside | null, wanted: Wanted, key: KeyObject, issuer: Issuer | null): GoMap {
  const now = Number(currentTime(outside, UTC).unixNanos / 1_000_000n)
  const subject = nameOf(wanted.name)
  const signer = issuer ?? { key, subject }
  const { algorithm, hash } = signature(signer.key)
  const serial = randomBytes(outside, 16).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const body = sequence(
    explicit(0, integer(2n)),
    integer(serial),
    algorithm,
    signer.subject,
    sequence(time(now), time(now + Number(wanted.days) * 86_400_000)),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    extensions(wanted),
  )
  const signed = sequence(body, algorithm, bits(sign(hash, body, signer.key)))
  return certificate(pem('CERTIFICATE', signed), keyText(key))
}

function texts(list: unknown, complaint: (item: unknown) => string): readonly string[] {
  return (itemsOf(list) ?? []).map((item) => (typeof item === 'string' ? item : panic(complaint(item))))
}

function wantedOf(name: string, ips: unknown, names: unknown, days: bigint): Wanted {
  const addresses = texts(ips, (item) => `error parsing ip: ${goText(item)} is not a string`)
  const broken = addresses.find((ip) => isIP(ip) === 0)
  if (broken !== undefined) panic(`error parsing ip: ${broken}`)
  return {
    name,
    ips: addresses,
    names: texts(names, (item) => `error processing alternate dns name: ${goText(item)} is not a string`),
    days,
    isAuthority: false,
  }
}

/** The issuer a certificate authority made by these functions is. */
function issuerOf(authority: unknown): Issuer {
  const map = stringMapOf(authority)
  const [cert, key] = [map?.get('Cert'), map?.get('Key')]
  if (typeof cert !== 'string' || typeof key !== 'string') return panic('unable to decode certificate')
  const signer = privateKey(key)
  try {
    const [body] = partsOf(partsOf(new X509Certificate(cert).raw)[0]?.content ?? Buffer.alloc(0))
    // version, serial, algorithm, issuer, validity, subject
    return { key: signer, subject: partsOf(body?.content ?? Buffer.alloc(0))[5]?.whole ?? nameOf('') }
  } catch (cause) {
    return panic(
      `error parsing certificate: decodedCert.Bytes: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
  }
}

function buildCustomCert(cert: string, key: string): GoMap {
  const decoded = (text: string, what: string): string => {
    const bytes = decodeBase64(text)
    return typeof bytes === 'string' ? panic(`unable to decode base64 ${what}`) : Buffer.from(bytes).toString('utf8')
  }
  const [certText, keyPem] = [decoded(cert, 'certificate'), decoded(key, 'private key')]
  if (!certText.includes('-----BEGIN')) return panic('unable to decode certificate')
  try {
    new X509Certificate(certText)
  } catch (cause) {
    return panic(
      `error parsing certificate: decodedCert.Bytes: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
  }
  privateKey(keyPem)
  return certificate(certText, keyPem)
}

const LISTS = '[]any, []any, int'
const AUTHORITY = 'map[string]any'

export const certificateFunctions: Group = (outside) => {
  const authority = (name: string, days: bigint, key: KeyObject): GoMap =>
    issue(outside, { ...wantedOf(name, [], [], days), isAuthority: true }, key, null)
  return {
    genPrivateKey: [
      '(string) string',
      (type: string) => (outside === null ? panic('randomness is not available here') : genPrivateKey(type)),
    ],
    buildCustomCert: [`(string, string) (${AUTHORITY}, error)`, buildCustomCert],
    genCA: [`(string, int) (${AUTHORITY}, error)`, (name: string, days: bigint) => authority(name, days, rsaKey(2048))],
    genCAWithKey: [
      `(string, int, string) (${AUTHORITY}, error)`,
      (name: string, days: bigint, key: string) => authority(name, days, privateKey(key)),
    ],
    genSelfSignedCert: [
      `(string, ${LISTS}) (${AUTHORITY}, error)`,
      (name: string, ips: unknown, names: unknown, days: bigint) =>
        issue(outside, wantedOf(name, ips, names, days), rsaKey(2048), null),
    ],
    genSelfSignedCertWithKey: [
      `(string, ${LISTS}, string) (${AUTHORITY}, error)`,
      (name: string, ips: unknown, names: unknown, days: bigint, key: string) =>
        issue(outside, wantedOf(name, ips, names, days), privateKey(key), null),
    ],
    genSignedCert: [
      `(string, ${LISTS}, ${AUTHORITY}) (${AUTHORITY}, error)`,
      (name: string, ips: unknown, names: unknown, days: bigint, ca: unknown) =>
        issue(outside, wantedOf(name, ips, names, days), rsaKey(2048), issuerOf(ca)),
    ],
    genSignedCertWithKey: [
      `(string, ${LISTS}, ${AUTHORITY}, string) (${AUTHORITY}, error)`,
      (name: string, ips: unknown, names: unknown, days: bigint, ca: unknown, key: string) =>
        issue(outside, wantedOf(name, ips, names, days), privateKey(key), issuerOf(ca)),
    ],
    getHostByName: ['(string) string', () => panic('looking up host names is not possible in expressions')],
  }
}
