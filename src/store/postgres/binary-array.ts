/** Arrays in Postgres' binary format, which costs neither side quoting and parsing. */
const textOid = 25
const bigintOid = 20
const byteaOid = 17
const headerBytes = 20

/** `null` where there are none: nothing to do with them. */
export function textArray(values: readonly (string | null)[]): Buffer | null {
  if (values.length === 0) return null
  let bytes = headerBytes
  for (const value of values) bytes += 4 + (value === null ? 0 : Buffer.byteLength(value))
  const buffer = Buffer.allocUnsafe(bytes)
  let at = header(buffer, textOid, values.length)
  for (const value of values) {
    if (value === null) at = buffer.writeInt32BE(-1, at)
    else {
      const length = buffer.write(value, at + 4)
      buffer.writeInt32BE(length, at)
      at += 4 + length
    }
  }
  return buffer
}

export function byteaArray(values: readonly Uint8Array[]): Buffer | null {
  if (values.length === 0) return null
  const buffer = Buffer.allocUnsafe(headerBytes + values.reduce((sum, { length }) => sum + 4 + length, 0))
  let at = header(buffer, byteaOid, values.length)
  for (const value of values) {
    at = buffer.writeInt32BE(value.length, at)
    buffer.set(value, at)
    at += value.length
  }
  return buffer
}

/** Numbers up to 2^53. */
export function bigintArray(values: readonly (number | null)[]): Buffer | null {
  if (values.length === 0) return null
  const buffer = Buffer.allocUnsafe(headerBytes + 12 * values.length)
  let at = header(buffer, bigintOid, values.length)
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at)
      continue
    }
    at = buffer.writeInt32BE(8, at)
    const upper = Math.floor(value / 2 ** 32)
    at = buffer.writeInt32BE(upper, at)
    at = buffer.writeUInt32BE(value - upper * 2 ** 32, at)
  }
  return buffer.subarray(0, at)
}

/** One dimension, nulls possible, counted from 1. */
function header(buffer: Buffer, elementType: number, length: number): number {
  let at = buffer.writeInt32BE(1, 0)
  at = buffer.writeInt32BE(1, at)
  at = buffer.writeInt32BE(elementType, at)
  at = buffer.writeInt32BE(length, at)
  return buffer.writeInt32BE(1, at)
}
