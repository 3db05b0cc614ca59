/** Bringing a workflow into memory: from the store, or as it was just created. */
import { openRun } from '../engine/index.ts'
import type { LockRef, Locks } from '../engine/index.ts'
import type { NodeStatus, Workflow } from '../resources/index.ts'
import type { NodeRow, WorkflowRow } from '../store/port.ts'
import type { Core } from './core.ts'
import type { LiveRun, PodRecord } from './live-run.ts'
import { newLiveRun } from './live-run.ts'

export function openStored(core: Core, row: WorkflowRow, nodes: readonly NodeRow[]): LiveRun {
  const workflow = row.body as Workflow
  const run = openRun({ workflow, nodes: nodes.map(({ node }) => node), internal: row.internal }, core.world)
  const pods = nodes.flatMap(({ id, internal }) => (isPodRecord(internal) ? [[id, internal] as const] : []))
  return newLiveRun({ workflow, run, resourceVersion: row.resourceVersion, pods, storedFinished: row.finished })
}

/** @param nodes of a memoized resubmission; else none */
export function openCreated(core: Core, workflow: Workflow, nodes: readonly NodeStatus[]): LiveRun {
  return newLiveRun({ workflow, run: openRun({ workflow, nodes, internal: null }, core.world), resourceVersion: 0 })
}

/** Takes again what the status says is held, whatever the limits. */
export function restoreLocks(locks: Locks, { metadata, status }: Workflow): void {
  const uid = metadata?.uid ?? ''
  for (const { mutex = '', holder = '' } of status?.synchronization?.mutex?.holding ?? [])
    if (mutex !== '' && holder !== '') locks.restore(holder, uid, lockRefOf(mutex, true))
  for (const { semaphore = '', holders = [] } of status?.synchronization?.semaphore?.holding ?? [])
    for (const holder of holders) locks.restore(holder, uid, lockRefOf(semaphore, false))
}

function lockRefOf(name: string, mutex: boolean): LockRef {
  const kind = name.split('/')[1]
  return { kind: kind === 'Database' || kind === 'ConfigMap' ? kind : 'Mutex', name, mutex }
}

export const isPodRecord = (value: unknown): value is PodRecord =>
  typeof value === 'object' && value !== null && 'pod' in value && 'podName' in value
