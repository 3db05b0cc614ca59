/** One alarm per key on the clock: setting it again moves it, clearing it forgets it. */
import type { Clock, Instant } from '../resources/index.ts'

/** Timers of the platform hold 31 bits of milliseconds; longer waits are taken in parts. */
const sleepMsMax = 2 ** 31 - 1

export class Alarms {
  readonly #clock: Clock
  readonly #set = new Map<string, { readonly at: Instant; readonly abort: AbortController }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(key: string): boolean {
    return this.#set.has(key)
  }

  /** Calls `ring` at or soon after the instant, once. */
  set(key: string, at: Instant, ring: () => void): void {
    if (this.#set.get(key)?.at === at) return
    this.clear(key)
    const abort = new AbortController()
    this.#set.set(key, { at, abort })
    void this.#wait(key, at, abort.signal, ring)
  }

  clear(key: string): void {
    const known = this.#set.get(key)
    if (known === undefined) return
    this.#set.delete(key)
    known.abort.abort()
  }

  clearAll(): void {
    for (const key of [...this.#set.keys()]) this.clear(key)
  }

  async #wait(key: string, at: Instant, signal: AbortSignal, ring: () => void): Promise<void> {
    try {
      for (let left = at - this.#clock.now(); left > 0; left = at - this.#clock.now())
        await this.#clock.sleep(Math.min(left, sleepMsMax), signal)
    } catch {
      return
    }
    if (signal.aborted) return
    this.#set.delete(key)
    ring()
  }
}
