/** Logs of containers on their way into our files: those that last are followed, the rest are fetched at the end. */
import type { EngineCalls } from './engine-calls.ts'
import { withExitStatus, withoutInitComplaint } from './exit.ts'
import { LogCapture, followAfterMs } from './log-capture.ts'
import type { LogFile } from './log-file.ts'
import type { LogFrame } from './log-frames.ts'
import type { Log } from './log.ts'
import { type ContainerRecord, type PodRecord, fieldsOf, now } from './pod-record.ts'

export type CapturesParts = {
  readonly calls: EngineCalls
  readonly log: Log
  readonly logFile: (pod: PodRecord, container: string) => LogFile
}

/** Logs are fetched a moment after the end, so that the next start goes first. */
const captureDelayMs = 40

export class Captures {
  private readonly parts: CapturesParts

  constructor(parts: CapturesParts) {
    this.parts = parts
  }

  /** The container runs: its log is followed if it lasts. */
  followLater(pod: PodRecord, container: ContainerRecord, id: string): void {
    container.followTimer ??= setTimeout(() => this.captureOf(pod, container, id).follow(), followAfterMs).unref()
  }

  /** Whole in our file when it returns. */
  async finish(pod: PodRecord, container: ContainerRecord): Promise<void> {
    if (container.id === null || container.startedAt === null) return
    const capture = this.captureOf(pod, container, container.id)
    if (capture.file.isWhole && container.restarts === 0) return
    await capture.finish(rewriteOf(container))
  }

  /** It has ended: its log is fetched by and by. Whoever removes the pod does that himself. */
  soon(pod: PodRecord, container: ContainerRecord): void {
    setTimeout(() => {
      if (pod.isRemoving || pod.isGone) return
      this.finish(pod, container).catch((error: unknown) => {
        if (pod.isRemoving || pod.isGone) return
        this.parts.log('warn', 'a log could not be kept', { ...fieldsOf(pod, container), error: String(error) })
      })
    }, captureDelayMs).unref()
  }

  private captureOf(pod: PodRecord, container: ContainerRecord, id: string): LogCapture {
    container.capture ??= new LogCapture(
      this.parts.calls.client,
      id,
      container.planned.tty === true,
      this.parts.logFile(pod, container.planned.name),
    )
    return container.capture
  }
}

/** What Argo's wrapper would have written at the end of the log of a command that failed. */
function rewriteOf({
  exit,
  planned,
  finishedAt,
}: ContainerRecord): ((frames: readonly LogFrame[]) => readonly LogFrame[]) | undefined {
  if (exit?.exitCode === 64 && exit.message !== undefined) return withoutInitComplaint
  if (exit === null || exit.exitCode === 0 || exit.reason !== 'Error' || planned.role !== 'main') return undefined
  return (frames) => withExitStatus(frames, exit.exitCode, finishedAt ?? now())
}
