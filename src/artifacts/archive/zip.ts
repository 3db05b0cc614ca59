/** zip, both ways. Reading needs the whole file (the directory stands at its end), so it works on a spooled one. */
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ZipFile } from 'yazl'
import type { ByteStream } from '../port.ts'
import type { SpooledFile } from '../scratch.ts'
import { LimitCounter, archiveError, cleanPath, noContent } from './entry.ts'
import type { ArchiveLimits, Entry } from './entry.ts'

const typeBits = 0o170000
const symlinkBits = 0o120000
const fileBits = 0o100000
/** Longest text of a symbolic link, as Linux has it. */
const linkBytesMax = 4096

/** Packs as it streams by; hard links cannot be in a zip, so none may come. */
export async function* writeZip(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array> {
  const yazl = await import('yazl')
  const zip = new yazl.ZipFile()
  const output = zip.outputStream as Readable
  const feeding = feed(zip, entries)
  feeding.catch((error: unknown) => {
    output.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const part of output) yield part as Uint8Array
    await feeding
  } finally {
    output.destroy()
  }
}

async function feed(zip: ZipFile, entries: AsyncIterable<Entry>): Promise<void> {
  for await (const entry of entries) {
    const common = { mtime: new Date(entry.modifiedAt * 1000), mode: entry.mode }
    if (entry.type === 'directory') zip.addEmptyDirectory(entry.path, common)
    else if (entry.type === 'symlink')
      zip.addBuffer(Buffer.from(entry.target), entry.path, { ...common, mode: symlinkBits | 0o777 })
    else if (entry.type === 'link') throw archiveError(`hard link in a zip: ${entry.path}`)
    else {
      const content = Readable.from(entry.content, { objectMode: false })
      zip.addReadStream(content, entry.path, { ...common, mode: fileBits | entry.mode })
      await finished(content) // the next entry may be asked for only then
    }
  }
  zip.end()
}

/** @throws UserError ARTIFACT_ARCHIVE for what is no zip, is broken, encrypted, leaves the archive or is too large */
export async function* readZip(file: SpooledFile, limits: ArchiveLimits): AsyncGenerator<Entry> {
  const { openPromise } = await import('yauzl')
  const counter = new LimitCounter(limits)
  try {
    const zip = await openPromise(file.path, { autoClose: false, decodeStrings: true })
    try {
      for await (const found of zip.eachEntry()) {
        const path = cleanPath(found.fileName)
        const isFolder = found.fileName.endsWith('/')
        const attributes = found.externalFileAttributes >>> 16
        const isLink = (attributes & typeBits) === symlinkBits
        counter.count(found.fileName, found.uncompressedSize)
        if (path === '') continue
        const base = {
          path,
          mode: attributes === 0 ? (isFolder ? 0o755 : 0o644) : attributes & 0o7777,
          ...{ uid: 0, gid: 0, target: '', sizeBytes: 0, content: noContent },
          modifiedAt: Math.trunc(found.getLastModDate().getTime() / 1000),
        }
        if (isFolder) yield { ...base, type: 'directory' }
        else if (isLink) {
          if (found.uncompressedSize > linkBytesMax) throw archiveError(`zip holds a link that is too long: ${path}`)
          const target = await textOf(await zip.openReadStreamPromise(found))
          yield { ...base, type: 'symlink', mode: 0o777, target }
        } else {
          const content = lazily(() => zip.openReadStreamPromise(found))
          yield { ...base, type: 'file', sizeBytes: found.uncompressedSize, content }
        }
      }
    } finally {
      zip.close()
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'UserError') throw error
    throw archiveError(`zip is broken: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

async function textOf(stream: ByteStream): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

async function* lazily(open: () => Promise<Readable>): AsyncGenerator<Uint8Array> {
  const stream = await open()
  try {
    for await (const part of stream) yield part as Uint8Array
  } finally {
    stream.destroy()
  }
}
