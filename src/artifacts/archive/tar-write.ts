/** Writes a tar as it streams by: ustar headers, pax records where those are too small. */
import type { ByteStream } from '../port.ts'
import { archiveError } from './entry.ts'
import type { Entry } from './entry.ts'

const blockBytes = 512

/** A pax comment on the first entry (others ignore it): all of the archive lies in one file or folder at its top. */
export const singleTopRecord = 'comment=drydock: one name at the top'

export type TarOptions = { readonly singleTop?: boolean }

/** @throws UserError ARTIFACT_ARCHIVE where a file's content is not as long as it was said to be */
export async function* writeTar(entries: AsyncIterable<Entry>, options: TarOptions = {}): AsyncGenerator<Uint8Array> {
  let first = true
  for await (const entry of entries) {
    yield headersOf(entry, first && options.singleTop === true ? [singleTopRecord] : [])
    first = false
    if (entry.type !== 'file') continue
    let written = 0
    for await (const part of entry.content) {
      written += part.length
      if (written > entry.sizeBytes) break
      yield part
    }
    if (written !== entry.sizeBytes) throw archiveError(`${entry.path} changed while it was read`)
    const padding = (blockBytes - (written % blockBytes)) % blockBytes
    if (padding > 0) yield Buffer.alloc(padding)
  }
  yield Buffer.alloc(2 * blockBytes)
}

const kinds: Readonly<Record<Entry['type'], string>> = { file: '0', link: '1', symlink: '2', directory: '5' }

function headersOf(entry: Entry, records: readonly string[]): Buffer {
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path
  const pax = [...records]
  if (!fits(name)) pax.push(`path=${name}`)
  if (!fits(entry.target)) pax.push(`linkpath=${entry.target}`)
  if (entry.sizeBytes > 0o77777777777) pax.push(`size=${entry.sizeBytes}`)
  if (entry.uid > 0o7777777) pax.push(`uid=${entry.uid}`)
  if (entry.gid > 0o7777777) pax.push(`gid=${entry.gid}`)
  const header = headerOf(entry, kinds[entry.type], name, entry.sizeBytes)
  if (pax.length === 0) return header
  const body = Buffer.from(pax.map(paxLine).join(''))
  const padding = Buffer.alloc((blockBytes - (body.length % blockBytes)) % blockBytes)
  return Buffer.concat([headerOf({ ...entry, target: '' }, 'x', 'pax', body.length), body, padding, header])
}

const fits = (text: string): boolean => text.length <= 100 && /^[\x20-\x7e]*$/.test(text)

/** The length at the front counts its own digits. */
function paxLine(record: string): string {
  const rest = Buffer.byteLength(record) + 2
  const digits = String(rest + String(rest).length).length
  return `${rest + digits} ${record}\n`
}

function headerOf(entry: Entry, kind: string, name: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(blockBytes)
  const octal = (value: number, at: number, length: number) => {
    const most = 8 ** (length - 1) - 1
    block.write(
      Math.min(Math.max(0, Math.trunc(value)), most)
        .toString(8)
        .padStart(length - 1, '0'),
      at,
      'latin1',
    )
  }
  block.write(fits(name) ? name : 'long-name', 0, 100, 'latin1')
  octal(entry.mode & 0o7777, 100, 8)
  octal(entry.uid, 108, 8)
  octal(entry.gid, 116, 8)
  octal(sizeBytes, 124, 12)
  octal(entry.modifiedAt, 136, 12)
  block.write(kind, 156, 'latin1')
  block.write(fits(entry.target) ? entry.target : 'long-link', 157, 100, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  block.write(' '.repeat(8), 148, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** A tar in one stream of one file whose size is known. */
export const oneFile = (entry: Omit<Entry, 'type' | 'target'>): ByteStream =>
  writeTar(only({ ...entry, type: 'file', target: '' }))

async function* only(entry: Entry): AsyncGenerator<Entry> {
  yield entry
}
