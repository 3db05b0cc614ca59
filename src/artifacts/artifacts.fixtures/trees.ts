/** Little trees of files for tests, as entries, tars and plain lists. */
import { noContent } from '../archive/entry.ts'
import type { Entry } from '../archive/entry.ts'
import { readTar } from '../archive/tar-read.ts'
import { writeTar } from '../archive/tar-write.ts'
import type { ByteStream } from '../port.ts'

export const bytesOf = async (stream: ByteStream): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

export const textOf = async (stream: ByteStream | null): Promise<string | null> =>
  stream === null ? null : (await bytesOf(stream)).toString('utf8')

export async function* streamOf(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part
}

const common = { target: '', mode: 0o644, uid: 0, gid: 0, modifiedAt: 1_700_000_000, sizeBytes: 0, content: noContent }

export const file = (path: string, text: string, more: Partial<Entry> = {}): Entry => ({
  ...common,
  ...{ path, type: 'file', sizeBytes: Buffer.byteLength(text), content: streamOf(text) },
  ...more,
})
export const folder = (path: string, more: Partial<Entry> = {}): Entry => ({
  ...common,
  ...{ path, type: 'directory', mode: 0o755 },
  ...more,
})
export const symlink = (path: string, target: string): Entry => ({
  ...common,
  path,
  type: 'symlink',
  target,
  mode: 0o777,
})
export const hardLink = (path: string, target: string): Entry => ({ ...common, path, type: 'link', target })

export async function* entries(...list: readonly Entry[]): AsyncGenerator<Entry> {
  yield* list
}

export const tarOf = (...list: readonly Entry[]): ByteStream => writeTar(entries(...list))

/** One line an entry: mode, owner, path, and what it holds. */
export async function linesOf(found: AsyncIterable<Entry>): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const entry of found) {
    const what =
      entry.type === 'file'
        ? `= ${(await bytesOf(entry.content)).toString('utf8')}`
        : entry.type === 'directory'
          ? '/'
          : `${entry.type === 'link' ? '=>' : '->'} ${entry.target}`
    lines.push(`${entry.mode.toString(8)} ${entry.uid}:${entry.gid} ${entry.path} ${what}`)
  }
  return lines
}

export const tarLines = (tar: ByteStream): Promise<readonly string[]> => linesOf(readTar(tar))
