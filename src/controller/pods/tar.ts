/** Small tars: what is written into containers, and single files read back out. */
import { Readable } from 'node:stream'
import { extract, pack } from 'tar-stream'

export type TarEntry = {
  /** Relative to `/`. A folder's path ends in `/`. */
  readonly path: string
  readonly content?: Uint8Array
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export async function* tarOf(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  const packing = pack()
  for (const { path, content, mode, uid, gid } of entries) {
    const name = path.replace(/^\/+/, '')
    const mtime = new Date(0)
    if (name.endsWith('/')) packing.entry({ name, type: 'directory', mode, uid, gid, mtime })
    else packing.entry({ name, mode, uid, gid, mtime, size: content?.length ?? 0 }, Buffer.from(content ?? []))
  }
  packing.finalize()
  for await (const chunk of packing) yield chunk as Uint8Array
}

export type FirstFile =
  | { readonly kind: 'file'; readonly content: Uint8Array }
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'tooLarge'; readonly sizeBytes: number }

/** The first entry of a tar, which is what was asked for; the rest is not read. */
export async function firstFile(tar: AsyncIterable<Uint8Array>, limitBytes: number): Promise<FirstFile> {
  const reading = extract()
  const source = Readable.from(tar)
  source.on('error', (error) => reading.destroy(error))
  source.pipe(reading)
  try {
    for await (const entry of reading) {
      const { type, size = 0, linkname } = entry.header
      if (type === 'directory') return { kind: 'folder' }
      if (type === 'symlink' || type === 'link') return { kind: 'link', target: linkname ?? '' }
      if (size > limitBytes) return { kind: 'tooLarge', sizeBytes: size }
      const parts: Uint8Array[] = []
      for await (const part of entry) parts.push(part as Uint8Array)
      return { kind: 'file', content: Buffer.concat(parts) }
    }
    return { kind: 'file', content: new Uint8Array() }
  } finally {
    source.destroy()
    reading.destroy()
  }
}
