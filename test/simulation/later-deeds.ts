/** People come back to workflows that have ended: they retry, resubmit and delete them. */
import type { LaterDeed } from './afterlife.ts'
import type { SimulatedDaemon } from './daemon.ts'
import type { History, SeenWorkflow } from './history.ts'
import type { Scenario } from './scenario.ts'
import type { SimulatedClock } from './simulated-clock.ts'

export type LaterParts = {
  readonly clock: SimulatedClock
  readonly scenario: Scenario
  readonly history: History
  readonly call: (key: string, daemon: SimulatedDaemon, work: () => Promise<unknown>) => void
  readonly isDue: (atMs: number) => boolean
}

export class LaterDeeds {
  readonly #parts: LaterParts
  /** How many are done, by name. */
  readonly #done = new Map<string, number>()
  /** Since when the next one may come. */
  readonly #sinceMs = new Map<string, number>()

  constructor(parts: LaterParts) {
    this.#parts = parts
  }

  get open(): readonly string[] {
    const { scenario, history } = this.#parts
    return [...scenario.later].flatMap(([name]) => {
      const next = this.#next(name)
      const seen = history.named(name)
      const isPast = seen !== undefined && seen.deleted && !seen.finished
      return next === undefined || isPast ? [] : [`people mean to ${next.kind} ${name}`]
    })
  }

  act(daemon: SimulatedDaemon): void {
    const { scenario, history, clock, isDue, call } = this.#parts
    for (const name of scenario.later.keys()) {
      const [next, seen] = [this.#next(name), history.named(name)]
      if (next === undefined || seen === undefined) continue
      if (!seen.finished) {
        this.#sinceMs.delete(name)
        continue
      }
      const sinceMs = this.#sinceMs.get(name) ?? clock.passedMs
      this.#sinceMs.set(name, sinceMs)
      if (!isDue(sinceMs + next.afterMs)) continue
      const done = (this.#done.get(name) ?? 0) + 1
      call(`${next.kind} ${name} (${done}, ${next.through})`, daemon, async () => {
        history.asked(seen, next)
        await doDeed(daemon, next, seen).catch((error: unknown) => {
          if (!isAnswer(error)) throw error
        })
        this.#done.set(name, Math.max(done, this.#done.get(name) ?? 0))
        this.#sinceMs.delete(name)
      })
    }
  }

  #next(name: string): LaterDeed | undefined {
    return this.#parts.scenario.later.get(name)?.[this.#done.get(name) ?? 0]
  }
}

function doDeed({ controller }: SimulatedDaemon, deed: LaterDeed, { uid, name }: SeenWorkflow): Promise<unknown> {
  const { kind, through, memoized } = deed
  const identity = { uid, namespace: 'default', name }
  if (kind === 'retry')
    return through === 'name'
      ? controller.operate('default', name, { kind })
      : controller.archive.operate(identity, { kind })
  if (kind === 'resubmit')
    return through === 'name'
      ? controller.resubmit('default', name, { memoized })
      : controller.archive.resubmit(identity, { memoized })
  return through === 'name' ? controller.deleteWorkflow('default', name) : controller.archive.delete(identity)
}

/** Refused for what it is, or for what has become of the workflow: asked again it would be refused again. */
const isAnswer = (error: unknown): boolean =>
  ['NOT_FOUND', 'INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'ALREADY_EXISTS'].includes(
    String((error as { readonly code?: unknown }).code),
  )
