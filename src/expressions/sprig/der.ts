// Just enough of ASN.1's DER encoding to write an X.509 certificate.

export type Der = Buffer

function tagged(tag: number, content: Uint8Array): Der {
  const size = content.length
  const bytes: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  const length = size < 128 ? [size] : [128 + bytes.length, ...bytes]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

export const sequence = (...parts: readonly Uint8Array[]): Der => tagged(0x30, Buffer.concat(parts))
export const set = (...parts: readonly Uint8Array[]): Der => tagged(0x31, Buffer.concat(parts))
export const octets = (content: Uint8Array): Der => tagged(0x04, content)
export const utf8 = (text: string): Der => tagged(0x0c, Buffer.from(text))
export const bool = (value: boolean): Der => tagged(0x01, Buffer.from([value ? 0xff : 0]))
export const nothing: Der = Buffer.from([0x05, 0])
export const bits = (content: Uint8Array, unused = 0): Der =>
  tagged(0x03, Buffer.concat([Buffer.from([unused]), content]))
/** `[n]`, around what is given (constructed) or instead of its tag. */
export const explicit = (n: number, content: Uint8Array): Der => tagged(0xa0 + n, content)
export const implicit = (n: number, content: Uint8Array): Der => tagged(0x80 + n, content)

export function integer(value: bigint): Der {
  let hex = value.toString(16)
  if (hex.length % 2 === 1) hex = `0${hex}`
  const bytes = Buffer.from(hex, 'hex')
  return tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

/** An object identifier such as `2.5.4.3`. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part % 128]
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) + 128)
    bytes.push(...groups)
  }
  return tagged(0x06, Buffer.from(bytes))
}

/** UTC time up to the year 2049, generalized time after it, as certificates want it. */
export function time(atMs: number): Der {
  const digits = new Date(atMs).toISOString().replace(/[-:T]|\.\d+Z$/g, '')
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tagged(0x18, Buffer.from(`${digits}Z`))
}

/** The contents of a DER value's first level: tag and bytes of each part. */
export function partsOf(
  der: Uint8Array,
): readonly { readonly tag: number; readonly whole: Uint8Array; readonly content: Uint8Array }[] {
  const out: { readonly tag: number; readonly whole: Uint8Array; readonly content: Uint8Array }[] = []
  let at = 0
  while (at < der.length) {
    const tag = der[at] ?? 0
    let size = der[at + 1] ?? 0
    let header = 2
    if (size >= 128) {
      const count = size - 128
      size = 0
      for (let i = 0; i < count; i++) size = size * 256 + (der[at + 2 + i] ?? 0)
      header += count
    }
    const end = at + header + size
    out.push({ tag, whole: der.subarray(at, end), content: der.subarray(at + header, end) })
    at = end
  }
  return out
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
