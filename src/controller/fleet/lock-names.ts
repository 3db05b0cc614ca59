/** Names of locks, and what Argo says of one that is waited for. */
import type { LockKind, LockRef } from '../../engine/locks.ts'

export function kindOf(name: string): LockKind {
  const kind = name.split('/')[1]
  return kind === 'ConfigMap' || kind === 'Database' ? kind : 'Mutex'
}

/** Locks in memory count free slots, database locks count holders (semantics-operations.md §1). */
export function waitingText(
  { name, kind, mutex }: LockRef,
  { holders, limit }: { readonly holders: number; readonly limit: number },
): string {
  if (kind !== 'Database') return `Waiting for ${name} lock. Lock status: ${Math.max(0, limit - holders)}/${limit}`
  const [namespace = '', , key = ''] = name.split('/')
  return `Waiting for ${name} lock (${mutex ? 'mtx' : 'sem'}/${namespace}/${key}). Lock status: ${holders}/${limit}`
}
