/** How many workflows may be under way at once: in all, and per namespace. What has begun is never put back. */
import type { Instant, WorkflowUid } from '../resources/index.ts'

export type Applicant = {
  readonly uid: WorkflowUid
  readonly namespace: string
  readonly priority: number
  readonly createdAt: Instant
}

/** Where several controllers share their work: fleet/shared-turns.ts. */
export type Turns = Pick<Parallelism, 'ask' | 'force' | 'leave' | 'setLimits'>

export class Parallelism {
  #limit: number
  #namespaceLimit: number
  readonly #begun = new Map<WorkflowUid, string>()
  readonly #perNamespace = new Map<string, number>()
  readonly #waiting = new Map<WorkflowUid, Applicant>()

  /** 0 means no limit. */
  constructor(options: { readonly limit: number; readonly namespaceLimit: number }) {
    this.#limit = options.limit
    this.#namespaceLimit = options.namespaceLimit
  }

  /** Whether it may begin now; else it waits for its turn. One that waits and asks again keeps its place. */
  ask(applicant: Applicant): boolean {
    if (this.#begun.has(applicant.uid)) return true
    if (this.#hasRoom(applicant.namespace) && this.#isFirst(applicant)) {
      this.force(applicant)
      return true
    }
    this.#waiting.set(applicant.uid, applicant)
    return false
  }

  /** Lets it begin whatever the limits say: it had begun before a restart, or it is to be terminated. */
  force({ uid, namespace }: Pick<Applicant, 'uid' | 'namespace'>): void {
    this.#waiting.delete(uid)
    if (this.#begun.has(uid)) return
    this.#begun.set(uid, namespace)
    this.#perNamespace.set(namespace, (this.#perNamespace.get(namespace) ?? 0) + 1)
  }

  /** It has ended or was deleted; answers those that may begin now, in their order. */
  leave(uid: WorkflowUid): readonly WorkflowUid[] {
    this.#waiting.delete(uid)
    const namespace = this.#begun.get(uid)
    if (namespace === undefined) return []
    this.#begun.delete(uid)
    this.#perNamespace.set(namespace, (this.#perNamespace.get(namespace) ?? 1) - 1)
    return this.#admitted()
  }

  /** From now on; answers those that may begin now. What has begun goes on, whatever the limits say. */
  setLimits(options: { readonly limit: number; readonly namespaceLimit: number }): readonly WorkflowUid[] {
    this.#limit = options.limit
    this.#namespaceLimit = options.namespaceLimit
    return this.#admitted()
  }

  #admitted(): readonly WorkflowUid[] {
    if (this.#waiting.size === 0) return []
    const admitted: WorkflowUid[] = []
    for (const next of [...this.#waiting.values()].sort(byTurn)) {
      if (this.#limit > 0 && this.#begun.size >= this.#limit) break
      if (!this.#hasRoom(next.namespace)) continue
      this.force(next)
      admitted.push(next.uid)
    }
    return admitted
  }

  #hasRoom(namespace: string): boolean {
    if (this.#limit > 0 && this.#begun.size >= this.#limit) return false
    return this.#namespaceLimit <= 0 || (this.#perNamespace.get(namespace) ?? 0) < this.#namespaceLimit
  }

  #isFirst(applicant: Applicant): boolean {
    for (const other of this.#waiting.values())
      if (other.uid !== applicant.uid && this.#hasRoom(other.namespace) && byTurn(other, applicant) < 0) return false
    return true
  }
}

const byTurn = (a: Applicant, b: Applicant): number => b.priority - a.priority || a.createdAt - b.createdAt
