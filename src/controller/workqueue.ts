/** A queue of keys: a key is in it once, however often it is added, and comes out in the order in which it came. */
import type { QueueName, Telemetry } from './telemetry.ts'

export class Workqueue<Key> {
  readonly #waiting = new Map<Key, number>()
  readonly #name: QueueName
  readonly #telemetry: Telemetry

  constructor(name: QueueName, telemetry: Telemetry) {
    this.#name = name
    this.#telemetry = telemetry
  }

  get size(): number {
    return this.#waiting.size
  }

  add(key: Key): void {
    if (this.#waiting.has(key)) return
    this.#waiting.set(key, this.#telemetry.monotonicMs())
    this.#telemetry.queueAdded(this.#name)
    this.#telemetry.queueDepth(this.#name, this.#waiting.size)
  }

  delete(key: Key): void {
    this.#waiting.delete(key)
  }

  /** Takes up to `limit` of those that are ready, oldest first; the others stay where they are. */
  take(limit: number, isReady: (key: Key) => boolean): Key[] {
    const taken: Key[] = []
    const now = this.#telemetry.monotonicMs()
    for (const [key, addedAt] of this.#waiting) {
      if (taken.length >= limit) break
      if (!isReady(key)) continue
      taken.push(key)
      this.#telemetry.queueWaited(this.#name, (now - addedAt) / 1000)
    }
    for (const key of taken) this.#waiting.delete(key)
    this.#telemetry.queueDepth(this.#name, this.#waiting.size)
    return taken
  }
}
