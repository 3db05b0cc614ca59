/** All locks of a controller: who holds what, who waits, in which order (semantics-operations.md §1). */
import type { LimitReader, LockAnswer, LockRef, LockRequest, Locks } from './locks.ts'

type Waiter = Pick<LockRequest, 'holder' | 'workflowUid' | 'workflowKey' | 'priority' | 'createdAt'>
type Lock = {
  readonly ref: LockRef
  readonly holders: Map<string, string>
  readonly queue: Waiter[]
  readonly leaving: Map<string, string>
}
type Verdict =
  | { readonly kind: 'free' }
  | { readonly kind: 'busy'; readonly message: string }
  | { readonly kind: 'error'; readonly message: string }

export function lockTable(limits: LimitReader): Locks {
  return new LockTable(limits)
}

class LockTable implements Locks {
  private readonly locks = new Map<string, Lock>()
  /** Holder → names of the locks it holds or waits for. */
  private readonly byHolder = new Map<string, Set<string>>()
  /** Workflow → names of the locks that it has given up and not settled. */
  private readonly givenUp = new Map<string, Set<string>>()
  private readonly limits: LimitReader

  constructor(limits: LimitReader) {
    this.limits = limits
  }

  acquire(request: LockRequest): LockAnswer {
    const locks = request.locks.map((ref) => this.lock(ref))
    for (const lock of locks) this.enqueue(lock, request)
    for (const lock of locks) {
      const verdict = this.judge(lock, request)
      if (verdict.kind === 'error') {
        this.leaveQueues(request.holder)
        return verdict
      }
      if (verdict.kind === 'busy')
        return { kind: 'waiting', lock: lock.ref, message: verdict.message, holders: [...lock.holders.keys()] }
    }
    const fresh = locks.filter((lock) => !lock.holders.has(request.holder))
    for (const lock of locks) {
      lock.holders.set(request.holder, request.workflowUid)
      dequeue(lock, request.holder)
    }
    return { kind: 'acquired', fresh: fresh.map((lock) => lock.ref) }
  }

  giveUp(holder: string): readonly string[] {
    for (const name of this.byHolder.get(holder) ?? []) {
      const lock = this.locks.get(name)
      if (lock?.holders.has(holder) !== true) continue
      const key = holder.split('/').slice(0, 2).join('/')
      lock.leaving.set(holder, key)
      const given = this.givenUp.get(key)
      if (given === undefined) this.givenUp.set(key, new Set([name]))
      else given.add(name)
    }
    return this.release(holder)
  }

  giveUpWorkflow(workflowKey: string): readonly string[] {
    return [...new Set(this.holdersUnder(workflowKey).flatMap((holder) => this.giveUp(holder)))]
  }

  settle(workflowKey: string): readonly string[] {
    const wakes = new Set<string>()
    const given = this.givenUp.get(workflowKey)
    this.givenUp.delete(workflowKey)
    for (const name of given ?? []) {
      const lock = this.locks.get(name)
      if (lock === undefined) continue
      for (const [holder, key] of lock.leaving) if (key === workflowKey) lock.leaving.delete(holder)
      for (const uid of this.next(lock)) wakes.add(uid)
      this.dropUnused(name, lock)
    }
    return [...wakes]
  }

  release(holder: string): readonly string[] {
    const names = this.byHolder.get(holder)
    if (names === undefined) return []
    this.byHolder.delete(holder)
    const wakes = new Set<string>()
    for (const name of names) {
      const lock = this.locks.get(name)
      if (lock === undefined) continue
      lock.holders.delete(holder)
      dequeue(lock, holder)
      for (const uid of this.next(lock)) wakes.add(uid)
      this.dropUnused(name, lock)
    }
    return [...wakes]
  }

  releaseWorkflow(workflowKey: string): readonly string[] {
    const wakes = new Set(this.holdersUnder(workflowKey).flatMap((holder) => this.release(holder)))
    for (const uid of this.settle(workflowKey)) wakes.add(uid)
    return [...wakes]
  }

  private holdersUnder(workflowKey: string): readonly string[] {
    return [...this.byHolder.keys()].filter((holder) => holder === workflowKey || holder.startsWith(`${workflowKey}/`))
  }

