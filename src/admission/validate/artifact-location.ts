/** Where artifacts are kept: what Argo demands of a location. */
import type { Artifact, ArtifactLocation, HDFSArtifact } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

export function artifactLocationFault(prefix: string, location: ArtifactLocation, place: Place): Fault | null {
  if (location.git && location.git.repo === '') return fault(`${prefix}.git.repo is required`, inside(place, 'git'))
  return location.hdfs ? hdfsFault(`${prefix}.hdfs`, location.hdfs, inside(place, 'hdfs')) : null
}

function hdfsFault(prefix: string, hdfs: HDFSArtifact, place: Place): Fault | null {
  if ((hdfs.addresses ?? []).length === 0) return fault(`${prefix}.addresses is required`, place)
  if (hdfs.path === '') return fault(`${prefix}.path is required`, place)
  if (!hdfs.path.startsWith('/')) return fault(`${prefix}.path must be a absolute file path`, inside(place, 'path'))
  const { krbCCacheSecret, krbKeytabSecret, krbServicePrincipalName, krbConfigConfigMap, krbUsername, krbRealm } = hdfs
  if (!hdfs.hdfsUser && !krbCCacheSecret && !krbKeytabSecret) {
    return fault(`either ${prefix}.hdfsUser, ${prefix}.krbCCacheSecret or ${prefix}.krbKeytabSecret is required`, place)
  }
  const hasService = Boolean(krbServicePrincipalName) && krbConfigConfigMap !== undefined
  if (krbKeytabSecret && (!hasService || !krbUsername || !krbRealm)) {
    const names = `${prefix}.krbServicePrincipalName, ${prefix}.krbConfigConfigMap, ${prefix}.krbUsername and ${prefix}.krbRealm`
    return fault(`${names} are required with ${prefix}.krbKeytabSecret`, place)
  }
  if (krbCCacheSecret && !hasService) {
    const names = `${prefix}.krbServicePrincipalName and ${prefix}.krbConfigConfigMap`
    return fault(`${names} are required with ${prefix}.krbCCacheSecret`, place)
  }
  return null
}

/** Whether an artifact says where it is, fully or by a key in the default repository. */
export function hasLocationOrKey(artifact: Artifact): boolean {
  const { artifactory, azure, git, gcs, hdfs, http, oss, raw, s3, plugin } = artifact
  if (artifactory)
    return (artifactory.url !== '' && artifactory.usernameSecret !== undefined) || hasUrlPath(artifactory.url)
  if (azure) return azure.blob !== ''
  if (git) return git.repo !== ''
  if (gcs) return gcs.key !== ''
  if (hdfs) return (hdfs.addresses ?? []).length > 0 || hdfs.path !== ''
  if (http) return http.url !== ''
  if (oss) return oss.key !== ''
  if (raw) return true
  if (s3) return Boolean(s3.key)
  return plugin !== undefined && plugin.key !== ''
}

const hasUrlPath = (url: string): boolean =>
  url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/, '') !== ''
