/** Opening a run again as the store has it, after a commit whose outcome nobody knows. */
import { isEnded, isFinished, nodeOf } from '../engine/index.ts'
import type { Workflow, WorkflowUid } from '../resources/index.ts'
import { mayBegin } from './api/create.ts'
import type { Core } from './core.ts'
import { staysAfterEnd } from './kept-pods.ts'
import type { LiveRun } from './live-run.ts'
import { openStored, restoreLocks } from './open-run.ts'
import { repeatEffects } from './recovery.ts'

/** What the commit may have stored is also done. `false`: the run is no longer there, or no longer ours. */
export async function reopen(core: Core, live: LiveRun): Promise<boolean> {
  const row = await core.store.workflowByUid(live.uid)
  if (row === null) return false
  if (core.fleet !== null && !row.finished && row.owner !== core.fleet.name) {
    core.fleet.letGo(live)
    return false
  }
  const nodes = await core.store.nodes(live.uid)
  const released = core.locks.releaseWorkflow(`${live.namespace}/${live.name}`)
  restoreLocks(core.locks, row.body as Workflow)
  const fresh = openStored(core, row, nodes)
  live.run = fresh.run
  live.lists = fresh.lists
  core.history.resume(live, row.internal)
  live.resourceVersion = fresh.resourceVersion
  live.storedFinished = fresh.storedFinished
  live.held = !isFinished(live.run) && !mayBegin(core, live, live.run.workflow)
  live.outstanding.clear()
  live.pods.clear()
  for (const [id, pod] of fresh.pods) live.pods.set(id, pod)
  for (const uid of released) if (uid !== live.uid) core.reconciler.observe(uid as WorkflowUid, { kind: 'lookAgain' })
  // Claims that were asked for while it ran are needed no more.
  if (isFinished(live.run)) core.tasks.leave(live.uid)
  repeatEffects(core, live)
  const workflowPhase = isFinished(live.run) ? row.phase : null
  core.pods.dropEnded(live.uid, (nodeId) => {
    const node = nodeOf(live.run, nodeId)
    if (node === undefined || !isEnded(node)) return false
    return !staysAfterEnd(live.run.spec, { nodePhase: node.phase, workflowPhase })
  })
  await core.leftovers.resume()
  return true
}
