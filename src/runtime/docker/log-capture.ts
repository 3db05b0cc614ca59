/**
 * Takes a container's log out of the engine into our file. A short-lived container's log is fetched once, after its end;
 * one that lives on is followed, so that the engine's rotation cannot lose a line. At the end whatever is missing since
 * the last stamp is fetched, because a followed stream may stall or break off (docker-traps 7).
 */
import type { EngineClient } from './client.ts'
import { EngineError } from './client.ts'
import { type LogFile, isTakenAway } from './log-file.ts'
import { type LogFrame, readFrames } from './log-frames.ts'
import { Once } from '../once.ts'

/** Followed once it has run this long. */
export const followAfterMs = 2_000
const stallMs = 1_000
const triesMost = 8
const pauseMs = 20

export class LogCapture {
  readonly file: LogFile
  private readonly client: EngineClient
  private readonly containerId: string
  private readonly isTty: boolean
  private following: { readonly abort: AbortController; readonly done: Promise<void> } | null = null
  private readonly finishing = new Once<void>()

  constructor(client: EngineClient, containerId: string, isTty: boolean, file: LogFile) {
    this.client = client
    this.containerId = containerId
    this.isTty = isTty
    this.file = file
  }

  /** Begins to follow; returns at once. */
  follow(): void {
    if (this.following || this.finishing.hasBegun) return
    const abort = new AbortController()
    const done = this.fetch(true, abort.signal).catch(() => {})
    this.following = { abort, done }
    void done.then(() => {
      if (this.following?.abort === abort) this.following = null
    })
  }

  /** The container has ended: afterwards the file is whole. Idempotent. `change` may rewrite what a failed start left. */
  finish(change?: (frames: readonly LogFrame[]) => readonly LogFrame[]): Promise<void> {
    return this.finishing.run(() => this.finishNow(change))
  }

  private async finishNow(change?: (frames: readonly LogFrame[]) => readonly LogFrame[]): Promise<void> {
    if (this.following) {
      const { abort, done } = this.following
      const timer = setTimeout(() => abort.abort(), stallMs)
      await done
      clearTimeout(timer)
      this.following = null
    }
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.complete(change)
      } catch (error) {
        // Another daemon, which had the workflow until now, or has it now, writes the same log.
        if (!isTakenAway(error) || this.file.isDropped || tries >= triesMost) throw error
        await new Promise((resolve) => setTimeout(resolve, pauseMs * tries))
      }
    }
  }

  private async complete(change?: (frames: readonly LogFrame[]) => readonly LogFrame[]): Promise<void> {
    try {
      await this.fetch(false)
    } catch (error) {
      if (!(error instanceof EngineError) || (error.status !== 404 && error.status !== 409)) throw error
    }
    if (change) await this.file.rewrite(change)
    await this.file.finish()
  }

  private async fetch(follow: boolean, signal?: AbortSignal): Promise<void> {
    const since = await this.file.resume()
    const frames = engineFrames(this.client, this.containerId, this.isTty, { follow, since, signal })
    try {
      for await (const frame of frames) {
        if (frame.stamp >= since) await this.file.append(frame)
      }
    } finally {
      await this.file.flush()
    }
  }
}

export type FrameQuery = {
  readonly follow?: boolean
  /** A stamp: frames from it on. */
  readonly since?: string
  readonly tail?: number
  readonly isStdoutOnly?: boolean
  readonly signal?: AbortSignal
}

export async function* engineFrames(
  client: EngineClient,
  containerId: string,
  isTty: boolean,
  query: FrameQuery,
): AsyncGenerator<LogFrame> {
  const stream = await client.stream('logs', 'GET', `/containers/${containerId}/logs`, {
    query: {
      stdout: true,
      stderr: query.isStdoutOnly !== true,
      timestamps: true,
      follow: query.follow === true,
      ...(query.since && { since: unixOf(query.since) }),
      ...(query.tail !== undefined && { tail: query.tail }),
    },
    signal: query.signal,
  })
  try {
    yield* readFrames(stream, isTty)
  } finally {
    stream.destroy()
  }
}

/** `1700000000.123456789`, as the engine wants a moment to the nanosecond. */
function unixOf(stamp: string): string {
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? '0'
  return `${Math.floor(Date.parse(stamp) / 1000)}.${fraction.padEnd(9, '0')}`
}
