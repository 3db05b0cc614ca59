/** Keys of artifacts in a store and the paths they have in a container. */
import { posix } from 'node:path'
import { type Parsed, parsed, unparsed } from './go-text.ts'

const defaultKeyFormat = '{{workflow.name}}/{{pod.name}}'

/** A key below another one; `..` in what is appended goes up. */
export function appendArtifactKey(key: string, append: string): string {
  return joinPath(key, append)
}

/** Like Go's path.Join: empty parts are left out, no trailing slash, nothing at all is empty. */
function joinPath(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== '')
  return given.length === 0 ? '' : cleanPath(given.join('/'))
}

function cleanPath(path: string): string {
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

/** The path of an artifact in the container, cleaned. One that climbs out of what stands before its first `/..` is refused. */
export function cleanArtifactPath(artifactName: string, path: string): Parsed<string> {
  if (path === '') return unparsed(`Artifact '${artifactName}' did not specify a path`)
  const climb = path.search(/\/\.\.(\/|$)/)
  const safe = climb < 0 ? '' : path.slice(0, climb)
  const clean = cleanPath(path)
  const inside = clean.startsWith(`${safe}/`) && clean.length > safe.length + 1
  if (safe !== '' && !inside) {
    return unparsed(
      `Artifact '${artifactName}' attempted to use a path containing '..'. Directory traversal is not permitted`,
    )
  }
  return parsed(clean)
}

export type KeyFormat = {
  readonly provider: string
  readonly keyFormat?: string
  /** The older field of S3, used only where there is no format. */
  readonly keyPrefix?: string
  /** Artifactory's address; its path is part of the key. */
  readonly repoURL?: string
}

/** The key, tags still in it, under which a repository stores an artifact that names none. */
export function defaultArtifactKey({ provider, keyFormat, keyPrefix, repoURL }: KeyFormat): string {
  const format = keyFormat ?? ''
  if (provider === 'artifactory') {
    const root = repoURL ?? ''
    const address = `${root}${root.endsWith('/') ? '' : '/'}${format || defaultKeyFormat}`
    return address.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
  }
  if (format !== '') return format
  return provider === 's3' ? joinPath(keyPrefix ?? '', defaultKeyFormat) : defaultKeyFormat
}
