/** Removing containers in the background: a few at a time, while nothing is being started, again until it works. */
import type { Clock, PodId, WorkflowUid } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import type { Runtime } from '../../runtime/port.ts'
import { Alarms } from '../alarms.ts'
import { backOffMs, isRetryable, quickBackOff } from '../back-off.ts'
import type { Log, Telemetry } from '../telemetry.ts'
import { Workqueue } from '../workqueue.ts'

const atOnceMax = 4
/** Starts go first, but a removal does not wait for them longer than this, nor where so many others wait behind it. */
const yieldMsMax = 3_000
const pileMost = 16
const yieldStepMs = 20

export class Removals {
  readonly #clock: Clock
  readonly #runtime: Runtime
  readonly #confirm: (() => Promise<void>) | null
  readonly #telemetry: Telemetry
  readonly #log: Log
  readonly #isStarting: () => boolean
  readonly #onRemoved: (pod: PodId) => void
  readonly #failures = new Map<PodId, number>()
  readonly #alarms: Alarms
  readonly #queue: Workqueue<PodId>
  readonly #wanted = new Set<PodId>()
  readonly #urgent = new Set<PodId>()
  readonly #abort = new AbortController()
  #busy = 0

  constructor(parts: {
    readonly clock: Clock
    readonly runtime: Runtime
    /** Whoever is no longer in charge takes nothing away from who is: see `Store.confirm`. `null`: nobody else can be. */
    readonly confirm: (() => Promise<void>) | null
    readonly telemetry: Telemetry
    readonly log: Log
    /** Whether some pod is about to be started. */
    readonly isStarting: () => boolean
    readonly onRemoved: (pod: PodId) => void
  }) {
    this.#clock = parts.clock
    this.#runtime = parts.runtime
    this.#confirm = parts.confirm
    this.#telemetry = parts.telemetry
    this.#log = parts.log
    this.#isStarting = parts.isStarting
    this.#onRemoved = parts.onRemoved
    this.#alarms = new Alarms(parts.clock)
    this.#queue = new Workqueue('pod_cleanup_queue', parts.telemetry)
  }

  get depth(): number {
    return this.#queue.size + this.#busy
  }

  has(pod: PodId): boolean {
    return this.#wanted.has(pod)
  }

  remove(pod: PodId, delayMs: number): void {
    this.#wanted.add(pod)
    if (delayMs > 0) this.#alarms.set(pod, instant(this.#clock.now() + delayMs), () => this.#enqueue(pod))
    else {
      this.#alarms.clear(pod)
      this.#enqueue(pod)
    }
  }

  /** Those of the workflow that are due go at once: something waits for them. */
  hurry(uid: WorkflowUid): void {
    for (const pod of this.#wanted) if (pod.startsWith(`${uid}.`)) this.#urgent.add(pod)
    this.#work()
  }

  close(): void {
    this.#alarms.clearAll()
    this.#abort.abort()
  }

  #enqueue(pod: PodId): void {
    this.#queue.add(pod)
    this.#work()
  }

  #work(): void {
    for (let free = atOnceMax - this.#busy; free > 0 && this.#mayTake(); free -= 1) void this.#removeWaiting()
  }

  #mayTake(): boolean {
    return this.#queue.size > 0 && !this.#abort.signal.aborted
  }

  /** One after the other, until none waits. */
  async #removeWaiting(): Promise<void> {
    const { signal } = this.#abort
    while (this.#mayTake()) {
      const [pod] = this.#queue.take(1, () => true)
      if (pod === undefined) return
      this.#busy += 1
      const begunAt = this.#telemetry.monotonicMs()
      try {
        for (let waited = 0; waited < yieldMsMax && this.#mayYield(pod); waited += yieldStepMs)
          await this.#clock.sleep(yieldStepMs, signal)
        if (this.#confirm !== null) await this.#confirm()
        await this.#runtime.remove(pod, signal)
        this.#wanted.delete(pod)
        this.#urgent.delete(pod)
        this.#failures.delete(pod)
        this.#onRemoved(pod)
      } catch (error) {
        if (!signal.aborted && isRetryable(error)) this.#again(pod)
        else if (!signal.aborted) this.#log.warn({ pod, error: String(error) }, 'containers could not be removed')
      }
      this.#telemetry.queueWorked('pod_cleanup_queue', (this.#telemetry.monotonicMs() - begunAt) / 1000)
      this.#busy -= 1
    }
  }

  #mayYield(pod: PodId): boolean {
    return this.#isStarting() && !this.#urgent.has(pod) && this.#queue.size < pileMost
  }

  /** Later, so that an engine that is away does not keep those of another one waiting. */
  #again(pod: PodId): void {
    const failures = (this.#failures.get(pod) ?? 0) + 1
    this.#failures.set(pod, failures)
    this.#alarms.set(pod, instant(this.#clock.now() + backOffMs(quickBackOff, failures)), () => this.#enqueue(pod))
  }
}
