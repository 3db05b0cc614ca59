/** Puts entries at a path in a container: names, owners and modes, and no way out of that path. */
import { posix } from 'node:path'
import { archiveError, cleanPath, noContent } from './entry.ts'
import type { Entry } from './entry.ts'

export type Target = {
  /** Absolute. */
  readonly path: string
  readonly mode?: number
  readonly recurseMode?: boolean
  readonly uid?: number
  readonly gid?: number
}

/** `as`: the entries have one name at their top, which becomes the path. `into`: the path is a folder with them in it. */
export type Placement = 'as' | 'into'

/**
 * Entries with paths relative to `/`, ready for a container. The folder at the path itself comes first; folders above
 * it are left to the container's engine, which must not change them where they exist.
 * @throws UserError ARTIFACT_ARCHIVE for links that leave the path, files behind links, a second name at the top
 */
export async function* place(
  entries: AsyncIterable<Entry>,
  target: Target,
  placement: Placement,
): AsyncGenerator<Entry> {
  const root = cleanPath(target.path)
  const links = new Set<string>()
  let top: string | null = null
  let isFolderMade = false
  const folder = (): Entry =>
    owned({ ...bareFolder, path: root, modifiedAt: Math.trunc(Date.now() / 1000) }, target, true)
  if (placement === 'into') {
    isFolderMade = true
    yield folder()
  }
  for await (const entry of entries) {
    const name = entry.path.split('/')[0] ?? ''
    top ??= name
    if (placement === 'as' && name !== top) throw archiveError(`archive has more at its top than ${top}: ${name}`)
    const moved = (path: string) => (placement === 'into' ? join(root, path) : join(root, path.slice(name.length + 1)))
    const path = moved(entry.path)
    if (placement === 'as' && !isFolderMade && path !== root) yield folder()
    isFolderMade = true
    refuseBehindLink(links, path)
    if (entry.type === 'symlink') {
      refuseLeaving(entry, path, root)
      links.add(path)
    }
    const to = entry.type === 'link' ? moved(entry.target) : entry.target
    if (entry.type === 'link' && placement === 'as' && (entry.target.split('/')[0] ?? '') !== top)
      throw archiveError(`hard link leaves the artifact: ${entry.path} -> ${entry.target}`)
    if (entry.type === 'link') refuseBehindLink(links, to)
    yield owned({ ...entry, path, target: to }, target, path === root)
  }
  if (!isFolderMade) yield folder()
}

const bareFolder: Omit<Entry, 'path' | 'modifiedAt'> = {
  type: 'directory',
  ...{ target: '', mode: 0o755, uid: 0, gid: 0, sizeBytes: 0, content: noContent },
}

const join = (a: string, b: string): string => (b === '' ? a : a === '' ? b : `${a}/${b}`)

function owned(entry: Entry, target: Target, isRoot: boolean): Entry {
  const chmod = target.mode !== undefined && (isRoot || target.recurseMode === true) && entry.type !== 'symlink'
  return {
    ...entry,
    mode: chmod ? (target.mode ?? 0) & 0o7777 : entry.mode,
    uid: target.uid ?? entry.uid,
    gid: target.gid ?? entry.gid,
  }
}

function refuseBehindLink(links: ReadonlySet<string>, path: string): void {
  if (links.size === 0) return
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1))
    if (links.has(path.slice(0, at))) throw archiveError(`archive writes through a symbolic link: ${path}`)
}

function refuseLeaving({ path: name, target }: Entry, path: string, root: string): void {
  const end = posix.resolve('/', posix.dirname(path), target)
  if (path !== root && (end === `/${root}` || end.startsWith(root === '' ? '/' : `/${root}/`))) return
  throw archiveError(`symbolic link leaves the artifact: ${name} -> ${target}`)
}
