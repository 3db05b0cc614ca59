/** Lines of logs as they come, with errors that show at once told as errors. */
import type { Controller, LogQuery } from '../../controller/port.ts'
import type { EventStream } from './event-stream.ts'

/** How long the first line or a refusal is waited for before the stream is opened, milliseconds. */
const firstWordMs = 100

export type LogRequest = {
  readonly namespace: string
  readonly name: string
  readonly query: LogQuery
  /** Most bytes of content a pod; the line that goes over is cut. */
  readonly bytesMax: number | undefined
}

/** Resolves when the logs have ended or the client has gone. @throws what the controller refuses with, before the stream is opened */
export async function streamLogs(stream: EventStream, controller: Controller, request: LogRequest): Promise<void> {
  const { namespace, name, query, bytesMax } = request
  const lines = controller.logs(namespace, name, query, stream.signal)[Symbol.asyncIterator]()
  const limit = new ByteLimit(bytesMax)
  let next = lines.next()
  try {
    await Promise.race([next, new Promise((resolve) => setTimeout(resolve, firstWordMs))])
    stream.open()
    for (;;) {
      const { done, value } = await next
      if (done || stream.isEnded) break
      const content = limit.cut(value.podName, value.content)
      if (content !== null && !stream.send(JSON.stringify({ content, podName: value.podName }))) await stream.drained()
      next = lines.next()
    }
  } catch (error) {
    // Once lines were sent, clients take an error for a line: the stream just ends.
    if (!stream.isEnded && !stream.isOpen) throw error
  } finally {
    if (stream.isOpen) stream.end()
    await lines.return?.()
  }
}

class ByteLimit {
  readonly #max: number | undefined
  readonly #used = new Map<string, number>()

  constructor(max: number | undefined) {
    this.#max = max
  }

  /** What of the line is within the limit; `null` for nothing more. */
  cut(podName: string, content: string): string | null {
    if (this.#max === undefined) return content
    const used = this.#used.get(podName) ?? 0
    if (used >= this.#max) return null
    const bytes = Buffer.from(content)
    this.#used.set(podName, used + bytes.length + 1)
    return bytes.subarray(0, this.#max - used).toString('utf8')
  }
}
