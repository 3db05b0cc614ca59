/** What a person asks of a workflow: checked, applied to the run, and decided on like any other change (semantics-operations.md §3). */
import type { Instant, WorkflowSpec } from '../../resources/index.ts'
import { advance, decisionOf } from '../advance.ts'
import { isComplete } from '../completion.ts'
import type { Decision, Operation, Refusal } from '../decision.ts'
import type { Run } from '../run.ts'
import { shutdownOf } from '../shutdown.ts'
import { patchSpec } from './patch-spec.ts'
import { refusal } from './refusal.ts'
import { retryWorkflow } from './retry-workflow.ts'
import { resumeAll, resumeNodes, setNodes, stopNodes } from './suspended-nodes.ts'

/**
 * A refusal changes nothing.
 * @param isHeld it waits for its turn to begin: only what is to be shut down goes on. Asked once the change is made.
 */
export function operate(
  run: Run,
  operation: Operation,
  now: Instant,
  isHeld: () => boolean = () => false,
): Decision | Refusal {
  run.now = now
  const refused = applyOperation(run, operation)
  if (refused !== null) return refused
  const waits = isHeld() && shutdownOf(run) === null
  return isComplete(run) || waits ? decisionOf(run) : advance(run, [{ kind: 'lookAgain' }], now)
}

/** The change itself, before anything is decided about it. */
export function applyOperation(run: Run, operation: Operation): Refusal | null {
  switch (operation.kind) {
    case 'suspend':
      if (isComplete(run)) return refusal('INVALID', 'cannot suspend completed workflows')
      patchSpec(run, { suspend: true })
      return null
    case 'resume':
      if (operation.nodeFieldSelector) return resumeNodes(run, operation.nodeFieldSelector, operation.by)
      return resume(run, operation.by)
    case 'stop':
      if (operation.nodeFieldSelector) return stopNodes(run, operation.nodeFieldSelector, operation.message ?? '')
      return shutDown(run, 'Stop')
    case 'terminate':
      return shutDown(run, 'Terminate')
    case 'set':
      return setNodes(run, operation)
    case 'retry':
      return retryWorkflow(run, operation)
    case 'edit':
      return edit(run, operation)
  }
}

function resume(run: Run, by: string | undefined): Refusal | null {
  const refused = resumeAll(run, by)
  if (refused !== null) return refused
  if (run.workflow.spec?.suspend !== undefined) patchSpec(run, { suspend: undefined })
  return null
}

function shutDown(run: Run, strategy: 'Stop' | 'Terminate'): Refusal | null {
  if (isComplete(run))
    return refusal(
      'INTERNAL',
      `cannot shutdown a completed workflow: workflow: "${run.name}", namespace: "${run.namespace}"`,
    )
  patchSpec(run, { shutdown: strategy })
  return null
}

/** Fields that may change while it runs; `null` takes one away. Labels and annotations may change afterwards too. */
function edit(
  run: Run,
  { kind: _kind, shutdown, labels = {}, annotations = {}, ...fields }: Extract<Operation, { kind: 'edit' }>,
): Refusal | null {
  const isSpec = shutdown !== undefined || Object.values(fields).some((value) => value !== undefined)
  if (isSpec && isComplete(run)) return refusal('INVALID', `workflow ${run.name} is completed`)
  const { metadata } = run.workflow
  if (Object.keys(labels).length > 0) run.patchMetadata({ labels: merged(metadata?.labels, labels) })
  if (Object.keys(annotations).length > 0)
    run.patchMetadata({ annotations: merged(metadata?.annotations, annotations) })
  if (!isSpec) return null
  const patch: Partial<WorkflowSpec> = {}
  if (fields.suspend !== undefined) patch.suspend = fields.suspend ?? undefined
  if (fields.parallelism !== undefined) patch.parallelism = fields.parallelism ?? undefined
  if (fields.priority !== undefined) patch.priority = fields.priority ?? undefined
  if (fields.activeDeadlineSeconds !== undefined)
    patch.activeDeadlineSeconds = fields.activeDeadlineSeconds ?? undefined
  if (shutdown !== undefined) patch.shutdown = shutdown
  patchSpec(run, patch)
  return null
}

const merged = (
  known: Readonly<Record<string, string>> | undefined,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...known, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
  )
