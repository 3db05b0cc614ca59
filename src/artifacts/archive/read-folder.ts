/** The files of a folder on our own disk as entries. */
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { noContent } from './entry.ts'
import type { Entry } from './entry.ts'

/** Folders before what is in them, names in order; sockets, pipes and devices are left out. */
export async function* readFolder(folder: string, below = ''): AsyncGenerator<Entry> {
  for (const name of (await readdir(join(folder, below))).sort()) {
    const path = below === '' ? name : `${below}/${name}`
    const full = join(folder, path)
    const info = await lstat(full)
    const common = {
      path,
      ...{ target: '', uid: 0, gid: 0, sizeBytes: 0, content: noContent },
      mode: info.mode & 0o7777,
      modifiedAt: Math.trunc(info.mtimeMs / 1000),
    }
    if (info.isSymbolicLink()) yield { ...common, type: 'symlink', target: await readlink(full) }
    else if (info.isFile()) yield { ...common, type: 'file', sizeBytes: info.size, content: contentOf(full) }
    else if (info.isDirectory()) {
      yield { ...common, type: 'directory' }
      yield* readFolder(folder, path)
    }
  }
}

async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  for await (const part of createReadStream(path)) yield part as Uint8Array
}
