/** Small tars made in memory, for the engine's archive call. */
import { type Header, pack } from 'tar-stream'

export type TarEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number; readonly gid?: number }
  | {
      readonly kind: 'file'
      readonly path: string
      readonly mode: number
      readonly content: Uint8Array
      readonly gid?: number
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/** Paths may begin with `/`; they are made relative. Owned by root and the given group. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const entry of entries) {
    const name = entry.path.replace(/^\/+/, '')
    const base: Partial<Header> & { name: string } = { name, mtime: new Date(0) }
    if (entry.kind === 'directory') {
      tar.entry({
        ...base,
        name: `${name.replace(/\/+$/, '')}/`,
        type: 'directory',
        mode: entry.mode,
        gid: entry.gid ?? 0,
      })
    } else if (entry.kind === 'symlink') {
      tar.entry({ ...base, type: 'symlink', linkname: entry.target, mode: 0o777 })
    } else {
      tar.entry(
        { ...base, mode: entry.mode, gid: entry.gid ?? 0, size: entry.content.length },
        Buffer.from(entry.content),
      )
    }
  }
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
