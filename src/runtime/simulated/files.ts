/** The file systems of simulated containers: maps of paths, volumes shared between them, tars in and out. */
import { Readable } from 'node:stream'
import { extract, pack } from 'tar-stream'
import type { ContainerRequest, VolumeRequest } from '../../resources/index.ts'

export type SimulatedFile = { readonly content: Uint8Array; readonly mode: number }
export type SimulatedTree = Map<string, SimulatedFile>

/** One container's view: its own files, and volumes below their mount paths. */
export class SimulatedFiles {
  private readonly own: SimulatedTree = new Map()
  private readonly mounts: readonly { readonly path: string; readonly prefix: string; readonly tree: SimulatedTree }[]

  constructor(container: ContainerRequest, treeOf: (volume: string) => SimulatedTree) {
    const mounts = container.mounts.map((mount) => ({
      path: mount.mountPath.replace(/\/+$/, ''),
      prefix: mount.subPath ? `/${mount.subPath.replace(/^\/+|\/+$/g, '')}` : '',
      tree: treeOf(mount.volume),
    }))
    this.mounts = mounts.sort((a, b) => b.path.length - a.path.length)
  }

  write(path: string, content: Uint8Array, mode = 0o644): void {
    const { tree, inside } = this.place(path)
    tree.set(inside, { content, mode })
  }

  read(path: string): Uint8Array | null {
    const { tree, inside } = this.place(path)
    return tree.get(inside)?.content ?? null
  }

  async unpack(tar: AsyncIterable<Uint8Array>): Promise<void> {
    const source = Readable.from(tar)
    const entries = extract()
    source.on('error', (error) => entries.destroy(error))
    for await (const entry of source.pipe(entries)) {
      const chunks: Buffer[] = []
      for await (const chunk of entry) chunks.push(chunk as Buffer)
      const path = `/${entry.header.name.replace(/^\.?\/+/, '')}`
      if (entry.header.type === 'file') this.write(path, Buffer.concat(chunks), entry.header.mode ?? 0o644)
      else if (entry.header.type === 'directory') this.write(`${path.replace(/\/+$/, '')}/`, new Uint8Array(), 0o755)
    }
  }

  /** As the engine gives it: entries begin with the path's base name; `null` where nothing stands. */
  async pack(path: string): Promise<AsyncIterable<Uint8Array> | null> {
    const clean = path.replace(/\/+$/, '')
    const base = clean.split('/').at(-1) ?? ''
    const { tree, inside } = this.place(clean)
    const found = [...tree].filter(([name]) => name === inside || name.startsWith(`${inside}/`))
    if (found.length === 0) return null
    const tar = pack()
    const isFile = found.length === 1 && found[0]?.[0] === inside
    if (!isFile) tar.entry({ name: `${base}/`, type: 'directory', mode: 0o755 })
    for (const [name, file] of found.sort(([a], [b]) => (a < b ? -1 : 1))) {
      const within = name.slice(inside.length)
      if (within.endsWith('/')) {
        if (within !== '/') tar.entry({ name: base + within, type: 'directory', mode: 0o755 })
      } else tar.entry({ name: base + within, mode: file.mode }, Buffer.from(file.content))
    }
    tar.finalize()
    return tar as AsyncIterable<Uint8Array>
  }

  private place(path: string): { readonly tree: SimulatedTree; readonly inside: string } {
    for (const mount of this.mounts) {
      if (path === mount.path || path.startsWith(`${mount.path}/`)) {
        return { tree: mount.tree, inside: mount.prefix + path.slice(mount.path.length) }
      }
    }
    return { tree: this.own, inside: path }
  }
}

export function treeWith(volume: VolumeRequest): SimulatedTree {
  if (volume.kind !== 'files') return new Map()
  return new Map(volume.files.map(({ path, content, mode }) => [`/${path.replace(/^\/+/, '')}`, { content, mode }]))
}
