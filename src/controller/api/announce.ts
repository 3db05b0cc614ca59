/** Telling watches about a workflow. */
import type { Workflow } from '../../resources/index.ts'
import type { LiveRun } from '../live-run.ts'
import { viewOf } from '../live-run.ts'
import type { WatchEvent } from '../port.ts'
import type { WatchHub } from '../watch-hub.ts'

export function announceLive(hub: WatchHub, live: LiveRun, type: 'ADDED' | 'MODIFIED'): void {
  const { cell, namespace, name, resourceVersion } = live
  const labels = viewOf(live, { nodes: false }).metadata.labels ?? {}
  const whenStored = () => (live.stored === null ? null : stored(live))
  hub.publish({
    type,
    kind: 'Workflow',
    object: () => cell.read(),
    whenStored,
    namespace,
    name,
    labels,
    resourceVersion,
  })
}

/** While the store is away nothing changes that a watch could tell. */
async function stored(live: LiveRun): Promise<void> {
  while (live.stored !== null && live.busy) await live.settling
}

export function announce(hub: WatchHub, workflow: Workflow, type: WatchEvent['type'], resourceVersion: number): void {
  const { namespace = '', name = '', labels = {} } = workflow.metadata
  hub.publish({ type, kind: 'Workflow', object: () => workflow, namespace, name, labels, resourceVersion })
}
