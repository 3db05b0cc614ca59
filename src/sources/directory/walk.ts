/** What lies in a folder now: every manifest file with the marks that tell one content from the next. */
import type { Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { isHidden, isManifestPath } from './manifest-path.ts'

export type Sight = {
  readonly sizeBytes: number
  readonly modifiedAt: number
  /** Moves on when the file is renamed, too. */
  readonly changedAt: number
  readonly inode: number
  /** Why it must not be read. */
  readonly refusal?: string
}

/** More files than that in one folder are not looked at. */
export const filesMax = 200_000

export const sameSight = (a: Sight | undefined, b: Sight): boolean =>
  a !== undefined &&
  a.sizeBytes === b.sizeBytes &&
  a.modifiedAt === b.modifiedAt &&
  a.inode === b.inode &&
  a.refusal === b.refusal

/**
 * Manifests by path relative to the folder, in no order. Folders that cannot be read are reported and left out.
 * @param root its real path
 */
export async function walk(
  root: string,
  onTrouble: (path: string, error: unknown) => void,
): Promise<Map<string, Sight>> {
  const found = new Map<string, Sight>()
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const here = folder
    const entries = await readdir(join(root, here), { withFileTypes: true }).catch((error: unknown) => {
      onTrouble(here, error)
      return []
    })
    const paths: string[] = []
    for (const entry of entries) {
      const path = here === '' ? entry.name : `${here}${sep}${entry.name}`
      if (isHidden(entry.name)) continue
      if (entry.isDirectory()) folders.push(path)
      else if (isManifestPath(path)) paths.push(path)
    }
    const sights = await Promise.all(paths.map((path) => look(root, path)))
    paths.forEach((path, index) => {
      const sight = sights[index]
      if (sight != null && found.size < filesMax) found.set(path, sight)
    })
  }
  return found
}

/** One file, or `null` where there is none (any more), or no file. A link is followed only inside the folder. */
export async function look(root: string, path: string): Promise<Sight | null> {
  const full = join(root, path)
  try {
    const own = await lstat(full)
    if (!own.isSymbolicLink()) return own.isFile() ? sightOf(own) : null
    const target = await realpath(full).catch(() => null)
    if (target === null) return { ...sightOf(own), refusal: 'is a symbolic link to nothing' }
    if (leaves(root, target)) return { ...sightOf(own), refusal: 'is a symbolic link that leaves the folder' }
    const behind = await stat(target)
    return behind.isFile() ? sightOf(behind) : null
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    return { sizeBytes: 0, modifiedAt: 0, changedAt: 0, inode: 0, refusal: `cannot be read (${code ?? String(error)})` }
  }
}

const sightOf = ({ size, mtimeMs, ctimeMs, ino }: Stats): Sight => ({
  sizeBytes: size,
  modifiedAt: mtimeMs,
  changedAt: ctimeMs,
  inode: ino,
})

function leaves(root: string, target: string): boolean {
  const path = relative(root, target)
  return path === '..' || path.startsWith(`..${sep}`) || path.startsWith(sep)
}
