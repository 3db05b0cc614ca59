/**
 * What this member asks of the shared locks, gathered over a turn of the event loop and sent one batch at a time: what is
 * restored first, then what is given back, limits, and wishes last.
 */
import { setImmediate as afterTurn } from 'node:timers'
import type { Clock } from '../../resources/index.ts'
import type { FleetLocks, LockGrant, LockStanding, LockWish, WantedLock } from '../../store/fleet.ts'
import { persevere } from '../back-off.ts'
import type { Log } from '../telemetry.ts'

type Restored = Omit<LockWish, 'priority' | 'createdAt'>

export type DeskParts = {
  readonly locks: FleetLocks
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly onGranted: (grants: readonly LockGrant[]) => void
  readonly onStanding: (standing: readonly LockStanding[]) => void
}

type Batch = {
  readonly restores: Map<string, Restored>
  readonly leaves: Map<string, Set<string>>
  readonly limits: Map<string, WantedLock>
  readonly asks: Map<string, LockWish>
}
const emptyBatch = (): Batch => ({ restores: new Map(), leaves: new Map(), limits: new Map(), asks: new Map() })
const isEmpty = ({ restores, leaves, limits, asks }: Batch): boolean =>
  restores.size + leaves.size + limits.size + asks.size === 0

export class LockDesk {
  readonly #parts: DeskParts
  #batch = emptyBatch()
  /** On its way to the store. */
  #sent = emptyBatch()
  #sending: Promise<void> | null = null

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  ask(wish: LockWish): void {
    this.#batch.asks.set(wish.holder, wish)
    this.#soon()
  }

  /** `names`: what the holder has or waits for. */
  leave(holder: string, names: Iterable<string>): void {
    const { asks, restores, leaves } = this.#batch
    asks.delete(holder)
    const all = new Set([...(leaves.get(holder) ?? []), ...names])
    const restored = restores.get(holder)
    if (restored !== undefined) restores.delete(holder)
    if (all.size > 0) leaves.set(holder, all)
    this.#soon()
  }

  /** Given back, and the store may not know it yet: what it still says of that lock is no grant. */
  isLeaving(holder: string, name: string): boolean {
    return [this.#sent, this.#batch].some(({ leaves }) => leaves.get(holder)?.has(name) === true)
  }

  /** It has that lock already, as its workflow's status says; a return that is not sent yet is not. */
  restore(held: Restored): void {
    const { leaves, restores } = this.#batch
    const leaving = leaves.get(held.holder)
    for (const { name } of held.locks) leaving?.delete(name)
    if (leaving?.size === 0) leaves.delete(held.holder)
    const locks = new Map([...(restores.get(held.holder)?.locks ?? []), ...held.locks].map((lock) => [lock.name, lock]))
    restores.set(held.holder, { ...held, locks: [...locks.values()] })
    this.#soon()
  }

  limits(changed: readonly WantedLock[]): void {
    for (const lock of changed) this.#batch.limits.set(lock.name, lock)
    if (changed.length > 0) this.#soon()
  }

  /** Resolves when nothing is left to be sent. */
  async idle(): Promise<void> {
    while (this.#sending !== null) await this.#sending
  }

  #soon(): void {
    this.#sending ??= Promise.resolve()
      .then(() => new Promise<void>((resolve) => void afterTurn(resolve)))
      .then(() => this.#send())
      .catch((error: unknown) => {
        if (!this.#parts.signal.aborted)
          this.#parts.log.error({ error: String(error) }, 'the shared locks could not be asked')
      })
      .finally(() => {
        this.#sending = null
        if (!isEmpty(this.#batch) && !this.#parts.signal.aborted) this.#soon()
      })
  }

  async #send(): Promise<void> {
    const { clock, signal } = this.#parts
    while (!isEmpty(this.#batch)) {
      const batch = this.#batch
      this.#sent = batch
      this.#batch = emptyBatch()
      await persevere(() => this.#carryOut(batch), { clock, signal })
    }
  }

  /** Each step is fine to repeat; what was sent is struck out. */
  async #carryOut({ restores, leaves, limits, asks }: Batch): Promise<void> {
    const { locks, onGranted, onStanding } = this.#parts
    if (restores.size > 0) await locks.restore([...restores.values()])
    restores.clear()
    if (leaves.size > 0) await locks.leave([...leaves].map(([holder, names]) => ({ holder, locks: [...names] })))
    leaves.clear()
    if (limits.size > 0) await locks.limits([...limits.values()])
    limits.clear()
    if (asks.size === 0) return
    const { granted, standing } = await locks.ask([...asks.values()])
    asks.clear()
    onStanding(standing)
    onGranted(granted)
  }
}
