/** Leaves of which nobody hears any more what they came to. */
import type { NodeStatus } from '../resources/index.ts'
import { executionTypes } from './node-types.ts'
import { isEnded } from './phases.ts'
import { cutShortText } from './pod-assessment.ts'
import type { Run } from './run.ts'
import { shutdownOf, stoppedText } from './shutdown.ts'

/** A container's pod is over. */
export function cutShort(run: Run, container: NodeStatus): void {
  if (!isEnded(container)) run.setPhase(container, 'Failed', cutShortText)
}

/** Containers of pods that were ended from outside, before a restart. What encloses them would wait for them. */
export function endCutShort(run: Run): void {
  for (const node of run.nodes.values()) {
    const pod = node.type === 'Container' ? run.nodes.get(node.boundaryID ?? '') : undefined
    if (pod !== undefined && isEnded(pod)) cutShort(run, node)
  }
}

/** Of a workflow that is over, once its pods are. */
export function endUnheard(run: Run): void {
  const strategy = shutdownOf(run)
  for (const node of run.nodes.values()) {
    if (node.type === 'Container') cutShort(run, node)
    // It has not begun: carried along by a resubmission, or, waiting for a lock mostly, within what an error ended.
    else if (executionTypes.has(node.type) && node.phase === 'Pending') run.setPhase(node, 'Omitted', '')
    // Of an exit hook of a task in a flow that a shutdown ended without waiting for it.
    else if (node.type === 'Suspend' && !isEnded(node))
      run.setPhase(node, 'Failed', strategy === null ? (node.message ?? '') : stoppedText(strategy))
  }
}
