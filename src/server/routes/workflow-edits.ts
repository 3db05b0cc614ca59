/** PATCH and PUT of a workflow that is there, as Kubernetes' API server takes them for Argo's users. */
import { decodeResource } from '../../admission/index.ts'
import type { Workflow } from '../../resources/index.ts'
import { patched } from '../http/patch.ts'
import { HttpFault, invalid } from '../http/faults.ts'
import { requestedObject } from '../objects/requested.ts'
import { workflowJson } from '../objects/workflow-json.ts'
import type { Parts } from './parts.ts'
import { resolvedName } from './workflow-names.ts'

const path = '/api/v1/workflows/{namespace}/{name}'

export function workflowEditRoutes({ routes, controller }: Parts): void {
  routes.unary('patch', path, async ({ params, json }) => {
    const patch = json()
    if (patch === undefined) throw invalid('a patch was not found in the request body')
    const name = await resolvedName(controller, params('namespace'), params('name'))
    return workflowJson(
      await controller.editWorkflow(params('namespace'), name, (current) => workflowFrom(patched(current, patch))),
    )
  })
  routes.unary('put', path, async ({ params, body }) => {
    const next = requestedObject('Workflow', body(), 'workflow')
    const name = await resolvedName(controller, params('namespace'), params('name'))
    return workflowJson(await controller.editWorkflow(params('namespace'), name, () => next))
  })
}

/** A patch is written against the object, so what is wrong in it is told like that. */
function workflowFrom(value: unknown): Workflow {
  const { manifest, problems } = decodeResource('Workflow', value, { around: [] })
  if (manifest?.kind === 'Workflow') return manifest.resource
  const message = problems.map((problem) => problem.message).join('; ') || 'invalid object'
  throw new HttpFault({ status: 400, grpc: 3, message, problems })
}
