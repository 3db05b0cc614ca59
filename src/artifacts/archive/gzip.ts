/** gzip, both ways, as streams. */
import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, createGzip, gunzipSync } from 'node:zlib'
import type { ByteStream } from '../port.ts'
import { archiveError } from './entry.ts'

/** @param level 0 (none) to 9 (most); zlib's own choice otherwise */
export const gzip = (source: ByteStream, level?: number): ByteStream =>
  through(source, createGzip({ level: level === undefined ? constants.Z_DEFAULT_COMPRESSION : clamp(level) }))

/** @throws UserError ARTIFACT_ARCHIVE while reading, where the data is broken */
export const gunzip = (source: ByteStream): ByteStream => through(source, createGunzip())

export const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b

/** As much as the first bytes of a gzip file unpack to. */
export function gunzipHead(head: Buffer): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * 1024 * 1024 })
  } catch {
    return Buffer.alloc(0)
  }
}

const clamp = (level: number): number => Math.min(9, Math.max(-1, level))

async function* through(source: ByteStream, transform: Transform): AsyncGenerator<Uint8Array> {
  const fed = pipeline(Readable.from(source, { objectMode: true }), transform)
  fed.catch(() => undefined) // shows when the transform is read
  try {
    for await (const part of transform) yield part as Uint8Array
    await fed
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error
    throw archiveError(`archive is broken: ${error instanceof Error ? error.message : code}`, error)
  } finally {
    transform.destroy()
    await fed.catch(() => undefined)
  }
}
