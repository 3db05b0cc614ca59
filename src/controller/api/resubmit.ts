/** Resubmission: a new workflow from one that has been there, and what it would be. */
import { previewResubmit, resubmitted } from '../../engine/index.ts'
import type { Preview } from '../../engine/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import type { ResubmitRequest } from '../port.ts'
import { refusalError } from '../refusals.ts'
import { createWorkflow } from './create.ts'

/** @param old with its nodes. @throws ApiError where the resubmission is refused, or the new workflow is not admitted */
export async function resubmit(core: Core, old: Workflow, request: ResubmitRequest): Promise<Workflow> {
  return createWorkflow(core, old.metadata.namespace ?? '', nextOf(core, old, request))
}

/** @throws ApiError as `resubmit` */
export async function resubmitPreview(core: Core, old: Workflow, request: ResubmitRequest): Promise<Preview> {
  const next = nextOf(core, old, request)
  await createWorkflow(core, old.metadata.namespace ?? '', next, { dryRun: 'server' })
  return previewResubmit(old, next)
}

function nextOf({ random, clock }: Core, old: Workflow, request: ResubmitRequest): Workflow {
  const { memoized = false, parameters = [] } = request
  const next = resubmitted(old, { memoized, parameters }, random, clock.now())
  if ('refused' in next) throw refusalError(next)
  return next
}
