/**
 * Reads a tar (ustar, pax, GNU long names) as it streams by, trusting nothing in it.
 * Read here and not with a package, because those keep pax records of any size in memory.
 */
import type { ByteStream } from '../port.ts'
import { ByteReader } from './byte-reader.ts'
import { LimitCounter, archiveError, cleanPath, defaultLimits, noContent } from './entry.ts'
import type { ArchiveLimits, Entry } from './entry.ts'

const blockBytes = 512
/** Names and attributes of one entry; far beyond what a file system takes. */
const recordBytesMax = 1024 * 1024
/** After the end marker archives are padded; so much is read, so that whoever writes it can finish. */
const paddingBytesMax = 1024 * 1024

type Header = {
  readonly name: string
  readonly kind: string
  readonly link: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly modifiedAt: number
  readonly sizeBytes: number
}

export type TarReadOptions = {
  readonly limits?: ArchiveLimits
  /** What becomes of devices and pipes: an error (an archive from anywhere), or left out (a container's files). */
  readonly special?: 'refuse' | 'skip'
}

/** Records that stand before an entry and override its header. */
type Overrides = Map<string, string>

/**
 * Files, folders and links in the order of the archive; the root itself is left out.
 * @throws UserError ARTIFACT_ARCHIVE for a broken archive, a path that leaves it, more than the limits allow
 */
export async function* readTar(source: ByteStream, options: TarReadOptions = {}): AsyncGenerator<Entry> {
  const reader = new ByteReader(source)
  const counter = new LimitCounter(options.limits ?? defaultLimits)
  const global: Overrides = new Map()
  let local: Overrides = new Map()
  try {
    for (;;) {
      const block = await reader.read(blockBytes)
      if (block.length === 0 || isZero(block)) break
      const header = headerOf(block)
      if (isRecord(header.kind)) {
        const overrides = header.kind === 'g' ? global : local
        readRecord(header, await readBody(reader, header), overrides)
        continue
      }
      if (isSpecial(header.kind)) {
        if (options.special !== 'skip') throw archiveError(`archive holds a device or pipe: ${header.name}`)
        local = new Map()
        continue
      }
      const entry = entryOf(header, new Map([...global, ...local]))
      local = new Map()
      const body = new Body(reader, entry.sizeBytes)
      if (entry.path !== '') {
        counter.count(entry.path, entry.sizeBytes)
        yield entry.type === 'file' ? { ...entry, content: body } : entry
      }
      await body.finish()
    }
    await reader.skip(paddingBytesMax)
  } finally {
    await reader.cancel()
  }
}

/** Whether bytes begin as a tar does. */
export function looksLikeTar(head: Buffer): boolean {
  if (head.length < blockBytes) return false
  const block = head.subarray(0, blockBytes)
  return !isZero(block) && sumOf(block) === octal(block, 148, 8)
}

/** The content of one file, and what is left of it. */
class Body implements AsyncIterable<Uint8Array> {
  readonly #reader: ByteReader
  readonly #sizeBytes: number
  #left: number

