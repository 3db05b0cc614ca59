/** Turns of all members: how many workflows may be under way at once, in all and per namespace, counted in the store. */
import type { WorkflowUid } from '../../resources/index.ts'
import { workflowUid } from '../../resources/index.ts'
import { turnPrefix } from '../../store/fleet.ts'
import type { LockGrant, WantedLock } from '../../store/fleet.ts'
import type { Applicant, Turns } from '../parallelism.ts'
import type { LockDesk } from './lock-desk.ts'

type Limits = { readonly limit: number; readonly namespaceLimit: number }
const everybody = `${turnPrefix}all`
const ofNamespace = (namespace: string): string => `${turnPrefix}namespace/${namespace}`
const holderOf = (uid: WorkflowUid): string => `${turnPrefix}${uid}`
/** Whose turn it is, by the name of who holds it. */
export const uidOfTurn = (holder: string): WorkflowUid => workflowUid(holder.slice(turnPrefix.length))

export class SharedTurns implements Turns {
  readonly #desk: Pick<LockDesk, 'ask' | 'leave' | 'restore' | 'limits'>
  readonly #admit: (uid: WorkflowUid) => void
  #limits: Limits
  readonly #begun = new Map<WorkflowUid, string>()
  readonly #waiting = new Map<WorkflowUid, Applicant>()

  constructor(parts: {
    readonly desk: Pick<LockDesk, 'ask' | 'leave' | 'restore' | 'limits'>
    /** It may begin now. */
    readonly admit: (uid: WorkflowUid) => void
    readonly limits: Limits
  }) {
    this.#desk = parts.desk
    this.#admit = parts.admit
    this.#limits = parts.limits
  }

  ask(applicant: Applicant): boolean {
    const { uid, namespace, priority, createdAt } = applicant
    if (this.#begun.has(uid)) return true
    const locks = this.#wanted(namespace)
    if (locks.length === 0) {
      this.#begun.set(uid, namespace)
      return true
    }
    if (!this.#waiting.has(uid))
      this.#desk.ask({ holder: holderOf(uid), workflowUid: uid, workflowKey: uid, locks, priority, createdAt })
    this.#waiting.set(uid, applicant)
    return false
  }

  force({ uid, namespace }: Pick<Applicant, 'uid' | 'namespace'>): void {
    this.#waiting.delete(uid)
    if (this.#begun.has(uid)) return
    this.#begun.set(uid, namespace)
    this.#restore(uid, namespace)
  }

  /** Who comes next is told by the store. */
  leave(uid: WorkflowUid): readonly WorkflowUid[] {
    const namespace = this.#begun.get(uid) ?? this.#waiting.get(uid)?.namespace
    this.#waiting.delete(uid)
    this.#begun.delete(uid)
    if (namespace !== undefined && this.#wanted(namespace).length > 0)
      this.#desk.leave(holderOf(uid), [everybody, ofNamespace(namespace)])
    return []
  }

  setLimits(limits: Limits): readonly WorkflowUid[] {
    const before = this.#limits
    if (before.limit === limits.limit && before.namespaceLimit === limits.namespaceLimit) return []
    this.#limits = limits
    for (const [uid, namespace] of this.#begun) this.#restore(uid, namespace)
    const namespaces = new Set([...this.#begun.values(), ...[...this.#waiting.values()].map((one) => one.namespace)])
    this.#desk.limits([...namespaces].flatMap((namespace) => this.#wanted(namespace)))
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    return waiting.filter((applicant) => this.ask(applicant)).map(({ uid }) => uid)
  }

  /** What the store has given. */
  granted(grants: readonly LockGrant[]): void {
    for (const { holder } of grants) {
      const uid = uidOfTurn(holder)
      const applicant = this.#waiting.get(uid)
      if (applicant === undefined) continue
      this.#waiting.delete(uid)
      this.#begun.set(uid, applicant.namespace)
      this.#admit(uid)
    }
  }

  /** Whether a workflow that is in memory, or is being stored, has the turn or waits for it. */
  knows(holder: string): boolean {
    const uid = uidOfTurn(holder)
    return this.#waiting.has(uid) || this.#begun.has(uid)
  }

  /** What was asked may not have been heard. */
  askAgain(): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const applicant of waiting) if (this.ask(applicant)) this.#admit(applicant.uid)
  }

  /** The workflow is another member's now, and its turn with it. */
  forget(uid: WorkflowUid): void {
    this.#waiting.delete(uid)
    this.#begun.delete(uid)
  }

  #restore(uid: WorkflowUid, namespace: string): void {
    const locks = this.#wanted(namespace)
    if (locks.length > 0) this.#desk.restore({ holder: holderOf(uid), workflowUid: uid, workflowKey: uid, locks })
  }

  #wanted(namespace: string): WantedLock[] {
    const { limit, namespaceLimit } = this.#limits
    return [
      ...(limit > 0 ? [{ name: everybody, limit }] : []),
      ...(namespaceLimit > 0 ? [{ name: ofNamespace(namespace), limit: namespaceLimit }] : []),
    ]
  }
}
