/** Where inside an artifact a path leads: a file, a directory, or nowhere. */
import { posix } from 'node:path'
import type { ArtifactHandle } from '../../controller/port.ts'
import type { Artifact } from '../../resources/index.ts'

/** The key of an artifact in whatever store it lies in. */
export function keyOfArtifact(artifact: Artifact): string {
  const { s3, gcs, oss, azure, plugin, hdfs, artifactory, http } = artifact
  return (
    s3?.key ?? gcs?.key ?? oss?.key ?? plugin?.key ?? azure?.blob ?? hdfs?.path ?? artifactory?.url ?? http?.url ?? ''
  )
}

/** `null` for a path that leads out of the artifact or is no path. */
export function cleanInnerPath(path: string): string | null {
  if (path.includes('\0') || path.includes('\\')) return null
  const clean = posix.normalize(`/${path}`).slice(1)
  return path.split('/').includes('..') && !path.endsWith('..') && clean === '' ? null : clean
}

export type Place =
  | { readonly kind: 'file'; readonly key: string | undefined; readonly fileName: string }
  /** Names right below it, directories with a slash at the end. */
  | { readonly kind: 'directory'; readonly names: readonly string[] }
  | { readonly kind: 'nothing' }

/** @param inner cleaned path below the artifact; `''` for the artifact itself */
export async function placeOf(handle: ArtifactHandle, inner: string): Promise<Place> {
  if (!handle.isDirectory)
    return inner === '' ? { kind: 'file', key: undefined, fileName: handle.fileName } : { kind: 'nothing' }
  const base = keyOfArtifact(handle.artifact).replace(/\/+$/, '')
  const files = (await handle.list()).map(({ key }) => ({ key, path: relative(key, base) }))
  const wanted = inner.replace(/\/+$/, '')
  const file = files.find(({ path }) => path === wanted && path !== '')
  if (file !== undefined && !inner.endsWith('/'))
    return { kind: 'file', key: file.key, fileName: posix.basename(file.path) }
  const prefix = wanted === '' ? '' : `${wanted}/`
  const names = new Set<string>()
  for (const { path } of files) {
    if (!path.startsWith(prefix) || path === prefix) continue
    const [first = '', ...rest] = path.slice(prefix.length).split('/')
    if (first !== '') names.add(rest.length > 0 ? `${first}/` : first)
  }
  return names.size === 0 && wanted !== '' ? { kind: 'nothing' } : { kind: 'directory', names: [...names].sort() }
}

const relative = (key: string, base: string): string =>
  (base !== '' && key.startsWith(`${base}/`) ? key.slice(base.length + 1) : key).replace(/^\/+/, '')