  constructor(reader: ByteReader, sizeBytes: number) {
    this.#reader = reader
    this.#sizeBytes = sizeBytes
    this.#left = sizeBytes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const part = await this.#reader.some(this.#left)
      if (part === null) throw cutOff()
      this.#left -= part.length
      yield part
    }
  }

  async finish(): Promise<void> {
    const padding = (blockBytes - (this.#sizeBytes % blockBytes)) % blockBytes
    if ((await this.#reader.skip(this.#left)) < this.#left) throw cutOff()
    await this.#reader.skip(padding)
  }
}

const cutOff = () => archiveError('archive is cut off: unexpected end of file')
const isSpecial = (kind: string): boolean => kind === '3' || kind === '4' || kind === '6'
const isRecord = (kind: string): boolean => kind === 'x' || kind === 'g' || kind === 'L' || kind === 'K'

async function readBody(reader: ByteReader, { sizeBytes }: Header): Promise<Buffer> {
  if (sizeBytes > recordBytesMax) throw archiveError(`archive has a record of ${sizeBytes} bytes before a file`)
  const body = await reader.read(Math.ceil(sizeBytes / blockBytes) * blockBytes)
  if (body.length < sizeBytes) throw cutOff()
  return body.subarray(0, sizeBytes)
}

function readRecord(header: Header, body: Buffer, overrides: Overrides): void {
  if (header.kind === 'L') overrides.set('path', textOf(body))
  else if (header.kind === 'K') overrides.set('linkpath', textOf(body))
  else readPax(body, overrides)
}

/** Lines of `<length of the line> <key>=<value>\n`. */
function readPax(body: Buffer, overrides: Overrides): void {
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at)
    const length = space < 0 ? NaN : Number(body.toString('latin1', at, space))
    if (!Number.isInteger(length) || length <= space - at || at + length > body.length)
      throw archiveError('archive has a broken pax record')
    const line = body.toString('utf8', space + 1, at + length - 1)
    const equals = line.indexOf('=')
    if (equals > 0) overrides.set(line.slice(0, equals), line.slice(equals + 1))
    at += length
  }
}

function headerOf(block: Buffer): Header {
  if (block.length < blockBytes) throw cutOff()
  if (sumOf(block) !== octal(block, 148, 8))
    throw archiveError('archive is no tar, or broken: wrong checksum of a header')
  const kind = String.fromCharCode(block[156] ?? 0)
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0' // GNU's has spaces there and no prefix
  const prefix = isUstar ? field(block, 345, 155) : ''
  const name = field(block, 0, 100)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    kind,
    link: field(block, 157, 100),
    mode: octal(block, 100, 8) & 0o7777,
    uid: octal(block, 108, 8),
    gid: octal(block, 116, 8),
    modifiedAt: octal(block, 136, 12),
    sizeBytes: octal(block, 124, 12),
  }
}

function entryOf(header: Header, overrides: Overrides): Entry {
  for (const key of overrides.keys())
    if (key.startsWith('GNU.sparse.')) throw archiveError('archive holds a sparse file, which is not supported')
  const name = overrides.get('path') ?? header.name
  const type = typeOf(header.kind, name)
  const number = (key: string, plain: number) => numberOr(overrides.get(key), plain)
  const sizeBytes = type === 'file' ? number('size', header.sizeBytes) : 0
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
    throw archiveError(`archive has a file of impossible size: ${name}`)
  const link = overrides.get('linkpath') ?? header.link
  return {
    path: cleanPath(name),
    type,
    target: type === 'link' ? cleanPath(link) : type === 'symlink' ? link : '',
    mode: header.mode,
    uid: number('uid', header.uid),
    gid: number('gid', header.gid),
    modifiedAt: Math.trunc(number('mtime', header.modifiedAt)),
    sizeBytes,
    content: noContent,
  }
}

function typeOf(kind: string, name: string): Entry['type'] {
  switch (kind) {
    case '0':
    case '\0':
    case '7':
      return name.endsWith('/') ? 'directory' : 'file'
    case '1':
      return 'link'
    case '2':
      return 'symlink'
    case '5':
      return 'directory'
    default:
      throw archiveError(`archive holds an entry of unknown type '${kind}': ${name}`)
  }
}

const numberOr = (text: string | undefined, plain: number): number => {
  const value = text === undefined ? NaN : Number(text)
  return Number.isFinite(value) ? value : plain
}

/** Octal text, or GNU's binary form for what is too large for it. */
function octal(block: Buffer, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) === 0) {
    const text = block
      .toString('latin1', at, at + length)
      .replace(/[\0 ]+$/, '')
      .trimStart()
    const value = text === '' ? 0 : parseInt(text, 8)
    return Number.isNaN(value) ? -1 : value
  }
  let value = (block[at] ?? 0) & 0x7f
  for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0)
  return value
}

/** The checksum counts its own field as spaces. */
function sumOf(block: Buffer): number {
  let sum = 8 * 0x20
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0
  return sum
}

const isZero = (block: Buffer): boolean => block.every((byte) => byte === 0)
const textOf = (bytes: Buffer): string => {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}
const field = (block: Buffer, at: number, length: number): string => textOf(block.subarray(at, at + length))
