/** Where uploads go: keys in the default artifact repository, whatever its kind. */
import type { Artifact } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import { contextOf } from './artifact.ts'

/** An artifact that lies at the key in the default repository. */
export function uploadedArtifact(core: Core, name: string, key: string): Artifact {
  const repository = core.config.engine.artifactRepository
  if (repository['gcs'] !== undefined) return { name, gcs: { key } }
  if (repository['azure'] !== undefined) return { name, azure: { blob: key, container: '', endpoint: '' } }
  if (repository['oss'] !== undefined) return { name, oss: { key } }
  return { name, s3: { key } }
}

export async function saveUpload(
  core: Core,
  namespace: string,
  key: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  await core.artifacts.saveBytes(content, uploadedArtifact(core, 'upload', key), contextOf(core, namespace))
}
