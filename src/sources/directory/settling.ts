/**
 * When a file is written to its end. A file that came by rename is complete at once; one that is written in place must
 * be quiet for a while, longer where its writer is slow, and nobody may hold it open for writing.
 */
import type { Sight } from './walk.ts'

type Watched = {
  readonly sight: Sight
  /** When this sight was first had. */
  readonly since: number
  /** Longest pause between two writes that was seen. */
  readonly longestPauseMs: number
  /** How often it was seen to change. */
  readonly writes: number
  /** The text so far looks cut off. */
  readonly suspicious: boolean
}

/** A text that ends in the middle of a line, or does not parse, is given more time. */
const suspiciousMs = 2000
/** A file that was seen to grow several times has a slow writer, whose next pause may be longer. */
const slowWriterMs = 1200
const slowWriterWrites = 3
const longestWaitMs = 6000

export class Settling {
  readonly #quietMs: number
  readonly #watched = new Map<string, Watched>()

  constructor(quietMs: number) {
    this.#quietMs = quietMs
  }

  /** Milliseconds until the file may be read if nothing happens to it; 0: now. */
  waitMs(path: string, sight: Sight, nowMs: number): number {
    const before = this.#watched.get(path)
    const changed = before === undefined || !sameContent(before.sight, sight)
    const pause = before !== undefined && changed ? Math.max(0, nowMs - before.since) : 0
    const now: Watched = changed
      ? {
          sight,
          since: nowMs,
          longestPauseMs: Math.max(before?.longestPauseMs ?? 0, pause),
          writes: (before?.writes ?? 0) + 1,
          suspicious: false,
        }
      : before
    this.#watched.set(path, now)
    if (arrivedWhole(sight) && !now.suspicious) return 0
    // The file's own clock counts too: what was written long ago need not be watched from now on.
    const quietSince = Math.min(now.since, Math.max(sight.modifiedAt, sight.changedAt))
    return Math.max(0, quietSince + this.#neededMs(now) - nowMs)
  }

  /** The text that was read looks unfinished: read it again after a longer quiet. False when it had that already. */
  doubt(path: string, nowMs: number): boolean {
    const now = this.#watched.get(path)
    if (now === undefined || now.suspicious) return false
    const quietSince = Math.min(now.since, Math.max(now.sight.modifiedAt, now.sight.changedAt))
    if (nowMs - quietSince >= suspiciousMs || arrivedWhole(now.sight)) return false
    this.#watched.set(path, { ...now, suspicious: true })
    return true
  }

  forget(path: string): void {
    this.#watched.delete(path)
  }

  #neededMs({ longestPauseMs, writes, suspicious }: Watched): number {
    const slow = writes >= slowWriterWrites ? slowWriterMs : 0
    const needed = Math.max(this.#quietMs, longestPauseMs * 3, slow, suspicious ? suspiciousMs : 0)
    return Math.min(needed, longestWaitMs)
  }
}

const sameContent = (a: Sight, b: Sight): boolean =>
  a.sizeBytes === b.sizeBytes && a.modifiedAt === b.modifiedAt && a.inode === b.inode

/** A rename moves on the time of change, not that of modification. */
const arrivedWhole = ({ modifiedAt, changedAt, sizeBytes }: Sight): boolean =>
  sizeBytes > 0 && changedAt - modifiedAt > 1
