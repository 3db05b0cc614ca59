/** A file, folder or link on its way between an archive, a container and a storage. */
import { UserError } from '../../resources/index.ts'
import type { ByteStream } from '../port.ts'

export type Entry = {
  /** Relative, `/` between names, neither empty names nor `.` nor `..`. */
  readonly path: string
  /** `link` is a hard link to the path in `target`, `symlink` holds any text there. */
  readonly type: 'file' | 'directory' | 'symlink' | 'link'
  readonly target: string
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since 1970. */
  readonly modifiedAt: number
  /** Of `content`; 0 but for files. */
  readonly sizeBytes: number
  /** To be read before the next entry is asked for; what is left unread is skipped. */
  readonly content: ByteStream
}

/** What an archive may come to when it is unpacked; beyond it, loading fails with a clear error. */
export type ArchiveLimits = { readonly unpackedBytesMax: number; readonly entriesMax: number }

export const defaultLimits: ArchiveLimits = { unpackedBytesMax: 256 * 2 ** 30, entriesMax: 2_000_000 }

export const noContent: ByteStream = {
  async *[Symbol.asyncIterator]() {
    // nothing
  },
}

/** An archive that is broken or hostile: the same again will not mend it. */
export const archiveError = (message: string, cause?: unknown): UserError =>
  new UserError('ARTIFACT_ARCHIVE', message, { cause })

/**
 * The path an archive names, made relative and plain; empty for the archive's root itself.
 * @throws UserError ARTIFACT_ARCHIVE where it leaves the archive
 */
export function cleanPath(name: string): string {
  const names = name.split('/').filter((part) => part !== '' && part !== '.')
  if (names.includes('..') || name.includes('\0')) throw archiveError(`illegal file path in archive: ${name}`)
  return names.join('/')
}

/** Counts what passes and stops what is too much. */
export class LimitCounter {
  readonly #limits: ArchiveLimits
  #bytes = 0
  #entries = 0

  constructor(limits: ArchiveLimits) {
    this.#limits = limits
  }

  count(path: string, sizeBytes: number): void {
    this.#entries++
    this.#bytes += sizeBytes
    const { unpackedBytesMax, entriesMax } = this.#limits
    if (this.#entries > entriesMax) throw archiveError(`archive holds more than ${entriesMax} files`)
    if (this.#bytes > unpackedBytesMax)
      throw archiveError(`archive unpacks to more than ${unpackedBytesMax} bytes (at ${path}, ${sizeBytes} bytes)`)
  }
}
