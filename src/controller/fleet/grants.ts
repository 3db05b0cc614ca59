/** Locks and turns that the store gives our workflows, passed on to whoever waits here; what nobody waits for is returned. */
import type { Store } from '../../store/port.ts'
import { isTurn } from '../../store/fleet.ts'
import type { FleetLocks, LockGrant } from '../../store/fleet.ts'
import { persevere } from '../back-off.ts'
import type { Core } from '../core.ts'
import type { LockDesk } from './lock-desk.ts'
import { returnLostClaims } from './lost-claims.ts'
import type { SharedLocks } from './shared-locks.ts'
import type { SharedTurns } from './shared-turns.ts'

export type GrantsParts = {
  readonly core: () => Core
  readonly store: Pick<Store, 'workflow' | 'workflowByUid'>
  readonly port: FleetLocks
  readonly desk: Pick<LockDesk, 'isLeaving'>
  readonly locks: SharedLocks
  readonly turns: SharedTurns
  readonly signal: AbortSignal
}

export class Grants {
  readonly #parts: GrantsParts
  #isOpen = false

  constructor(parts: GrantsParts) {
    this.#parts = parts
  }

  /** All that is ours is in memory. */
  open(): void {
    this.#isOpen = true
  }

  /** Among them may be what one waited for that became ours and was deleted before it had it. */
  hear(grants: readonly LockGrant[]): void {
    this.#tell(grants)
    const { core, signal } = this.#parts
    const { runs, clock, log } = core()
    const held = grants.filter(({ workflowUid: uid }) => runs.byUid(uid) === undefined)
    if (held.length === 0 || !this.#isOpen) return
    void persevere(() => this.#returnLost({ held, waiting: [] }), { clock, signal }).catch((error: unknown) => {
      if (!signal.aborted) log.error({ error: String(error) }, 'locks of workflows that are over were not given back')
    })
  }

  /** With what was ours in memory: what the store says that they have. */
  async know(): Promise<void> {
    const { core, port, signal } = this.#parts
    const read = async (): Promise<void> => {
      const ours = await port.ours()
      this.#tell(ours.held)
      await this.#returnLost(ours)
    }
    await persevere(read, { clock: core().clock, signal })
  }

  #tell(grants: readonly LockGrant[]): void {
    const { locks, turns, desk } = this.#parts
    const kept = grants.flatMap((grant): readonly LockGrant[] => {
      const names = grant.locks.filter((name) => !desk.isLeaving(grant.holder, name))
      return names.length === 0 ? [] : [{ ...grant, locks: names }]
    })
    turns.granted(kept.filter(({ holder }) => isTurn(holder)))
    locks.granted(kept.filter(({ holder }) => !isTurn(holder)))
  }

  #returnLost(ours: Awaited<ReturnType<FleetLocks['ours']>>): Promise<void> {
    const { core, store, port, turns } = this.#parts
    return returnLostClaims({ store, turns, locks: port, runs: core().runs }, ours)
  }
}
