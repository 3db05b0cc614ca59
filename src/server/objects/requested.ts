/** Objects that come in a request's body, and the namespace they belong to. */
import { decodeResource } from '../../admission/index.ts'
import type { ManifestKind, ResourceOf } from '../../admission/index.ts'
import type { ObjectMeta } from '../../resources/index.ts'
import type { Body } from '../http/body.ts'
import { HttpFault, invalid } from '../http/faults.ts'

const missing: Partial<Record<ManifestKind, string>> = {
  Workflow: 'workflow body not specified',
  WorkflowTemplate: 'workflow template was not found in the request body',
  ClusterWorkflowTemplate: 'cluster workflow template was not found in the request body',
  CronWorkflow: 'cron workflow was not found in the request body',
}

/** Unknown fields are dropped, as Argo's server drops them. @throws HttpFault 400 where it is missing or has wrong types */
export function requestedObject<K extends ManifestKind>(kind: K, body: Body, field: string): ResourceOf<K> {
  const value = body.raw(field)
  if (value === undefined) throw invalid(missing[kind] ?? `${field} was not found in the request body`)
  const { manifest, problems } = decodeResource(kind, value, { around: [field] })
  if (manifest === null) {
    const message = problems.map((problem) => problem.message).join('; ') || 'invalid object'
    throw new HttpFault({ status: 400, grpc: 3, message, problems })
  }
  return manifest.resource as ResourceOf<K>
}

/**
 * The path wins over the body's `namespace`; an object that names another one is refused.
 * @param fallback for requests that name none at all
 */
export function requestedNamespace(
  path: string,
  metadata: ObjectMeta | undefined,
  { body, fallback }: { readonly body: Body; readonly fallback: string },
): string {
  const own = metadata?.namespace ?? ''
  const asked = path !== '' ? path : (body.text('namespace') ?? '')
  if (asked !== '' && own !== '' && asked !== own)
    throw invalid('the namespace of the provided object does not match the namespace sent on the request')
  return own || asked || fallback
}
