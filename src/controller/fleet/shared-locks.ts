/**
 * Locks of all members. The engine asks as ever and hears "waiting" until the store has granted; what it gives up goes
 * back once the commit that says so is stored. Grants that nobody takes are given back after a while.
 */
import type { LimitReader, LockAnswer, LockRef, LockRequest, Locks } from '../../engine/index.ts'
import { isTurn } from '../../store/fleet.ts'
import type { LockGrant, LockStanding, WantedLock } from '../../store/fleet.ts'
import { workflowUid } from '../../resources/index.ts'
import type { WorkflowUid } from '../../resources/index.ts'
import type { LockDesk } from './lock-desk.ts'
import { kindOf, waitingText } from './lock-names.ts'

type Grant = {
  readonly uid: WorkflowUid
  readonly key: string
  readonly names: Set<string>
  /** Those that the engine knows of: in the status of the workflow. */
  readonly taken: Set<string>
  /** Monotonic milliseconds. */
  readonly sinceMs: number
}

export type SharedLocksParts = {
  readonly limits: LimitReader
  readonly desk: Pick<LockDesk, 'ask' | 'leave' | 'restore' | 'limits'>
  readonly monotonicMs: () => number
  /** The workflow is in memory here. */
  readonly isLive: (uid: WorkflowUid) => boolean
  readonly wake: (uid: WorkflowUid) => void
}

/** A grant that the engine has not taken for so long was for something that no longer asks. */
const untakenMsMost = 10_000

export class SharedLocks implements Locks {
  readonly #parts: SharedLocksParts
  /** By holder. */
  readonly #grants = new Map<string, Grant>()
  readonly #wishes = new Map<string, LockRequest>()
  /** By workflow: given up, and the commit that says so is not stored yet. */
  readonly #leaving = new Map<string, Map<string, Grant>>()
  readonly #standing = new Map<string, LockStanding>()
  readonly #refs = new Map<string, LockRef>()
  /** Holders that were told to wait before it was known for whom: they look again when it is. */
  readonly #unsure = new Set<string>()

  constructor(parts: SharedLocksParts) {
    this.#parts = parts
  }

  acquire(request: LockRequest): LockAnswer {
    const { holder, locks } = request
    for (const ref of locks) this.#refs.set(ref.name, ref)
    this.#takeBack(request)
    const grant = this.#grants.get(holder)
    const missing = locks.filter(({ name }) => grant?.names.has(name) !== true)
    if (missing.length === 0) {
      this.#wishes.delete(holder)
      const fresh = locks.filter(({ name }) => grant?.taken.has(name) !== true)
      for (const { name } of fresh) grant?.taken.add(name)
      return { kind: 'acquired', fresh }
    }
    const wanted: WantedLock[] = []
    for (const ref of locks) {
      const read = this.#limitOf(ref)
      if (typeof read !== 'number') {
        this.#forgetWish(holder)
        return { kind: 'error', message: read.error }
      }
      wanted.push({ name: ref.name, limit: read })
    }
    const closed = missing.find(({ name }) => (wanted.find((one) => one.name === name)?.limit ?? 0) <= 0)
    if (closed !== undefined) {
      this.#forgetWish(holder)
      return this.#waiting(closed, `Failed to get semaphore limit for ${closed.name}`)
    }
    this.#wish(request, wanted)
    const limitOf = (ref: LockRef) => wanted.find(({ name }) => name === ref.name)?.limit ?? 1
    const full = missing.find((ref) => this.holdersOf(ref.name).length >= limitOf(ref)) ?? missing[0]
    if (full === undefined) return { kind: 'error', message: 'no lock is asked for' }
    const holders = this.holdersOf(full.name).length
    if (holders < limitOf(full)) this.#unsure.add(holder)
    return this.#waiting(full, waitingText(full, { holders, limit: limitOf(full) }))
  }

  release(holder: string): readonly string[] {
    this.#forgetWish(holder)
    const grant = this.#grants.get(holder)
    this.#grants.delete(holder)
    if (grant !== undefined) this.#giveBack(holder, grant)
    return []
  }

