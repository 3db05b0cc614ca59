/** The end of a workflow: phase, message, conditions, locks, claims, metrics (semantics.md §1 step 19, §2.1). */
import type { PodId } from '../resources/index.ts'
import { rfc3339 } from '../resources/index.ts'
import { addAll } from './add-all.ts'
import { deletionsAtCompletion } from './artifact-gc.ts'
import { deleteClaims } from './claims.ts'
import { withCondition } from './conditions.ts'
import { endUnheard } from './cut-short.ts'
import { emitWorkflowMetrics } from './node-metrics.ts'
import { isEnded } from './phases.ts'
import { removalsAtEnd } from './pod-gc.ts'
import { sumBelow } from './progress.ts'
import { dropForgotten } from './forgotten.ts'
import type { Run } from './run.ts'
import { releaseAllLocks } from './sync.ts'

export const isComplete = (run: Run): boolean => ['Succeeded', 'Failed', 'Error'].includes(run.status.phase ?? '')

export function complete(run: Run, phase: 'Succeeded' | 'Failed' | 'Error', message: string): void {
  stopLeftovers(run)
  dropForgotten(run)
  sumBelow(run)
  const finishedAt = rfc3339(run.now)
  run.patchStatus({
    phase,
    message,
    startedAt: run.status.startedAt ?? finishedAt,
    finishedAt,
    progress: `${run.progressDone}/${run.progressTotal}`,
    resourcesDuration: run.totalDuration(),
    conditions: withCondition(withCondition(run.status.conditions, { type: 'PodRunning', status: 'False' }), {
      type: 'Completed',
      status: 'True',
    }),
  })
  run.setLabel('workflows.argoproj.io/phase', phase)
  run.setLabel('workflows.argoproj.io/completed', 'true')
  emitWorkflowMetrics(run)
  releaseAllLocks(run)
  deleteClaims(run, phase === 'Succeeded')
  addAll(run.effects, removalsAtEnd(run, phase === 'Succeeded'))
  addAll(run.effects, deletionsAtCompletion(run))
  run.event(
    phase === 'Succeeded' ? 'WorkflowSucceeded' : 'WorkflowFailed',
    phase === 'Succeeded' ? 'Workflow completed' : message,
  )
  run.note(null, `workflow ${phase}${message ? `: ${message}` : ''}`)
}

/** Pods that nobody waits for any more, where the workflow ends by an error. */
function stopLeftovers(run: Run): void {
  for (const [id, pod] of run.outstanding) {
    endPod(run, pod)
    const node = run.nodes.get(id)
    if (node !== undefined && !isEnded(node)) run.setPhase(node, 'Failed', node.message ?? '')
  }
  run.outstanding.clear()
  // Of a run that was opened anew nobody has asked for its daemons again: their steps are over.
  for (const id of run.daemons) {
    const node = run.nodes.get(id)
    if (node === undefined || isEnded(node)) continue
    if (node.type === 'Pod') endPod(run, run.podIdOf(node.name))
    run.setPhase(node, 'Failed', node.message ?? '')
  }
  run.daemons.clear()
  endUnheard(run)
}

const endPod = (run: Run, pod: PodId): number =>
  run.effects.push({ kind: 'stopPod', pod, graceMs: 0 }, { kind: 'removePod', pod, delayMs: 0 })
