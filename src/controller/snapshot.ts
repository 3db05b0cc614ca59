/** Figures of the moment, for gauges and status pages. */
import type { Locks } from '../engine/index.ts'
import type { Core } from './core.ts'

export type ControllerSnapshot = {
  readonly liveWorkflows: number
  readonly heldWorkflows: number
  readonly workflowsWithRunningPods: number
  readonly pods: { readonly pending: number; readonly running: number; readonly removals: number }
  readonly queueDepth: number
  readonly tasks: number
  readonly resourceVersion: number
  readonly locks: ReturnType<Locks['snapshot']>
}

export function snapshotOf(core: Core): ControllerSnapshot {
  let [held, running] = [0, 0]
  for (const live of core.runs.all()) {
    if (live.held) held += 1
    if (live.run.activePods > 0) running += 1
  }
  return {
    liveWorkflows: core.runs.size,
    heldWorkflows: held,
    workflowsWithRunningPods: running,
    pods: core.pods.counts(),
    queueDepth: core.reconciler.depth,
    tasks: core.tasks.size,
    resourceVersion: core.hub.version,
    locks: core.locks.snapshot(),
  }
}
