/** Time and chance come in through these ports, so that a run can be replayed. */
import type { Instant } from './ids.ts'

export interface Clock {
  now(): Instant
  /** Rejects with `signal.reason` when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** In [0, 1). */
  next(): number
  /** A lower-case UUID. */
  uuid(): string
}
