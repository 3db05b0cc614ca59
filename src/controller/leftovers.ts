/**
 * What is still to be removed after its record is gone: containers, logs and volumes of deleted workflows, claims whose
 * time is over. Written down in the commit that decides it, so that a crash forgets nothing.
 */
import type { Clock } from '../resources/index.ts'
import type { Change, Store } from '../store/port.ts'
import { mayBeStored, persevere } from './back-off.ts'
import type { Log } from './telemetry.ts'

const collection = 'leftover'

export type Leftover =
  | {
      readonly kind: 'workflow'
      readonly uid: string
      readonly namespace: string
      readonly name: string
      /** That were asked for; the volume of one may stand though nothing says so but this. */
      readonly claims?: readonly string[]
    }
  | {
      readonly kind: 'claim'
      readonly namespace: string
      readonly claimName: string
      /** Uid of the workflow that asked for it; records of older versions have none. */
      readonly owner?: string
    }

const keyOf = (leftover: Leftover): string =>
  leftover.kind === 'workflow' ? `workflow/${leftover.uid}` : `claim/${leftover.namespace}/${leftover.claimName}`

export const leftoverChange = (leftover: Leftover): Change => ({
  kind: 'putRecord',
  collection,
  key: keyOf(leftover),
  value: leftover,
})

export class Leftovers {
  readonly #clock: Clock
  readonly #store: Store
  readonly #log: Log
  readonly #remove: (leftover: Leftover, signal: AbortSignal) => Promise<void>
  readonly #underWay = new Map<string, Leftover>()
  readonly #abort = new AbortController()

  constructor(parts: {
    readonly clock: Clock
    readonly store: Store
    readonly log: Log
    readonly remove: (leftover: Leftover, signal: AbortSignal) => Promise<void>
  }) {
    this.#clock = parts.clock
    this.#store = parts.store
    this.#log = parts.log
    this.#remove = parts.remove
  }

  /** Takes up what an earlier life left behind. */
  async resume(): Promise<void> {
    for (const value of (await this.#store.records(collection)).values()) this.clear(value as Leftover)
  }

  /** Begins to remove what `leftoverChange` has written down. */
  clear(leftover: Leftover): void {
    const key = keyOf(leftover)
    if (this.#underWay.has(key)) return
    this.#underWay.set(key, leftover)
    void this.#clear(leftover, key).finally(() => this.#underWay.delete(key))
  }

  /** Whether the workflow is deleted and still being cleaned up after. */
  isClearing(uid: string): boolean {
    return this.#underWay.has(`workflow/${uid}`)
  }

  /** Likewise, as the store has it: whoever deletes it may just be about to begin. */
  async isWrittenDown(uid: string): Promise<boolean> {
    return (await this.#store.records(collection)).has(`workflow/${uid}`)
  }

  /** Whether a claim of that name is on its way out. */
  isClearingClaim(namespace: string, claimName: string): boolean {
    for (const leftover of this.#underWay.values()) {
      if (leftover.namespace !== namespace) continue
      if (leftover.kind === 'claim' ? leftover.claimName === claimName : leftover.claims?.includes(claimName) === true)
        return true
    }
    return false
  }

  close(): void {
    this.#abort.abort()
  }

  async #clear(leftover: Leftover, key: string): Promise<void> {
    try {
      const { signal } = this.#abort
      await this.#remove(leftover, signal)
      const strike = () => this.#store.commit([{ kind: 'putRecord', collection, key, value: null }])
      await persevere(strike, { clock: this.#clock, signal, mayPass: mayBeStored })
    } catch (error) {
      if (!this.#abort.signal.aborted)
        this.#log.warn(
          { leftover: key, error: String(error) },
          'something could not be removed; the next start tries again',
        )
    }
  }
}
