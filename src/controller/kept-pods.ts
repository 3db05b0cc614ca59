/** Which pods stay when their time is over. */
import type { WorkflowSpec } from '../resources/index.ts'

/** @param workflowPhase `null` while it goes on */
export function staysAfterEnd(
  { podGC }: WorkflowSpec,
  { nodePhase, workflowPhase }: { readonly nodePhase: string | undefined; readonly workflowPhase: string | null },
): boolean {
  // Whether the pod's labels match can no longer be told; one too many is better than one that was to stay.
  if (podGC?.labelSelector !== undefined) return true
  switch (podGC?.strategy) {
    case 'OnPodSuccess':
      return nodePhase !== 'Succeeded'
    case 'OnWorkflowCompletion':
      return workflowPhase === null
    case 'OnWorkflowSuccess':
      return workflowPhase !== 'Succeeded'
    default:
      return false
  }
}
