/** Completes a location that is only a key from the repository of the same kind. */
import type { Artifact, ArtifactRepository } from '../resources/index.ts'

/** A location that names its own bucket (container, …) stays as it is; so does one of another kind. */
export function completeLocation(artifact: Artifact, repository: ArtifactRepository | undefined): Artifact {
  if (!repository) return artifact
  const { s3, gcs, azure, oss, hdfs, plugin } = artifact
  if (s3 && !s3.bucket && repository.s3) {
    const { keyFormat: _keyFormat, keyPrefix: _keyPrefix, ...place } = repository.s3
    return { ...artifact, s3: { ...place, ...s3 } }
  }
  if (gcs && !gcs.bucket && repository.gcs) {
    const { keyFormat: _keyFormat, ...place } = repository.gcs
    return { ...artifact, gcs: { ...place, ...gcs } }
  }
  if (azure && !azure.container && repository.azure) {
    const { blobNameFormat: _blobNameFormat, ...place } = repository.azure
    return { ...artifact, azure: { ...place, ...azure } }
  }
  if (oss && !oss.bucket && repository.oss) {
    const { keyFormat: _keyFormat, ...place } = repository.oss
    return { ...artifact, oss: { ...place, ...oss } }
  }
  if (hdfs && !hdfs.addresses?.length && repository.hdfs) {
    const { pathFormat: _pathFormat, ...place } = repository.hdfs
    return { ...artifact, hdfs: { ...place, ...hdfs } }
  }
  if (plugin && !plugin.name && repository.plugin) {
    const { keyFormat: _keyFormat, ...place } = repository.plugin
    return { ...artifact, plugin: { ...place, ...plugin } }
  }
  return artifact
}