  private dropUnused(name: string, lock: Lock): void {
    if (lock.holders.size === 0 && lock.queue.length === 0 && lock.leaving.size === 0) this.locks.delete(name)
  }

  restore(holder: string, workflowUid: string, ref: LockRef): void {
    const lock = this.lock(ref)
    lock.holders.set(holder, workflowUid)
    this.remember(holder, ref.name)
  }

  holdersOf(lockName: string): readonly string[] {
    return [...(this.locks.get(lockName)?.holders.keys() ?? [])]
  }

  snapshot() {
    return [...this.locks.values()].map((lock) => {
      const limit = this.limitOf(lock)
      return {
        name: lock.ref.name,
        kind: lock.ref.kind,
        mutex: lock.ref.mutex,
        held: lock.holders.size,
        pending: lock.queue.length,
        limit: typeof limit === 'number' ? limit : null,
      }
    })
  }

  private lock(ref: LockRef): Lock {
    let lock = this.locks.get(ref.name)
    if (lock === undefined) {
      lock = { ref, holders: new Map(), queue: [], leaving: new Map() }
      this.locks.set(ref.name, lock)
    }
    return lock
  }

  private limitOf(lock: Lock): number | { readonly error: string } {
    if (lock.ref.mutex) return 1
    const read = this.limits(lock.ref)
    return 'limit' in read ? read.limit : read
  }

  private judge(lock: Lock, request: LockRequest): Verdict {
    if (lock.holders.has(request.holder)) return { kind: 'free' }
    const limit = this.limitOf(lock)
    if (typeof limit !== 'number') return { kind: 'error', message: limit.error }
    if (limit <= 0) return { kind: 'busy', message: `Failed to get semaphore limit for ${lock.ref.name}` }
    let free = limit - lock.holders.size
    for (const key of lock.leaving.values()) if (key !== request.workflowKey) free -= 1
    const head = lock.queue[0]
    const isTurn = head === undefined || head.holder === request.holder || head.workflowKey === request.workflowKey
    return free > 0 && isTurn ? { kind: 'free' } : { kind: 'busy', message: waitingText(lock, free, limit) }
  }

  /** Higher priority first, then the older workflow; equals in the order they came. */
  private enqueue(lock: Lock, request: LockRequest): void {
    this.remember(request.holder, lock.ref.name)
    if (lock.holders.has(request.holder) || lock.queue.some((waiter) => waiter.holder === request.holder)) return
    const goesBefore = (waiter: Waiter) =>
      request.priority > waiter.priority ||
      (request.priority === waiter.priority && request.createdAt < waiter.createdAt)
    const at = lock.queue.findIndex(goesBefore)
    const { holder, workflowUid, workflowKey, priority, createdAt } = request
    lock.queue.splice(at < 0 ? lock.queue.length : at, 0, { holder, workflowUid, workflowKey, priority, createdAt })
  }

  private leaveQueues(holder: string): void {
    for (const name of this.byHolder.get(holder) ?? []) {
      const lock = this.locks.get(name)
      if (lock !== undefined) dequeue(lock, holder)
    }
  }

  private remember(holder: string, name: string): void {
    const names = this.byHolder.get(holder)
    if (names === undefined) this.byHolder.set(holder, new Set([name]))
    else names.add(name)
  }

  /** Those who may try now. */
  private next(lock: Lock): readonly string[] {
    const limit = this.limitOf(lock)
    const free = typeof limit === 'number' ? limit - lock.holders.size : lock.queue.length
    return free <= 0 ? [] : lock.queue.slice(0, free).map((waiter) => waiter.workflowUid)
  }
}

function dequeue(lock: Lock, holder: string): void {
  const at = lock.queue.findIndex((waiter) => waiter.holder === holder)
  if (at >= 0) lock.queue.splice(at, 1)
}

/** Locks in memory count free slots, database locks count holders. */
function waitingText({ ref, holders }: Lock, free: number, limit: number): string {
  if (ref.kind !== 'Database') return `Waiting for ${ref.name} lock. Lock status: ${free}/${limit}`
  const [namespace = '', , key = ''] = ref.name.split('/')
  return `Waiting for ${ref.name} lock (${ref.mutex ? 'mtx' : 'sem'}/${namespace}/${key}). Lock status: ${holders.size}/${limit}`
}
