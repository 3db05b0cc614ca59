/** A queue of keys: a key is in it once, however often it is added, and comes out in the order in which it came. */
import type { QueueName, Telemetry } from './telemetry.ts'

type Entry<Key> = { readonly key: Key; readonly addedAt: number }

export class Workqueue<Key> {
  readonly #waiting = new Map<Key, Entry<Key>>()
  /** In the order in which they came; those that are no longer in the map are passed over. */
  #line: Entry<Key>[] = []
  #head = 0
  readonly #name: QueueName
  readonly #telemetry: Telemetry

  constructor(name: QueueName, telemetry: Telemetry) {
    this.#name = name
    this.#telemetry = telemetry
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Milliseconds that the first in the line has waited; 0 where nobody waits. */
  get lagMs(): number {
    for (let at = this.#head; at < this.#line.length; at += 1) {
      const entry = this.#line[at]
      if (entry !== undefined && this.#waiting.get(entry.key) === entry)
        return this.#telemetry.monotonicMs() - entry.addedAt
    }
    return 0
  }

  add(key: Key): void {
    if (this.#waiting.has(key)) return
    const entry = { key, addedAt: this.#telemetry.monotonicMs() }
    this.#waiting.set(key, entry)
    this.#line.push(entry)
    this.#telemetry.queueAdded(this.#name)
    this.#telemetry.queueDepth(this.#name, this.#waiting.size)
  }

  /** Takes up to `limit` of those that are ready, oldest first; the others stay where they are. */
  take(limit: number, isReady: (key: Key) => boolean): Key[] {
    const taken: Key[] = []
    const now = this.#telemetry.monotonicMs()
    let passedOver: Entry<Key>[] | null = null
    for (; this.#head < this.#line.length && taken.length < limit; this.#head += 1) {
      const entry = this.#line[this.#head]
      if (entry === undefined || this.#waiting.get(entry.key) !== entry) continue
      if (isReady(entry.key)) {
        this.#waiting.delete(entry.key)
        taken.push(entry.key)
        this.#telemetry.queueWaited(this.#name, (now - entry.addedAt) / 1000)
      } else (passedOver ??= []).push(entry)
    }
    this.#keep(passedOver ?? [])
    this.#telemetry.queueDepth(this.#name, this.#waiting.size)
    return taken
  }

  /** Puts back before the rest what was not ready, and drops what is behind. */
  #keep(passedOver: readonly Entry<Key>[]): void {
    for (let at = passedOver.length - 1; at >= 0; at -= 1) {
      const entry = passedOver[at]
      if (entry === undefined) continue
      this.#head -= 1
      this.#line[this.#head] = entry
    }
    if (this.#head < 1_000 || this.#head * 2 < this.#line.length) return
    this.#line = this.#line.slice(this.#head)
    this.#head = 0
  }
}
