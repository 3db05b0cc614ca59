/** Every change in order, kept from the beginning. */
import type { Controller, WatchEvent } from '../../controller/port.ts'

export class MemoryFeed {
  readonly #events: WatchEvent[] = []
  readonly #listeners = new Set<(event: WatchEvent) => void>()
  /** Changes up to this version are forgotten. */
  forgottenUpTo = 0
  version = 0

  get listenerCount(): number {
    return this.#listeners.size
  }

  publish(change: Omit<WatchEvent, 'resourceVersion'>): void {
    this.version += 1
    const event = { ...change, resourceVersion: this.version }
    this.#events.push(event)
    for (const listener of this.#listeners) listener(event)
  }

  watch(since: number | null, listener: (event: WatchEvent) => void): ReturnType<Controller['watch']> {
    if (since !== null && since < this.forgottenUpTo) return { expired: true, close: () => {} }
    if (since !== null) for (const event of this.#events) if (event.resourceVersion > since) listener(event)
    this.#listeners.add(listener)
    return { expired: false, close: () => void this.#listeners.delete(listener) }
  }
}
