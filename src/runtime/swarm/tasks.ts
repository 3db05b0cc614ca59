/** Waits for Swarm's scheduler. It tells of tasks in no event, so they are asked for, all at once, while a pod waits. */
import { WorldError } from '../../resources/index.ts'
import type { Manager } from './manager.ts'
import type { SwarmTask } from './wire.ts'

export const unschedulable = (why: string): WorldError =>
  new WorldError('UNSCHEDULABLE', `Unschedulable: ${why}`, { retryable: true })

type Waiter = {
  readonly since: number
  resolve(task: SwarmTask | null): void
  reject(error: unknown): void
}

/** Swarm places within a twentieth of a second where there is room. */
const firstPauseMs = 25
const longestPauseMs = 400
/** Who waits longer is told why, and asks again in his own time; the scheduler goes on meanwhile. */
const patienceMs = 3_000
/** A reason that Swarm gives is taken for one after this. */
const reasonMs = 700

export class Tasks {
  readonly #manager: Manager
  readonly #label: string
  readonly #waiters = new Map<string, Waiter[]>()
  #isAsking = false
  #pauseMs = firstPauseMs

  constructor(manager: Manager, label: string) {
    this.#manager = manager
    this.#label = label
  }

  /**
   * The service's task, once it has a machine; `null` where it has none that is to run, and will get none.
   * @throws WorldError UNSCHEDULABLE, to be tried again
   */
  assigned(serviceId: string): Promise<SwarmTask | null> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(serviceId) ?? []
      waiters.push({ since: performance.now(), resolve, reject })
      this.#waiters.set(serviceId, waiters)
      this.#pauseMs = firstPauseMs
      if (!this.#isAsking) void this.#ask()
    })
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    while (this.#waiters.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs))
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 1.5)
      try {
        this.#settle(await this.#manager.tasks(this.#label))
      } catch (error) {
        for (const [id] of [...this.#waiters]) this.#end(id, (waiter) => waiter.reject(error))
      }
    }
    this.#isAsking = false
  }

  #settle(tasks: readonly SwarmTask[]): void {
    const byService = new Map(tasks.map((task) => [task.serviceId, task]))
    for (const [id, waiters] of [...this.#waiters]) {
      const task = byService.get(id)
      const waitedMs = performance.now() - (waiters[0]?.since ?? 0)
      if (task === undefined) {
        if (waitedMs > patienceMs) this.#end(id, (waiter) => waiter.resolve(null))
      } else if (task.nodeId !== '') this.#end(id, (waiter) => waiter.resolve(task))
      else if (waitedMs > (task.error === '' ? patienceMs : reasonMs))
        this.#end(id, (waiter) => waiter.reject(unschedulable(task.error || 'the scheduler has not looked at it yet')))
    }
  }

  #end(id: string, settle: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(id) ?? []
    this.#waiters.delete(id)
    for (const waiter of waiters) settle(waiter)
  }
}
