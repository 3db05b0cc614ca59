/** Events as Kubernetes keeps them: the recent ones, for people and for Argo's UI. */
import type { Clock, Instant, Random } from '../resources/index.ts'
import type { FeedEvent } from './port.ts'

export type NewFeedEvent = Omit<FeedEvent, 'uid' | 'name' | 'at'>

export const eventsKeptMax = 2_000

/** What came, and when: made whole only for somebody who reads it. */
type Kept = { readonly make: () => NewFeedEvent; readonly at: Instant; readonly count: number }

export class EventFeed {
  readonly #clock: Clock
  /** UIDs are one random UUID's with the last part counted up. */
  readonly #prefix: string
  #count = 0
  #kept: Kept[] = []
  readonly #listeners = new Set<(event: FeedEvent) => void>()

  constructor(parts: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = parts.clock
    this.#prefix = parts.random.uuid().slice(0, 24)
  }

  /** Whether somebody hears each as it comes. */
  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  add(event: NewFeedEvent | (() => NewFeedEvent)): void {
    this.#count += 1
    const kept = { make: typeof event === 'function' ? event : () => event, at: this.#clock.now(), count: this.#count }
    this.#kept.push(kept)
    if (this.#kept.length > eventsKeptMax * 1.5) this.#kept = this.#kept.slice(-eventsKeptMax)
    if (this.#listeners.size === 0) return
    const full = this.#whole(kept)
    for (const listener of this.#listeners) listener(full)
  }

  /** Oldest first; every namespace where it is empty. */
  recent(namespace: string): readonly FeedEvent[] {
    const all = this.#kept.map((kept) => this.#whole(kept))
    return all.filter((event) => namespace === '' || event.namespace === namespace)
  }

  #whole({ make, at, count }: Kept): FeedEvent {
    const event = make()
    const serial = count.toString(16).padStart(12, '0')
    const uid = `${this.#prefix}${serial}`
    return { ...event, uid, name: `${event.involved.name}.${uid.slice(0, 4)}${serial}`, at }
  }

  watch(listener: (event: FeedEvent) => void): { close(): void } {
    this.#listeners.add(listener)
    return { close: () => void this.#listeners.delete(listener) }
  }
}
