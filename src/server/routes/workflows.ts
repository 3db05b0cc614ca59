/** `/api/v1/workflows`: list, get, create, submit, lint, delete. */
import { noEndpoint } from '../../controller/index.ts'
import type { SubmitOptions, WorkflowPage } from '../../controller/port.ts'
import type { ApiError } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import type { Body, JsonObject } from '../http/body.ts'
import { isObject } from '../http/body.ts'
import { HttpFault, invalid } from '../http/faults.ts'
import type { Response } from 'express'
import { parseFields, selectFields, wants } from '../http/fields.ts'
import type { Call } from '../http/routes.ts'
import { requestedNamespace, requestedObject } from '../objects/requested.ts'
import { withMandatoryMembers, workflowJson } from '../objects/workflow-json.ts'
import { asksForRemaining, listQuery } from './list-query.ts'
import type { Parts } from './parts.ts'
import { resolvedName, workflowNamed } from './workflow-names.ts'

export function workflowRoutes(parts: Parts): void {
  const { routes, controller } = parts
  routes.unary('get', '/api/v1/workflows/{namespace}', (call) => listWorkflows(parts, call))
  routes.unary('post', '/api/v1/workflows/{namespace}', (call) => createWorkflow(parts, call))
  routes.unary('post', '/api/v1/workflows/{namespace}/lint', (call) => lintWorkflow(parts, call))
  routes.unary('post', '/api/v1/workflows/{namespace}/submit', (call) => submitWorkflow(parts, call))
  routes.unary('get', '/api/v1/workflows/{namespace}/{name}', (call) => getWorkflow(parts, call))
  routes.unary('delete', '/api/v1/workflows/{namespace}/{name}', async ({ params, query }) => {
    const name = await resolvedName(controller, params('namespace'), params('name'))
    await controller.deleteWorkflow(params('namespace'), name, { force: query.flag('force'), background: true })
    return {}
  })
}

async function listWorkflows({ controller }: Parts, { params, query }: Call): Promise<object> {
  const fields = parseFields(query.text('fields'))
  const asked = listQuery(query, params('namespace'), fields)
  const page = await controller.listWorkflows({ ...asked, archive: 'merged' })
  const items = page.items.map((workflow) => workflowJson(workflow, { nodes: asked.nodes ?? true }))
  const list = { metadata: listMetadata(page, asksForRemaining(query)), items }
  if (fields === null) return list
  const { metadata = {}, items: kept } = selectFields(list, fields) as { metadata?: object; items?: JsonObject[] }
  return { metadata, items: (kept ?? []).map(withMandatoryMembers) }
}

export function listMetadata(page: WorkflowPage, showsRemaining: boolean): object {
  return {
    resourceVersion: page.resourceVersion,
    ...(page.continue !== undefined && page.continue !== '' && { continue: page.continue }),
    ...(showsRemaining && page.remaining !== undefined && { remainingItemCount: page.remaining }),
  }
}

async function getWorkflow({ controller }: Parts, { params, query }: Call): Promise<object> {
  const fields = parseFields(query.text('fields'))
  const nodes = wants(fields, 'status.nodes')
  const named = { namespace: params('namespace'), name: params('name') }
  const json = workflowJson(await workflowNamed(controller, named, { uid: query.text('uid'), nodes }), { nodes })
  return fields === null ? json : withMandatoryMembers(selectFields(json, fields))
}

async function createWorkflow({ controller, config }: Parts, call: Call): Promise<object> {
  const body = call.body()
  const workflow = requestedWorkflow(body)
  const namespace = namespaceOf(call, workflow, body, config.namespace)
  const dryRun = asksForDryRun(body) ? 'client' : body.flag('serverDryRun') === true ? 'server' : undefined
  return workflowJson(await controller.createWorkflow(namespace, workflow, dryRun === undefined ? {} : { dryRun }))
}

/** Argo answers errors of lint with 500; clients take 400 as well, and it is one. */
async function lintWorkflow({ controller, config }: Parts, call: Call): Promise<object> {
  const body = call.body()
  const workflow = requestedWorkflow(body)
  const namespace = namespaceOf(call, workflow, body, config.namespace)
  refuseProblems(await controller.lintWorkflow(namespace, workflow), call.response)
  return workflowJson({ ...workflow, metadata: { ...workflow.metadata, namespace } })
}

