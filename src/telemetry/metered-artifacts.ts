/** Artifacts that count bytes and outcomes, around the real ones. */
import type { Artifacts, ByteStream, ObjectStream } from '../artifacts/index.ts'
import type { Metrics } from './metrics.ts'

type Counters = Pick<Metrics, 'artifactMoved' | 'artifactOperation'>

export function meteredArtifacts(artifacts: Artifacts, counters: Counters): Artifacts {
  const counting = async function* (stream: ByteStream, direction: 'read' | 'written'): ByteStream {
    for await (const chunk of stream) {
      counters.artifactMoved(direction, chunk.byteLength)
      yield chunk
    }
  }
  const judged = async <T>(operation: string, work: Promise<T>): Promise<T> => {
    try {
      const result = await work
      counters.artifactOperation(operation, 'ok')
      return result
    } catch (error) {
      counters.artifactOperation(operation, 'failed')
      throw error
    }
  }
  const opened = async (work: Promise<ObjectStream | null>): Promise<ObjectStream | null> => {
    const found = await judged('open', work)
    if (found === null) return null
    return Object.assign(counting(found, 'read'), found.sizeBytes === undefined ? {} : { sizeBytes: found.sizeBytes })
  }
  return {
    save: (tar, artifact, context) => judged('save', artifacts.save(counting(tar, 'written'), artifact, context)),
    saveBytes: (content, artifact, context) =>
      judged('save', artifacts.saveBytes(counting(content, 'written'), artifact, context)),
    load: async (artifact, target, context) => {
      const tar = await judged('load', artifacts.load(artifact, target, context))
      return tar === null ? null : counting(tar, 'read')
    },
    open: (artifact, context) => opened(artifacts.open(artifact, context)),
    openKey: (artifact, key, context) => opened(artifacts.openKey(artifact, key, context)),
    list: (artifact, context) => judged('list', artifacts.list(artifact, context)),
    delete: (artifact, context) => judged('delete', artifacts.delete(artifact, context)),
  }
}
