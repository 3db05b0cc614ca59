/** Figures of the moment, for gauges and status pages. */
import type { Locks } from '../engine/index.ts'
import type { EndpointState } from '../runtime/port.ts'
import type { Core } from './core.ts'
import type { Budget } from './pods/space.ts'

export type ControllerSnapshot = {
  readonly liveWorkflows: number
  readonly heldWorkflows: number
  readonly workflowsWithRunningPods: number
  readonly pods: { readonly pending: number; readonly running: number; readonly removals: number }
  readonly queueDepth: number
  /** Seconds that the workflow has waited for the loop which has waited longest. */
  readonly queueLagSeconds: number
  readonly longestLockWaitSeconds: number
  readonly capacity: { readonly used: Budget; readonly budget: Budget; readonly waiting: number }
  /** Each engine of several, with what is taken of it; empty where there is one. */
  readonly endpoints: readonly EndpointFigures[]
  readonly tasks: number
  readonly resourceVersion: number
  readonly locks: ReturnType<Locks['snapshot']>
}

export type EndpointFigures = EndpointState & { readonly pods: number; readonly used: Budget; readonly budget: Budget }

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
    queueLagSeconds: core.reconciler.lagMs / 1000,
    longestLockWaitSeconds: core.lockWaits.longestSeconds,
    capacity: { used: core.capacity.used, budget: core.capacity.budget, waiting: core.capacity.waiting },
    endpoints: endpointFigures(core),
    tasks: core.tasks.size,
    resourceVersion: core.hub.version,
    locks: core.locks.snapshot(),
  }
}

export function endpointFigures({
  scheduling,
  capacity,
}: Pick<Core, 'scheduling' | 'capacity'>): readonly EndpointFigures[] {
  const rooms = capacity.rooms
  return (scheduling?.endpoints.now() ?? []).map((endpoint) => {
    const { pods = 0, used = nothing, budget = nothing } = rooms.find(({ name }) => name === endpoint.name) ?? {}
    return { ...endpoint, pods, used, budget }
  })
}

const nothing: Budget = { cpus: 0, memoryBytes: 0, containers: 0 }