/**
 * The answer to lint. The message is Argo's, of the first fault; `details` has all of them. What only our policy for the
 * host forbids is no fault of the manifest: it comes as a `Warning` header, and creation refuses it.
 * @throws HttpFault 400 where there is a fault
 */
export function refuseProblems(problems: NonNullable<ApiError['problems']>, response: Response): void {
  const [first] = problems.filter(({ rule }) => rule === undefined)
  if (first) throw new HttpFault({ status: 400, grpc: 3, message: first.message, problems })
  const warnings = problems.map(
    ({ message, hint = '', rule }) =>
      `299 drydock ${JSON.stringify(rule === noEndpoint ? `${message}: ${hint}` : `${message} on creation: ${hint}`)}`,
  )
  if (warnings.length > 0) response.set('Warning', warnings.join(', ').replace(/[^\x20-\x7e]/g, '?'))
}

function namespaceOf({ params }: Call, workflow: Workflow, body: Body, fallback: string): string {
  return requestedNamespace(params('namespace'), workflow.metadata, { body, fallback })
}

/** Who created a workflow is never the client's to say. */
function requestedWorkflow(body: Body): Workflow {
  const workflow = requestedObject('Workflow', body, 'workflow')
  const labels = Object.entries(workflow.metadata?.labels ?? {}).filter(([key]) => !creatorLabels.has(key))
  if (labels.length === Object.keys(workflow.metadata?.labels ?? {}).length) return workflow
  return { ...workflow, metadata: { ...workflow.metadata, labels: Object.fromEntries(labels) } }
}

const creatorLabels = new Set(
  ['creator', 'creator-email', 'creator-preferred-username'].map((name) => `workflows.argoproj.io/${name}`),
)

export const asksForDryRun = (body: Body): boolean => (body.object('createOptions').texts('dryRun') ?? []).length > 0

const kinds: Readonly<Record<string, string>> = {
  cronworkflow: 'CronWorkflow',
  cronworkflows: 'CronWorkflow',
  cronwf: 'CronWorkflow',
  workflowtemplate: 'WorkflowTemplate',
  workflowtemplates: 'WorkflowTemplate',
  wftmpl: 'WorkflowTemplate',
  clusterworkflowtemplate: 'ClusterWorkflowTemplate',
  clusterworkflowtemplates: 'ClusterWorkflowTemplate',
  cwftmpl: 'ClusterWorkflowTemplate',
}

/** Only these spellings, as in Argo: `WorkflowTemplate` itself and lower-case ones. */
function submittableKind(word: string): string {
  const kind = kinds[word.toLowerCase()]
  if (kind === undefined || (word !== kind && word !== word.toLowerCase()))
    throw invalid(`Resource kind '${word}' is not supported for submitting`)
  return kind
}

async function submitWorkflow({ controller, config }: Parts, { params, body: readBody }: Call): Promise<object> {
  const body = readBody()
  const namespace = params('namespace') || (body.text('namespace') ?? config.namespace)
  const kind = submittableKind(body.text('resourceKind') ?? '')
  const name = body.text('resourceName')
  if (name === undefined) throw invalid('resource name is required')
  return workflowJson(await controller.submitFrom(namespace, kind, name, submitOptions(body.object('submitOptions'))))
}

function submitOptions(body: Body): SubmitOptions {
  const owner = body.raw('ownerReference')
  const options: Record<keyof SubmitOptions, unknown> = {
    name: body.text('name'),
    generateName: body.text('generateName'),
    entryPoint: body.text('entryPoint') ?? body.text('entrypoint'),
    parameters: body.texts('parameters'),
    artifacts: body.texts('artifacts'),
    serviceAccount: body.text('serviceAccount'),
    labels: body.text('labels'),
    annotations: body.text('annotations'),
    dryRun: body.flag('dryRun'),
    serverDryRun: body.flag('serverDryRun'),
    ownerReference: isObject(owner) ? owner : undefined,
    podPriorityClassName: body.text('podPriorityClassName'),
    priority: body.integer('priority'),
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
