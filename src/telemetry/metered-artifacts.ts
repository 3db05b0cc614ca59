/** An artifact driver that counts bytes and outcomes, around any other. */
import type { ArtifactDriver, ByteStream } from '../artifacts/port.ts'
import type { Metrics } from './metrics.ts'

export function meteredArtifacts(
  driver: ArtifactDriver,
  metrics: Pick<Metrics, 'artifactMoved' | 'artifactOperation'>,
): ArtifactDriver {
  const counting = async function* (stream: ByteStream, direction: 'read' | 'written'): ByteStream {
    for await (const chunk of stream) {
      metrics.artifactMoved(direction, chunk.byteLength)
      yield chunk
    }
  }
  const judged = async <T>(operation: string, work: Promise<T>): Promise<T> => {
    try {
      const result = await work
      metrics.artifactOperation(operation, 'ok')
      return result
    } catch (error) {
      metrics.artifactOperation(operation, 'failed')
      throw error
    }
  }
  const opened = async (work: Promise<ByteStream | null>): Promise<ByteStream | null> => {
    const stream = await judged('open', work)
    return stream === null ? null : counting(stream, 'read')
  }
  return {
    open: (artifact, context) => opened(driver.open(artifact, context)),
    openKey: (artifact, key, context) => opened(driver.openKey(artifact, key, context)),
    list: (artifact, context) => judged('list', driver.list(artifact, context)),
    save: (artifact, key, content, context) =>
      judged('save', driver.save(artifact, key, counting(content, 'written'), context)),
    delete: (artifact, context) => judged('delete', driver.delete(artifact, context)),
  }
}
