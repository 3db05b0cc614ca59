/** `raw`: the content stands in the manifest. */
import { UserError } from '../resources/index.ts'
import type { ArtifactDriver, ObjectStream } from './port.ts'

export const rawDriver: ArtifactDriver = {
  open: (artifact) => Promise.resolve(artifact.raw ? streamOf(Buffer.from(artifact.raw.data)) : null),
  openKey: (artifact) => Promise.resolve(artifact.raw ? streamOf(Buffer.from(artifact.raw.data)) : null),
  list: (artifact) =>
    Promise.resolve(artifact.raw ? [{ key: artifact.name, sizeBytes: Buffer.byteLength(artifact.raw.data) }] : []),
  save: () => Promise.reject(new UserError('ARTIFACT_READ_ONLY', 'Raw output artifacts unsupported')),
  delete: () => Promise.reject(new UserError('ARTIFACT_DELETE', 'delete not supported for raw artifacts')),
}

const streamOf = (bytes: Uint8Array): ObjectStream =>
  Object.assign(
    (async function* () {
      yield bytes
    })(),
    { sizeBytes: bytes.length },
  )
