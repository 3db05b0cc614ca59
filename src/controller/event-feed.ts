/** Events as Kubernetes keeps them: the recent ones, for people and for Argo's UI. */
import type { Clock, Random } from '../resources/index.ts'
import type { FeedEvent } from './port.ts'

export type NewFeedEvent = Omit<FeedEvent, 'uid' | 'name' | 'at'>

const keptMax = 2_000

export class EventFeed {
  readonly #clock: Clock
  /** UIDs are one random UUID's with the last part counted up. */
  readonly #prefix: string
  #count = 0
  #kept: FeedEvent[] = []
  readonly #listeners = new Set<(event: FeedEvent) => void>()

  constructor(parts: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = parts.clock
    this.#prefix = parts.random.uuid().slice(0, 24)
  }

  add(event: NewFeedEvent): void {
    const at = this.#clock.now()
    this.#count += 1
    const serial = this.#count.toString(16).padStart(12, '0')
    const uid = `${this.#prefix}${serial}`
    const full: FeedEvent = {
      ...event,
      uid,
      name: `${event.involved.name}.${uid.slice(0, 4)}${serial}`,
      at,
    }
    this.#kept.push(full)
    if (this.#kept.length > keptMax * 1.5) this.#kept = this.#kept.slice(-keptMax)
    for (const listener of this.#listeners) listener(full)
  }

  /** Oldest first; every namespace where it is empty. */
  recent(namespace: string): readonly FeedEvent[] {
    return this.#kept.filter((event) => namespace === '' || event.namespace === namespace)
  }

  watch(listener: (event: FeedEvent) => void): { close(): void } {
    this.#listeners.add(listener)
    return { close: () => void this.#listeners.delete(listener) }
  }
}
