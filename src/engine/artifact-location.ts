/** Where an artifact lives: its own location, a key in the repository, or nowhere yet (semantics-templates.md §6.1). */
import type { Artifact, ArtifactLocation } from '../resources/index.ts'

export const backends = ['s3', 'gcs', 'azure', 'oss', 'hdfs', 'artifactory', 'git', 'http', 'raw', 'plugin'] as const
export type Backend = (typeof backends)[number]

/** Where the key stands in each backend that has keys. */
const keyFields: Partial<Record<Backend, string>> = {
  s3: 'key',
  gcs: 'key',
  azure: 'blob',
  oss: 'key',
  hdfs: 'path',
  artifactory: 'url',
  plugin: 'key',
  http: 'url',
}
/** The field whose presence makes a location complete. */
const homeFields: Partial<Record<Backend, string>> = {
  s3: 'bucket',
  gcs: 'bucket',
  azure: 'container',
  oss: 'bucket',
  hdfs: 'addresses',
  plugin: 'name',
}

type Fields = Readonly<Record<string, unknown>>

export function backendOf(location: ArtifactLocation | Artifact | undefined): Backend | null {
  if (location === undefined) return null
  return (
    backends.find((backend) => (location as Fields)[backend] !== undefined && (location as Fields)[backend] !== null) ??
    null
  )
}

const bodyOf = (location: ArtifactLocation | Artifact, backend: Backend): Fields =>
  ((location as Fields)[backend] ?? {}) as Fields

export function keyOf(location: ArtifactLocation | Artifact): string | null {
  const backend = backendOf(location)
  const field = backend === null ? undefined : keyFields[backend]
  if (backend === null || field === undefined) return null
  const key = bodyOf(location, backend)[field]
  return typeof key === 'string' && key !== '' ? key : null
}

/** A complete location, so that nothing is taken from the repository. */
export function hasLocation(artifact: ArtifactLocation | Artifact): boolean {
  const backend = backendOf(artifact)
  if (backend === null) return false
  if (backend === 'git' || backend === 'raw' || backend === 'http' || backend === 'artifactory') return true
  const home = homeFields[backend]
  return keyOf(artifact) !== null && (home === undefined || Boolean(bodyOf(artifact, backend)[home]))
}

export const hasLocationOrKey = (artifact: ArtifactLocation | Artifact): boolean =>
  hasLocation(artifact) || keyOf(artifact) !== null

/** The same artifact with another key. */
export function withKey<T extends ArtifactLocation | Artifact>(artifact: T, key: string): T {
  const backend = backendOf(artifact)
  const field = backend === null ? undefined : keyFields[backend]
  if (backend === null || field === undefined) return artifact
  return { ...artifact, [backend]: { ...bodyOf(artifact, backend), [field]: key } }
}

/** `subPath` appended to the key, with one slash between. */
export function withSubPath(artifact: Artifact, subPath: string): Artifact {
  const key = keyOf(artifact)
  if (key === null || subPath === '') return artifact
  return withKey(artifact, `${key.replace(/\/$/, '')}/${subPath.replace(/^\//, '')}`)
}

/**
 * What the repository adds to an artifact that has only a key, or nothing: the repository's own fields as given, less
 * those that only say how keys are made. An artifact on another backend than the repository is left alone.
 */
export function relocated(artifact: Artifact, repository: ArtifactLocation): Artifact {
  if (hasLocation(artifact)) return artifact
  const home = backendOf(repository)
  if (home === null) return artifact
  const own = backendOf(artifact)
  if (own !== null && own !== home) return artifact
  const {
    keyFormat: _format,
    keyPrefix: _prefix,
    blobNameFormat: _blob,
    pathFormat: _path,
    repoURL: _url,
    ...fields
  } = bodyOf(repository, home)
  const key = own === null ? {} : bodyOf(artifact, own)
  return {
    ...artifact,
    [home]: {
      ...fields,
      ...Object.fromEntries(Object.entries(key).filter(([, value]) => value !== undefined && value !== '')),
    },
  }
}
