/** What several stores in memory share beside the rows: leases, claims, shares, commands, the log of changes. */
import type { WorkflowUid } from '../../resources/index.ts'
import { storeError } from '../fault.ts'
import type { EngineShare, FleetEvent, FleetSelf, LockGrant, LockStanding, LockWish, WantedLock } from '../fleet.ts'
import { grantsOf } from '../fleet-locks.ts'
import type { LockRow, WaitingRow } from '../fleet-locks.ts'
import type { StoreEvent } from '../port.ts'

/** One life of a member, as the disk knows it. */
export type Holder = { wake(what: FleetNews): void }
export type FleetNews = 'changes' | 'owned' | 'grants' | 'commands' | 'members' | 'capacity'

type Lease = { epoch: number; holder: Holder | null; goneAt: number | null }
type Claim = Omit<LockWish, 'locks'> & {
  member: string
  /** Lock → number of the grant; `null` where it waits. */
  readonly locks: Map<string, number | null>
  /** Lock → when it came to wait there. */
  readonly arrivals: Map<string, number>
}
export type StoredCommand = {
  readonly id: string
  readonly from: string
  readonly workflowUid: WorkflowUid
  readonly request: string
  answer: string | null
}

/** Changes that are remembered. */
const logMax = 10_000

export class FleetDisk {
  readonly leases = new Map<string, Lease>()
  readonly selves = new Map<string, FleetSelf>()
  readonly claims = new Map<string, Claim>()
  readonly limits = new Map<string, number>()
  readonly shares = new Map<string, Map<string, EngineShare>>()
  readonly commands = new Map<string, StoredCommand>()
  readonly roles = new Map<string, Holder>()
  /** Workflows that became theirs and that they were not told of yet. */
  readonly handed = new Map<string, Set<WorkflowUid>>()
  log: FleetEvent[] = []
  /** The log is whole from the version after this one on; `null`: there was no member yet. */
  logFrom: number | null = null
  /** What is remembered of changes; set by tests. */
  logMax = logMax
  #grants = 0
  #arrivals = 0

  /** @throws WorldError STORE_LOCKED */
  take(name: string, holder: Holder, version: number): number {
    const lease = this.leases.get(name) ?? { epoch: 0, holder: null, goneAt: null }
    if (lease.holder !== null && lease.holder !== holder)
      throw storeError({ code: 'STORE_LOCKED', message: `another drydock has the name ${name}: stop it first` })
    Object.assign(lease, { epoch: lease.epoch + 1, holder, goneAt: null })
    this.leases.set(name, lease)
    this.logFrom ??= version
    this.tell('members')
    return lease.epoch
  }

  /** The connection is gone, and with it what hung on it. */
  drop(name: string, holder: Holder, now: number): void {
    const lease = this.leases.get(name)
    if (lease?.holder !== holder) return
    Object.assign(lease, { holder: null, goneAt: now })
    for (const [role, one] of this.roles) if (one === holder) this.roles.delete(role)
    this.tell('members')
    this.tell('capacity')
  }

  live(): readonly Holder[] {
    return [...this.leases.values()].flatMap(({ holder }) => holder ?? [])
  }

  tell(what: FleetNews): void {
    for (const holder of this.live()) holder.wake(what)
  }

  note(events: readonly StoreEvent[], member: string): void {
    if (this.logFrom === null) return
    for (const event of events) this.log.push({ ...event, member })
    const gone = this.log.length - this.logMax
    if (gone > 0) this.logFrom = this.log.splice(0, gone).at(-1)?.resourceVersion ?? this.logFrom
    this.tell('changes')
  }