  releaseWorkflow(workflowKey: string): readonly string[] {
    for (const holder of this.#holdersUnder(workflowKey)) this.release(holder)
    return this.settle(workflowKey)
  }

  giveUp(holder: string): readonly string[] {
    this.#forgetWish(holder)
    const grant = this.#grants.get(holder)
    if (grant === undefined) return []
    this.#grants.delete(holder)
    const leaving = this.#leaving.get(grant.key)
    if (leaving === undefined) this.#leaving.set(grant.key, new Map([[holder, grant]]))
    else leaving.set(holder, grant)
    return []
  }

  giveUpWorkflow(workflowKey: string): readonly string[] {
    for (const holder of this.#holdersUnder(workflowKey)) this.giveUp(holder)
    return []
  }

  settle(workflowKey: string): readonly string[] {
    const leaving = this.#leaving.get(workflowKey)
    if (leaving === undefined) return []
    this.#leaving.delete(workflowKey)
    for (const [holder, grant] of leaving) this.#giveBack(holder, grant)
    return []
  }

  restore(holder: string, uid: string, lock: LockRef): void {
    this.#refs.set(lock.name, lock)
    const key = keyOf(holder)
    const grant = this.#grantOf(holder, { uid: workflowUid(uid), key })
    grant.names.add(lock.name)
    grant.taken.add(lock.name)
    const read = this.#limitOf(lock)
    const limit = typeof read === 'number' ? read : 1
    const locks = [{ name: lock.name, limit }]
    this.#parts.desk.restore({ holder, workflowUid: workflowUid(uid), workflowKey: key, locks })
  }

  holdersOf(lockName: string): readonly string[] {
    const holders = new Set(this.#standing.get(lockName)?.holders)
    for (const leaving of this.#leaving.values()) for (const holder of leaving.keys()) holders.delete(holder)
    for (const [holder, { names }] of this.#grants) if (names.has(lockName)) holders.add(holder)
    return [...holders]
  }

  snapshot(): ReturnType<Locks['snapshot']> {
    const names = new Set([
      ...this.#standing.keys(),
      ...[...this.#grants.values()].flatMap((grant) => [...grant.names]),
    ])
    return [...names].map((name) => {
      const { kind, mutex } = this.#refs.get(name) ?? { kind: kindOf(name), mutex: kindOf(name) === 'Mutex' }
      const { waiting = 0, limit } = this.#standing.get(name) ?? {}
      return { name, kind, mutex, held: this.holdersOf(name).length, pending: waiting, limit: limit ?? null }
    })
  }

  /** What the store has given; also what it says that ours hold, after a start or a take-over. */
  granted(grants: readonly LockGrant[]): void {
    const woken = new Set<WorkflowUid>()
    for (const { holder, workflowUid: uid, locks } of grants) {
      if (!this.#parts.isLive(uid)) continue
      if (this.#isLeaving(holder)) continue
      const grant = this.#grantOf(holder, { uid, key: keyOf(holder) })
      for (const name of locks) grant.names.add(name)
      woken.add(uid)
    }
    for (const uid of woken) this.#parts.wake(uid)
  }

  /** How locks stand, as the store says; `all`: of every lock that there is. */
  stand(standing: readonly LockStanding[], options: { readonly all: boolean } = { all: false }): void {
    if (options.all) this.#standing.clear()
    for (const lock of standing) if (!isTurn(lock.name)) this.#standing.set(lock.name, lock)
    this.#tellUnsure()
  }

  /** Those that wait here ask anew: what was asked may not have been heard. */
  askAgain(): void {
    for (const request of [...this.#wishes.values()]) {
      this.#wishes.delete(request.holder)
      this.#parts.wake(workflowUid(request.workflowUid))
    }
  }

  /** Limits as they are read now, of all that ours hold or wait for. */
  tellLimits(): void {
    const names = new Set([...this.#wishes.values()].flatMap(({ locks }) => locks.map(({ name }) => name)))
    for (const { names: held } of this.#grants.values()) for (const name of held) names.add(name)
    const changed = [...names].flatMap((name): WantedLock[] => {
      const ref = this.#refs.get(name)
      if (ref === undefined || ref.mutex) return []
      const limit = this.#limitOf(ref)
      return typeof limit === 'number' && limit !== this.#standing.get(name)?.limit ? [{ name, limit }] : []
    })
    this.#parts.desk.limits(changed)
  }

  /** Gives back what the engine did not take. */
  sweep(): void {
    const before = this.#parts.monotonicMs() - untakenMsMost
    for (const [holder, grant] of [...this.#grants])
      if (grant.taken.size === 0 && grant.sinceMs < before) this.release(holder)
  }

  /** The workflow is another member's now, and with it what it holds and waits for. */
  forget(workflowKey: string): void {
    for (const holder of this.#holdersUnder(workflowKey)) {
      this.#wishes.delete(holder)
      this.#grants.delete(holder)
    }
    this.#leaving.delete(workflowKey)
  }

  /** One that gave up and asks again before that is stored has never left. */
  #takeBack({ holder, workflowKey }: LockRequest): void {
    const leaving = this.#leaving.get(workflowKey)
    const grant = leaving?.get(holder)
    if (leaving === undefined || grant === undefined) return
    leaving.delete(holder)
    if (leaving.size === 0) this.#leaving.delete(workflowKey)
    this.#grants.set(holder, { ...grant, taken: new Set() })
  }

  #tellUnsure(): void {
    for (const holder of this.#unsure) {
      const wish = this.#wishes.get(holder)
      if (wish === undefined) this.#unsure.delete(holder)
      else if (wish.locks.some(({ name }) => this.#isFull(name))) {
        this.#unsure.delete(holder)
        this.#parts.wake(workflowUid(wish.workflowUid))
      }
    }
  }

  #isFull(name: string): boolean {
    return this.holdersOf(name).length >= (this.#standing.get(name)?.limit ?? Infinity)
  }

  #wish(request: LockRequest, wanted: readonly WantedLock[]): void {
    const { holder, workflowKey, priority, createdAt } = request
    const known = this.#wishes.get(holder)
    this.#wishes.set(holder, request)
    if (known !== undefined && known.priority === priority && sameNames(known.locks, request.locks)) return
    const uid = workflowUid(request.workflowUid)
    this.#parts.desk.ask({ holder, workflowUid: uid, workflowKey, locks: wanted, priority, createdAt })
  }

  #forgetWish(holder: string): void {
    const wish = this.#wishes.get(holder)
    if (wish === undefined) return
    this.#wishes.delete(holder)
    const grant = this.#grants.get(holder)
    const names = wish.locks.map(({ name }) => name).filter((name) => grant?.names.has(name) !== true)
    this.#parts.desk.leave(holder, names)
  }

  #giveBack(holder: string, { names }: Grant): void {
    for (const name of names) {
      const standing = this.#standing.get(name)
      if (standing === undefined) continue
      this.#standing.set(name, { ...standing, holders: standing.holders.filter((one) => one !== holder) })
    }
    this.#parts.desk.leave(holder, names)
  }

  #grantOf(holder: string, { uid, key }: Pick<Grant, 'uid' | 'key'>): Grant {
    const known = this.#grants.get(holder)
    if (known !== undefined) return known
    const sinceMs = this.#parts.monotonicMs()
    const grant: Grant = { uid, key, names: new Set(), taken: new Set(), sinceMs }
    this.#grants.set(holder, grant)
    return grant
  }

  #isLeaving(holder: string): boolean {
    return this.#leaving.get(keyOf(holder))?.has(holder) === true
  }

  #holdersUnder(workflowKey: string): readonly string[] {
    const all = new Set([...this.#grants.keys(), ...this.#wishes.keys()])
    return [...all].filter((holder) => keyOf(holder) === workflowKey)
  }

  #limitOf(ref: LockRef): number | { readonly error: string } {
    if (ref.mutex) return 1
    const read = this.#parts.limits(ref)
    return 'limit' in read ? read.limit : read
  }

  #waiting(lock: LockRef, message: string): LockAnswer {
    return { kind: 'waiting', lock, message, holders: this.holdersOf(lock.name) }
  }
}

/** `<namespace>/<workflow>` of a holder. */
const keyOf = (holder: string): string => holder.split('/').slice(0, 2).join('/')

const sameNames = (a: readonly LockRef[], b: readonly LockRef[]): boolean =>
  a.length === b.length && a.every(({ name }, index) => name === b[index]?.name)
