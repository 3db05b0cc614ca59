/** The key of an artifact: where in its location it lies, whichever backend the location names. */
import { UserError } from '../resources/index.ts'
import type { Artifact } from '../resources/index.ts'

export type Backend = 's3' | 'gcs' | 'azure' | 'oss' | 'hdfs' | 'artifactory' | 'git' | 'http' | 'raw' | 'plugin'

const backends: readonly Backend[] = [
  's3',
  'gcs',
  'azure',
  'oss',
  'hdfs',
  'artifactory',
  'git',
  'http',
  'raw',
  'plugin',
]

/** The backend whose field is set, `null` where the artifact has no location. */
export const backendOf = (artifact: Artifact): Backend | null =>
  backends.find((backend) => artifact[backend] !== undefined && artifact[backend] !== null) ?? null

/** `null` where there is no location, or one without keys (git, raw). */
export function artifactKey(artifact: Artifact): string | null {
  const key =
    artifact.s3?.key ??
    artifact.gcs?.key ??
    artifact.azure?.blob ??
    artifact.oss?.key ??
    artifact.hdfs?.path ??
    artifact.artifactory?.url ??
    artifact.http?.url ??
    artifact.plugin?.key
  return key === undefined || key === '' ? null : key
}

/** The artifact with another key in the same location. */
export function withKey(artifact: Artifact, key: string): Artifact {
  const { s3, gcs, azure, oss, hdfs, artifactory, http, plugin } = artifact
  if (s3) return { ...artifact, s3: { ...s3, key } }
  if (gcs) return { ...artifact, gcs: { ...gcs, key } }
  if (azure) return { ...artifact, azure: { ...azure, blob: key } }
  if (oss) return { ...artifact, oss: { ...oss, key } }
  if (hdfs) return { ...artifact, hdfs: { ...hdfs, path: key } }
  if (artifactory) return { ...artifact, artifactory: { ...artifactory, url: key } }
  if (http) return { ...artifact, http: { ...http, url: key } }
  if (plugin) return { ...artifact, plugin: { ...plugin, key } }
  throw new UserError('ARTIFACT_LOCATION', `artifact '${artifact.name}' has a location without a key`)
}

/** What `subPath` does: the path inside the artifact is appended to its key. */
export function appendToKey(artifact: Artifact, subPath: string): Artifact {
  const key = artifactKey(artifact)
  if (key === null) throw new UserError('ARTIFACT_LOCATION', `artifact '${artifact.name}' has no key to append to`)
  return withKey(artifact, joinKey(key, subPath))
}

export const joinKey = (key: string, rest: string): string =>
  rest === '' ? key : `${key.replace(/\/+$/, '')}/${rest.replace(/^\/+/, '')}`

/** The last part of an output artifact's key where the manifest gives none: `<name>.tgz`, `<name>.zip`, base name. */
export function artifactFileName(artifact: Pick<Artifact, 'name' | 'path' | 'archive'>): string {
  if (artifact.archive?.zip !== undefined) return `${artifact.name}.zip`
  if (artifact.archive?.none === undefined) return `${artifact.name}.tgz`
  return (artifact.path ?? '').split('/').findLast((part) => part !== '') ?? artifact.name
}
