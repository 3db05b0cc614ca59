/**
 * When a pod's containers are removed. Kubernetes keeps finished pods until the workflow is deleted; on a Docker host
 * the log is kept and the containers go at once, unless podGC says that they should stay longer.
 */
import type { NodeStatus } from '../resources/index.ts'
import { labelSelectorOf, matchesLabelSelector, parseDurationMs } from '../expressions/index.ts'
import type { Effect, PodPlan } from './effects.ts'
import type { PodResult } from './observations.ts'
import { isCompleted } from './phases.ts'
import { assessPod } from './pod-assessment.ts'
import type { Run } from './run.ts'

export function removalOf(run: Run, node: NodeStatus, plan: PodPlan, result: PodResult): Effect | null {
  const gc = run.spec.podGC
  const remove: Effect = { kind: 'removePod', pod: plan.identity.id, delayMs: 0 }
  if (!gc?.strategy) return remove
  const selector = gc.labelSelector === undefined ? null : labelSelectorOf(gc.labelSelector)
  if (selector?.ok === true && !matchesLabelSelector(selector.value, plan.labels)) return null
  const delayMs = delayOf(run)
  if (gc.strategy === 'OnPodCompletion') return { ...remove, delayMs }
  if (gc.strategy === 'OnPodSuccess')
    return assessPod(result, plan).phase === 'Succeeded' ? { ...remove, delayMs } : null
  run.keptPods.set(node.id, plan.identity.id)
  return null
}

/** At the workflow's end, for the strategies that wait for it. */
export function removalsAtEnd(run: Run, isSuccess: boolean): readonly Effect[] {
  const strategy = run.spec.podGC?.strategy
  if (strategy !== 'OnWorkflowCompletion' && !(strategy === 'OnWorkflowSuccess' && isSuccess)) return []
  const kept = new Map(run.keptPods)
  // Of a run that was opened again, only the nodes tell which pods there were.
  if (run.spec.podGC?.labelSelector === undefined)
    for (const node of run.nodes.values())
      if (node.type === 'Pod' && isCompleted(node) && node.memoizationStatus?.hit !== true && !kept.has(node.id))
        kept.set(node.id, run.podIdOf(node.name))
  return [...kept.values()].map((pod) => ({ kind: 'removePod', pod, delayMs: delayOf(run) }))
}

function delayOf(run: Run): number {
  const text = run.spec.podGC?.deleteDelayDuration
  const parsed = text ? parseDurationMs(String(text)) : null
  return parsed?.ok === true ? parsed.value : run.world.config.podGCDeleteDelayMs
}