  /** Claims that are another member's now; it is told of what they hold. */
  pass(isMeant: (claim: { readonly member: string; readonly workflowUid: WorkflowUid }) => boolean, to: string): void {
    for (const claim of this.claims.values()) {
      if (!isMeant(claim)) continue
      claim.member = to
      for (const [name, grant] of claim.locks) if (grant !== null) claim.locks.set(name, ++this.#grants)
    }
  }

  hand(uid: WorkflowUid, to: string): void {
    const handed = this.handed.get(to) ?? new Set()
    this.handed.set(to, handed.add(uid))
    this.leases.get(to)?.holder?.wake('owned')
  }

  ask(wish: LockWish, member: string): void {
    for (const { name, limit } of wish.locks) this.limits.set(name, limit)
    const { locks, ...rest } = wish
    const claim = this.claims.get(wish.holder) ?? { ...rest, member, locks: new Map(), arrivals: new Map() }
    claim.member = member
    const wanted = new Set(locks.map(({ name }) => name))
    for (const [name, grant] of claim.locks) if (grant === null && !wanted.has(name)) claim.locks.delete(name)
    for (const name of wanted) {
      if (claim.locks.has(name)) continue
      claim.locks.set(name, null)
      claim.arrivals.set(name, ++this.#arrivals)
    }
    this.claims.set(wish.holder, claim)
  }

  restore(wish: Omit<LockWish, 'priority' | 'createdAt'>, member: string): void {
    const { locks, ...rest } = wish
    const claim = this.claims.get(wish.holder) ?? {
      ...{ ...rest, priority: 0, createdAt: 0, member, arrivals: new Map<string, number>() },
      locks: new Map<string, number | null>(),
    }
    claim.member = member
    for (const { name, limit } of locks) {
      if (!this.limits.has(name)) this.limits.set(name, limit)
      claim.locks.set(name, claim.locks.get(name) ?? ++this.#grants)
    }
    this.claims.set(wish.holder, claim)
  }

  leave(holder: string, locks?: readonly string[]): void {
    const claim = this.claims.get(holder)
    if (!claim) return
    for (const name of locks ?? [...claim.locks.keys()]) claim.locks.delete(name)
    if (claim.locks.size === 0) this.claims.delete(holder)
  }

  limit({ name, limit }: WantedLock): void {
    if (this.limits.has(name)) this.limits.set(name, limit)
  }

  /** Grants what can be granted now, and tells. */
  settle(): void {
    const waiting: WaitingRow[] = []
    const held = new Map<string, number>()
    for (const { holder, workflowKey, priority, createdAt, arrivals, locks } of this.claims.values())
      for (const [lock, grant] of locks)
        if (grant === null)
          waiting.push({ holder, lock, workflowKey, priority, createdAt, arrival: arrivals.get(lock) ?? 0 })
        else held.set(lock, (held.get(lock) ?? 0) + 1)
    const rows = [...this.limits].map(([name, limit]): LockRow => ({ name, limit, held: held.get(name) ?? 0 }))
    const { holders } = grantsOf(rows, waiting)
    for (const holder of holders) {
      const locks = this.claims.get(holder)?.locks
      for (const [name, grant] of locks ?? []) if (grant === null) locks?.set(name, ++this.#grants)
    }
    const used = new Set([...this.claims.values()].flatMap(({ locks }) => [...locks.keys()]))
    for (const name of this.limits.keys()) if (!used.has(name)) this.limits.delete(name)
    if (holders.length > 0) this.tell('grants')
  }

  /** What was granted to the member after that grant. */
  grantsAfter(grant: number, member: string): readonly LockGrant[] {
    return [...this.claims.values()].flatMap((claim) => {
      if (claim.member !== member) return []
      const locks = [...claim.locks].flatMap(([name, number]) => (number !== null && number > grant ? [name] : []))
      return locks.length === 0 ? [] : [{ holder: claim.holder, workflowUid: claim.workflowUid, locks }]
    })
  }

  get lastGrant(): number {
    return this.#grants
  }

  standing(): readonly LockStanding[] {
    return [...this.limits].map(([name, limit]) => {
      const claims = [...this.claims.values()].filter(({ locks }) => locks.has(name))
      const holders = claims.filter(({ locks }) => locks.get(name) !== null).map(({ holder }) => holder)
      return { name, limit, holders, waiting: claims.length - holders.length }
    })
  }
}
