/** Changes that a client has not taken yet, at most one an object: a slow client gets the latest state, not a backlog. */
import type { WatchEvent } from '../../controller/port.ts'

export type ChangeType = WatchEvent['type']
export type PendingChange = { readonly type: ChangeType; readonly event: WatchEvent }

export class PendingChanges {
  /** In the order of the objects' first changes; entries whose object came and went are gone. */
  readonly #waiting = new Map<number, PendingChange>()
  /** The entry that a further change of the object goes into. A deletion closes it: what follows is another object. */
  readonly #open = new Map<string, number>()
  #count = 0

  get size(): number {
    return this.#waiting.size
  }

  /** @param key of the object */
  add(key: string, change: PendingChange): void {
    const at = this.#open.get(key)
    const before = at === undefined ? undefined : this.#waiting.get(at)
    if (at === undefined || before === undefined) return this.#append(key, change)
    if (change.type !== 'DELETED') return void this.#waiting.set(at, { type: before.type, event: change.event })
    this.#open.delete(key)
    if (before.type === 'ADDED') this.#waiting.delete(at)
    else this.#waiting.set(at, change)
  }

  #append(key: string, change: PendingChange): void {
    this.#count += 1
    this.#waiting.set(this.#count, change)
    if (change.type === 'DELETED') this.#open.delete(key)
    else this.#open.set(key, this.#count)
  }

  /** The oldest, removed. */
  take(): PendingChange | undefined {
    for (const [at, change] of this.#waiting) {
      this.#waiting.delete(at)
      if (this.#waiting.size === 0) this.#open.clear()
      return change
    }
    return undefined
  }
}
