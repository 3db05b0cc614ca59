/** How long holders wait for their locks: told to telemetry when they have them, and known while they wait. */
import type { LockAnswer, Locks } from '../engine/index.ts'
import type { Telemetry } from './telemetry.ts'

type Wait = { readonly sinceMs: number; readonly workflowKey: string }

export class LockWaits {
  readonly #telemetry: Telemetry
  /** By holder; who gives up or is deleted leaves it. */
  readonly #waiting = new Map<string, Wait>()

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry
  }

  /** Seconds that the one has waited which has waited longest; 0 where nobody does. */
  get longestSeconds(): number {
    let oldest = Infinity
    for (const { sinceMs } of this.#waiting.values()) oldest = Math.min(oldest, sinceMs)
    return oldest === Infinity ? 0 : (this.#telemetry.monotonicMs() - oldest) / 1000
  }

  answered({ holder, workflowKey }: { readonly holder: string; readonly workflowKey: string }, answer: LockAnswer) {
    const wait = this.#waiting.get(holder)
    if (answer.kind === 'waiting') {
      if (wait === undefined) this.#waiting.set(holder, { sinceMs: this.#telemetry.monotonicMs(), workflowKey })
      return
    }
    this.#waiting.delete(holder)
    if (answer.kind !== 'acquired') return
    const seconds = wait === undefined ? 0 : (this.#telemetry.monotonicMs() - wait.sinceMs) / 1000
    for (const { mutex } of answer.fresh) this.#telemetry.lockWaited(seconds, mutex)
  }

  left(holder: string): void {
    this.#waiting.delete(holder)
  }

  workflowLeft(key: string): void {
    for (const [holder, { workflowKey }] of this.#waiting) if (workflowKey === key) this.#waiting.delete(holder)
  }
}

/** The lock table, with what it gives out told to telemetry. */
export function countedLocks(locks: Locks, telemetry: Telemetry, waits: LockWaits): Locks {
  const acquire: Locks['acquire'] = (request) => {
    const answer = locks.acquire(request)
    waits.answered(request, answer)
    if (answer.kind === 'acquired')
      for (const { name, mutex, kind } of answer.fresh) {
        const namespace = name.split('/')[0] ?? ''
        telemetry.lockTaken({ name, mutex, storage: kind === 'Database' ? 'database' : 'configmap', namespace })
      }
    return answer
  }
  const leaving =
    <Answer>(of: (holder: string) => Answer) =>
    (holder: string): Answer => {
      waits.left(holder)
      return of(holder)
    }
  const workflowLeaving =
    <Answer>(of: (key: string) => Answer) =>
    (key: string): Answer => {
      waits.workflowLeft(key)
      return of(key)
    }
  return {
    acquire,
    release: leaving((holder) => locks.release(holder)),
    releaseWorkflow: workflowLeaving((key) => locks.releaseWorkflow(key)),
    restore: (holder, uid, lock) => locks.restore(holder, uid, lock),
    giveUp: leaving((holder) => locks.giveUp(holder)),
    giveUpWorkflow: workflowLeaving((key) => locks.giveUpWorkflow(key)),
    settle: (key) => locks.settle(key),
    holdersOf: (name) => locks.holdersOf(name),
    snapshot: () => locks.snapshot(),
  }
}
