/** Locks of a node or a whole workflow: taken, shown in the status, released (semantics-operations.md §1). */
import type { Synchronization, SynchronizationStatus } from '../resources/index.ts'
import { instantOf } from '../resources/index.ts'
import type { LockAnswer, LockRef } from './locks.ts'
import type { Run } from './run.ts'

/** @param nodeId of the node, or null for the workflow itself */
export function acquireLocks(run: Run, nodeId: string | null, wanted: Synchronization): LockAnswer {
  const locks = locksOf(run, wanted)
  if (new Set(locks.map((lock) => lock.name)).size < locks.length)
    return { kind: 'error', message: 'requested configuration is invalid: duplicate synchronization item found' }
  const holder = holderOf(run, nodeId)
  const answer = run.world.locks.acquire({
    holder,
    workflowUid: run.uid,
    workflowKey: run.key,
    locks,
    priority: run.spec.priority ?? 0,
    createdAt: instantOf(run.workflow.metadata?.creationTimestamp) ?? run.now,
  })
  if (answer.kind === 'waiting') showWaiting(run, locks)
  if (answer.kind === 'acquired' && answer.fresh.length > 0) {
    for (const lock of answer.fresh) showHolding(run, lock, holder)
    run.note(run.nodes.get(nodeId ?? '') ?? null, `took ${answer.fresh.map((lock) => lock.name).join(', ')}`)
  }
  return answer
}

/** Semaphores first, then mutexes, each list in order. */
function locksOf(run: Run, { semaphores = [], mutexes = [] }: Synchronization): LockRef[] {
  const locks: LockRef[] = []
  for (const semaphore of semaphores) {
    const namespace = semaphore.namespace || run.namespace
    if (semaphore.configMapKeyRef !== undefined)
      locks.push({
        kind: 'ConfigMap',
        mutex: false,
        name: `${namespace}/ConfigMap/${semaphore.configMapKeyRef.name ?? ''}/${semaphore.configMapKeyRef.key}`,
      })
    else if (semaphore.database !== undefined)
      locks.push({ kind: 'Database', mutex: false, name: `${namespace}/Database/${semaphore.database.key ?? ''}` })
  }
  for (const mutex of mutexes) {
    const kind = mutex.database === true ? 'Database' : 'Mutex'
    locks.push({ kind, mutex: true, name: `${mutex.namespace || run.namespace}/${kind}/${mutex.name ?? ''}` })
  }
  return locks
}

const holderOf = (run: Run, nodeId: string | null): string => (nodeId === null ? run.key : `${run.key}/${nodeId}`)

export function releaseLocks(run: Run, nodeId: string): void {
  const holder = holderOf(run, nodeId)
  run.wakes.push(...run.world.locks.release(holder))
  const status = run.status.synchronization
  if (status === undefined) return
  const next = withoutHolder(status, holder)
  if (next !== status) run.patchStatus({ synchronization: next })
}

/** At the workflow's end: everything it holds, and its place in every queue. */
export function releaseAllLocks(run: Run): void {
  run.wakes.push(...run.world.locks.releaseWorkflow(run.key))
  if (run.status.synchronization === undefined) return
  const { synchronization: _released, ...status } = run.status
  run.workflow = { ...run.workflow, status }
  run.workflowChanged = true
}

/** What an unfinished workflow's status says it holds, for `Locks.restore` after a restart. */
export function heldLocks(
  status: SynchronizationStatus | undefined,
): readonly { readonly holder: string; readonly lock: LockRef }[] {
  const held: { holder: string; lock: LockRef }[] = []
  for (const entry of status?.mutex?.holding ?? [])
    if (entry.mutex && entry.holder) held.push({ holder: entry.holder, lock: refOf(entry.mutex, true) })
  for (const entry of status?.semaphore?.holding ?? [])
    for (const holder of entry.holders ?? [])
      if (entry.semaphore) held.push({ holder, lock: refOf(entry.semaphore, false) })
  return held
}

