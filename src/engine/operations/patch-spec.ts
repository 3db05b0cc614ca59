/** Changes to the spec of a workflow that runs. */
import type { WorkflowSpec } from '../../resources/index.ts'
import type { Run } from '../run.ts'

/** `undefined` takes a field away. */
export function patchSpec(run: Run, patch: Partial<WorkflowSpec>): void {
  const spec: WorkflowSpec = { ...run.workflow.spec, ...patch }
  for (const [key, value] of Object.entries(patch))
    if (value === undefined) delete (spec as Record<string, unknown>)[key]
  run.workflow = { ...run.workflow, spec }
  run.workflowChanged = true
  run.spec = { ...run.spec, ...patch }
}
