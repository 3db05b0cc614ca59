/** Bringing a workflow into memory: from the store, or as it was just created. */
import { heldLocks, nodeOf, openRun } from '../engine/index.ts'
import type { Locks } from '../engine/index.ts'
import type { NodeStatus, Workflow } from '../resources/index.ts'
import type { NodeRow, WorkflowRow } from '../store/port.ts'
import type { Core } from './core.ts'
import type { LiveRun } from './live-run.ts'
import { newLiveRun, withoutPostponement } from './live-run.ts'
import { StoredLists } from './long-lists.ts'
import type { PodRecord } from './pod-records.ts'

export function openStored(core: Core, row: WorkflowRow, nodes: readonly NodeRow[]): LiveRun {
  const workflow = withoutPostponement(row.body as Workflow)
  const run = openRun({ workflow, nodes: nodes.map(({ node }) => node), internal: row.internal }, core.world)
  const pods = nodes.flatMap(({ id, internal }) => (isPodRecord(internal) ? [[id, internal] as const] : []))
  const { resourceVersion, finished: storedFinished } = row
  const lists = new StoredLists(nodes, (id) => nodeOf(run, id))
  const live = newLiveRun({ workflow, run, resourceVersion, pods, lists, storedFinished })
  core.history.resume(live, row.internal)
  return live
}

/** @param nodes of a memoized resubmission; else none */
export function openCreated(core: Core, workflow: Workflow, nodes: readonly NodeStatus[]): LiveRun {
  const internal = { templatesAt: core.clock.now() }
  return newLiveRun({ workflow, run: openRun({ workflow, nodes, internal }, core.world), resourceVersion: 0 })
}

/** Takes again what the status says is held, whatever the limits. */
export function restoreLocks(locks: Locks, { metadata, status }: Workflow): void {
  for (const { holder, lock } of heldLocks(status?.synchronization)) locks.restore(holder, metadata?.uid ?? '', lock)
}

export const isPodRecord = (value: unknown): value is PodRecord =>
  typeof value === 'object' && value !== null && 'pod' in value && 'podName' in value
