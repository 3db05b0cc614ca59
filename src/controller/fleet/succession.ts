/**
 * What becomes of what a member leaves behind: the workflows of one that has gone without a word are taken over, the
 * records of one that has left for good are inherited.
 */
import type { Fleet, Member } from '../../store/fleet.ts'
import type { Store } from '../../store/port.ts'
import { goOnDeleting } from '../api/delete.ts'
import { persevere } from '../back-off.ts'
import type { Core } from '../core.ts'
import type { Adoption } from './adoption.ts'
import { mayHavePods } from './begun.ts'
import type { Membership } from './membership.ts'
import { inheritRecords } from './own-records.ts'
import { heirOf, reachesAllOf } from './placement.ts'

export type SuccessionParts = {
  readonly core: () => Core
  readonly port: Fleet
  /** As it stands, with the records of all. */
  readonly store: Store
  readonly membership: Membership
  readonly adoption: Adoption
  readonly takeOverAfterMs: number
  readonly signal: AbortSignal
  /** One of the members looks after what those that are no longer there had meant to do. */
  readonly isLeading: () => boolean
  readonly knowLocks: () => Promise<void>
}

export class Succession {
  readonly #parts: SuccessionParts
  readonly #figures = { takeOvers: 0, takenOver: 0 }
  readonly #taking = new Set<string>()
  #names: ReadonlySet<string> = new Set()
  #haveLeft = false

  constructor(parts: SuccessionParts) {
    this.#parts = parts
  }

  get figures(): { readonly takeOvers: number; readonly takenOver: number } {
    return this.#figures
  }

  /** From the days of a single controller, and of one that was taken over from by one that died over it. */
  inheritFromNobody(): Promise<void> {
    const { store, port } = this.#parts
    return inheritRecords(store, this.#isNobody, port.name)
  }

  /** We lead from now on: whoever had the role before may be the one that left. */
  lead(): void {
    this.#haveLeft = true
    this.noteLeft()
  }

  /** Who is there was read anew. */
  noteLeft(): void {
    const { membership, isLeading, signal, core } = this.#parts
    const names = new Set(membership.members.map(({ name }) => name))
    this.#haveLeft ||= [...this.#names].some((name) => !names.has(name))
    this.#names = names
    if (!this.#haveLeft || !isLeading()) return
    this.#haveLeft = false
    void this.#clearAfterLeft().catch((error: unknown) => {
      if (!signal.aborted)
        core().log.warn({ error: String(error) }, 'what a member left behind could not be taken over')
    })
  }

  async onGone(member: Member): Promise<void> {
    const { membership, port, takeOverAfterMs } = this.#parts
    if (this.#taking.has(member.name)) return
    const heir = heirOf(member, membership.members)
    const isLate = member.goneForMs > takeOverAfterMs * 4
    const self = membership.find(port.name)
    const isAble = heir !== null && self !== undefined && reachesAllOf(self, member)
    if (heir === port.name || (isLate && isAble)) return this.#takeOver(member)
    if (heir === null && member.workflows > 0 && (await this.#hasNothingBegun(member))) return this.#takeOver(member)
  }

  /** Members that have left for good have left records behind, such as when a workflow expires. */
  readonly #isNobody = (name: string | null): boolean =>
    name === null || this.#parts.membership.find(name) === undefined

  async #clearAfterLeft(): Promise<void> {
    const { core, membership, signal } = this.#parts
    const inherit = async (): Promise<void> => {
      await membership.refresh()
      await this.inheritFromNobody()
      await this.#resumeRecords()
    }
    await persevere(inherit, { clock: core().clock, signal })
  }

  /** Nothing of it runs anywhere: whoever is first may have it. */
  async #hasNothingBegun({ name }: Member): Promise<boolean> {
    const rows = await this.#parts.store.workflows({ finished: false, owner: name })
    return !rows.some((row) => mayHavePods(row))
  }

  async #takeOver(member: Member): Promise<void> {
    const { core, store, port, membership, adoption, signal, knowLocks } = this.#parts
    this.#taking.add(member.name)
    try {
      const uids = await port.takeOver(member.name)
      core().log.info(
        { member: member.name, workflows: uids.length, goneForMs: member.goneForMs },
        'took over from a member that has gone',
      )
      this.#figures.takeOvers += 1
      this.#figures.takenOver += uids.length
      await adoption.adopt(uids)
      await knowLocks()
      const { clock } = core()
      const inherit = async (): Promise<void> => {
        await inheritRecords(store, (from) => from === member.name, port.name)
        await this.#resumeRecords()
      }
      await persevere(inherit, { clock, signal })
      await membership.refresh()
    } finally {
      this.#taking.delete(member.name)
    }
  }

  async #resumeRecords(): Promise<void> {
    const core = this.#parts.core()
    await core.leftovers.resume()
    await goOnDeleting(core)
    await core.expiry.start()
  }
}
