/** Containers of pods that were ended from outside, before a restart: nobody hears any more what they came to. */
import { isEnded } from './phases.ts'
import { cutShortText } from './pod-assessment.ts'
import type { Run } from './run.ts'

/** What encloses them would wait for them. */
export function endCutShort(run: Run): void {
  for (const node of run.nodes.values()) {
    if (node.type !== 'Container' || isEnded(node)) continue
    const pod = run.nodes.get(node.boundaryID ?? '')
    if (pod !== undefined && isEnded(pod)) run.setPhase(node, 'Failed', cutShortText)
  }
}
