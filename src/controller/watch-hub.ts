/** The change feed: listeners get every change in order; the last ones are kept for those who come late. */
import type { WatchEvent } from './port.ts'

type Listener = (event: WatchEvent) => void
/** What a listener reads of workflows: nothing, all but their nodes, or everything. */
export type Interest = 'none' | 'heads' | 'whole'

export class WatchHub {
  readonly #size: number
  /** In order of versions. Grows to twice its size before the older half is cut off. */
  #ring: WatchEvent[] = []
  /** Every change after this version is in the ring. */
  #reachesBackTo: number
  #version: number
  readonly #listeners = new Map<Listener, Interest>()

  constructor(options: { readonly size: number; readonly version: number }) {
    this.#size = options.size
    this.#version = options.version
    this.#reachesBackTo = options.version
  }

  get version(): number {
    return this.#version
  }

  /** Whether somebody hears of workflows. */
  get isHeard(): boolean {
    for (const interest of this.#listeners.values()) if (interest !== 'none') return true
    return false
  }
  get wantsNodes(): boolean {
    for (const interest of this.#listeners.values()) if (interest === 'whole') return true
    return false
  }

  /** A change that is not told here: who asks for what came after an older version must list anew. */
  skip(version: number): void {
    this.#version = Math.max(this.#version, version)
    this.#reachesBackTo = Math.max(this.#reachesBackTo, version)
  }

  /** Takes up where the store stands, with nothing to replay. */
  begin(version: number): void {
    this.#version = version
    this.#reachesBackTo = version
    this.#ring = []
  }

  /** Versions may arrive slightly out of order, since commits of different objects end independently. */
  publish(event: WatchEvent): void {
    this.#version = Math.max(this.#version, event.resourceVersion)
    this.#ring.push(event)
    for (let i = this.#ring.length - 1; i > 0; i -= 1) {
      const before = this.#ring[i - 1]
      if (before === undefined || before.resourceVersion <= event.resourceVersion) break
      this.#ring[i] = before
      this.#ring[i - 1] = event
    }
    if (this.#ring.length > this.#size * 2) {
      const cut = this.#ring.splice(0, this.#ring.length - this.#size)
      this.#reachesBackTo = Math.max(this.#reachesBackTo, cut[cut.length - 1]?.resourceVersion ?? 0)
    }
    for (const listener of this.#listeners.keys()) listener(event)
  }

  /** `since: null` means only what comes. `expired`: the ring no longer reaches back; the listener was not added. */
  watch(
    since: number | null,
    listener: Listener,
    interest: Interest = 'whole',
  ): { readonly expired: boolean; close(): void } {
    if (since !== null && since < this.#reachesBackTo) return { expired: true, close: () => {} }
    if (since !== null) for (const event of this.#ring) if (event.resourceVersion > since) listener(event)
    this.#listeners.set(listener, interest)
    return { expired: false, close: () => void this.#listeners.delete(listener) }
  }
}