function refOf(name: string, mutex: boolean): LockRef {
  const kind = name.split('/')[1]
  return { name, mutex, kind: kind === 'ConfigMap' || kind === 'Database' ? kind : 'Mutex' }
}

function showHolding(run: Run, lock: LockRef, holder: string): void {
  const status = withoutWaiting(run.status.synchronization ?? {}, lock)
  if (lock.mutex) {
    const holding = [
      ...(status.mutex?.holding ?? []).filter((entry) => entry.mutex !== lock.name),
      { mutex: lock.name, holder },
    ]
    return run.patchStatus({ synchronization: { ...status, mutex: { ...status.mutex, holding } } })
  }
  const others = status.semaphore?.holding?.find((entry) => entry.semaphore === lock.name)?.holders ?? []
  const holding = [
    ...(status.semaphore?.holding ?? []).filter((entry) => entry.semaphore !== lock.name),
    { semaphore: lock.name, holders: [...others, holder] },
  ]
  run.patchStatus({ synchronization: { ...status, semaphore: { ...status.semaphore, holding } } })
}

/** Every lock of the block is listed with who has it now, a mutex only where somebody has. */
function showWaiting(run: Run, locks: readonly LockRef[]): void {
  let status = run.status.synchronization ?? {}
  for (const lock of locks) status = withWaiting(status, lock, run.world.locks.holdersOf(lock.name))
  if (JSON.stringify(status) !== JSON.stringify(run.status.synchronization))
    run.patchStatus({ synchronization: status })
}

function withWaiting(
  status: SynchronizationStatus,
  { name, mutex }: LockRef,
  holders: readonly string[],
): SynchronizationStatus {
  if (mutex) {
    const [holder] = holders
    if (holder === undefined) return status
    const waiting = replacedOrAdded(status.mutex?.waiting, { mutex: name, holder }, (entry) => entry.mutex === name)
    return { ...status, mutex: { ...status.mutex, waiting } }
  }
  const entry = { semaphore: name, holders: [...holders] }
  const waiting = replacedOrAdded(status.semaphore?.waiting, entry, ({ semaphore }) => semaphore === name)
  return { ...status, semaphore: { ...status.semaphore, waiting } }
}

function replacedOrAdded<Entry>(list: readonly Entry[] = [], entry: Entry, isIt: (one: Entry) => boolean): Entry[] {
  return list.some(isIt) ? list.map((one) => (isIt(one) ? entry : one)) : [...list, entry]
}

function withoutWaiting(status: SynchronizationStatus, lock: LockRef): SynchronizationStatus {
  if (lock.mutex)
    return status.mutex === undefined
      ? status
      : {
          ...status,
          mutex: { ...status.mutex, waiting: status.mutex.waiting?.filter((entry) => entry.mutex !== lock.name) },
        }
  return status.semaphore === undefined
    ? status
    : {
        ...status,
        semaphore: {
          ...status.semaphore,
          waiting: status.semaphore.waiting?.filter((entry) => entry.semaphore !== lock.name),
        },
      }
}

function withoutHolder(status: SynchronizationStatus, holder: string): SynchronizationStatus {
  const holdsMutex = status.mutex?.holding?.some((entry) => entry.holder === holder)
  const holdsSemaphore = status.semaphore?.holding?.some((entry) => entry.holders?.includes(holder))
  if (!holdsMutex && !holdsSemaphore) return status
  return {
    ...status,
    ...(status.mutex === undefined
      ? {}
      : { mutex: { ...status.mutex, holding: status.mutex.holding?.filter((entry) => entry.holder !== holder) } }),
    ...(status.semaphore === undefined
      ? {}
      : {
          semaphore: {
            ...status.semaphore,
            holding: status.semaphore.holding?.map((entry) => ({
              ...entry,
              holders: entry.holders?.filter((one) => one !== holder),
            })),
          },
        }),
  }
}
