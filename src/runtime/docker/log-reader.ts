/** A container's log for readers: from the engine while it runs, from our file once it has ended, on from there if it ran again. */
import type { LogLine, LogOptions } from '../port.ts'
import type { EngineClient } from './client.ts'
import { EngineError } from './client.ts'
import { engineFrames } from './log-capture.ts'
import { keptFrames } from './log-file.ts'
import type { LogFrame } from './log-frames.ts'
import { chosenLines, linesOf } from './log-lines.ts'
import type { ContainerRecord, PodRecord } from './pod-record.ts'

export type LogSource = {
  readonly client: EngineClient
  /** Without its ending. */
  readonly path: string
  /** The pod, if it still stands in the engine. */
  readonly pod: PodRecord | null
  readonly container: ContainerRecord | null
  /** Makes our file whole. */
  readonly capture: () => Promise<void>
}

export async function* readLog(source: LogSource, options: LogOptions, signal?: AbortSignal): AsyncGenerator<LogLine> {
  const { pod, container } = source
  if (!pod || !container) return yield* chosenLines(linesOf(keptFrames(source.path)), options)
  if (!options.follow) return yield* chosenLines(linesOf(framesNow(source, signal)), options)
  const { tailLines, ...rest } = options
  if (tailLines === undefined) return yield* chosenLines(linesOf(followed(source, '', signal)), rest)
  const seen: LogFrame[] = []
  for await (const frame of framesNow(source, signal)) seen.push(frame)
  yield* chosenLines(linesOf(seen as unknown as AsyncIterable<LogFrame>), options)
  yield* chosenLines(linesOf(followed(source, seen.at(-1)?.stamp ?? '', signal)), rest)
}

const isOver = (pod: PodRecord, container: ContainerRecord): boolean =>
  pod.isGone ||
  pod.isRemoving ||
  (container.state === 'exited' && (pod.isEnded || container.planned.tries === undefined))

/** All there is at this moment. */
async function* framesNow(source: LogSource, signal?: AbortSignal): AsyncGenerator<LogFrame> {
  const { pod, container } = source
  if (!pod || !container?.id) return
  if (isOver(pod, container)) {
    await source.capture()
    return yield* keptFrames(source.path)
  }
  if (container.state === 'created' && container.restarts === 0) return
  yield* engineFrames(source.client, container.id, container.planned.tty === true, { signal })
}

/** From after the stamp until the container has ended for good; a stream that breaks off or stalls loses nothing. */
async function* followed(source: LogSource, after: string, signal?: AbortSignal): AsyncGenerator<LogFrame> {
  const { pod, container } = source
  if (!pod || !container) return
  let newest = after
  await pod.until(() => container.state !== 'created' || isOver(pod, container), signal)
  while (!isOver(pod, container) && container.id !== null) {
    const life = new AbortController()
    const ended = pod
      .until(() => isOver(pod, container), life.signal)
      .then(() => setTimeout(() => life.abort(), 1_000).unref())
      .catch(() => {})
    const both = signal ? AbortSignal.any([signal, life.signal]) : life.signal
    try {
      const query = { follow: true, since: newest, signal: both }
      for await (const frame of engineFrames(source.client, container.id, container.planned.tty === true, query)) {
        if (frame.stamp <= newest && frame.stamp !== '') continue
        newest = frame.stamp
        yield frame
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!life.signal.aborted && error instanceof EngineError && error.status !== 0 && error.status !== 404)
        throw error
    } finally {
      life.abort()
      await ended
    }
    if (!isOver(pod, container)) await briefly(signal)
  }
  await source.capture()
  for await (const frame of keptFrames(source.path)) if (frame.stamp > newest) yield frame
}

function briefly(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 50)
    signal?.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true })
  })
}
