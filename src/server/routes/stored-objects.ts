/** Templates, cluster templates and cron workflows: the same verbs on three kinds, and the list of event bindings. */
import type { ObjectKind, StoredObject } from '../../controller/port.ts'
import { matchesFields } from '../../expressions/selectors/fields.ts'
import { matchesLabelSelector } from '../../expressions/selectors/labels.ts'
import type { Body } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import type { Query } from '../http/query.ts'
import type { Call } from '../http/routes.ts'
import { requestedNamespace, requestedObject } from '../objects/requested.ts'
import type { ResourceOf } from '../../admission/index.ts'
import { fieldSelectorFrom, labelSelectorFrom } from '../objects/selectors.ts'
import { continueToken } from './list-query.ts'
import type { Parts } from './parts.ts'
import { notFound } from './workflow-names.ts'
import { asksForDryRun, refuseProblems } from './workflows.ts'

type EditableKind = 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow'
type Family = {
  readonly kind: EditableKind
  /** With the namespace, if it has one. */
  readonly path: string
  /** Of the object in a request's body. */
  readonly field: string
  /** In Kubernetes' messages. */
  readonly plural: string
}

const families: readonly Family[] = [
  {
    kind: 'WorkflowTemplate',
    path: '/api/v1/workflow-templates/{namespace}',
    field: 'template',
    plural: 'workflowtemplates.argoproj.io',
  },
  {
    kind: 'ClusterWorkflowTemplate',
    path: '/api/v1/cluster-workflow-templates',
    field: 'template',
    plural: 'clusterworkflowtemplates.argoproj.io',
  },
  {
    kind: 'CronWorkflow',
    path: '/api/v1/cron-workflows/{namespace}',
    field: 'cronWorkflow',
    plural: 'cronworkflows.argoproj.io',
  },
]

export function storedObjectRoutes(parts: Parts): void {
  const { routes, controller } = parts
  for (const family of families) {
    const { kind, path } = family
    routes.unary('get', path, ({ params, query }) => listObjects(parts, kind, params('namespace'), query))
    routes.unary('post', path, (call) => createObject(parts, family, call))
    routes.unary('post', `${path}/lint`, (call) => lintObject(parts, family, call))
    routes.unary('get', `${path}/{name}`, ({ params }) => {
      const found = controller.object(kind, params('namespace'), params('name'))
      if (found === null) throw notFound(family.plural, params('name'))
      return objectJson(kind, found)
    })
    routes.unary('put', `${path}/{name}`, (call) => updateObject(parts, family, call))
    routes.unary('delete', `${path}/{name}`, async ({ params }) => {
      await controller.deleteObject(kind, params('namespace'), params('name'))
      return {}
    })
  }
  for (const { kind, path, plural } of families.slice(0, 2)) {
    routes.unary('get', `${path}/{name}/revisions`, async ({ params }) => ({
      items: await controller.templateRevisions(kind, params('namespace'), params('name')),
    }))
    routes.unary('get', `${path}/{name}/revisions/{revision}`, async ({ params }) => {
      const number = Number(params('revision'))
      const found = await controller.templateRevision(kind, params('namespace'), params('name'), number)
      if (found === null) throw notFound(plural, `${params('name')}, revision ${params('revision')}`)
      return objectJson(kind, found)
    })
  }
  for (const verb of ['suspend', 'resume'] as const) {
    routes.unary('put', `/api/v1/cron-workflows/{namespace}/{name}/${verb}`, async ({ params }) =>
      objectJson('CronWorkflow', await controller.suspendCron(params('namespace'), params('name'), verb === 'suspend')),
    )
  }
  routes.unary('get', '/api/v1/workflow-event-bindings/{namespace}', ({ params, query }) =>
    listObjects(parts, 'WorkflowEventBinding', params('namespace'), query),
  )
}

/** By name. `continue` is an offset; clients take it as it is. */
function listObjects({ controller }: Parts, kind: ObjectKind, namespace: string, query: Query): object {
  const labels = labelSelectorFrom(query.text('listOptions.labelSelector'))
  const fields = fieldSelectorFrom(query.text('listOptions.fieldSelector'), ['metadata.name', 'metadata.namespace'])
  const pattern = query.text('namePattern') ?? ''
  const limit = query.integer('listOptions.limit') ?? 0
  if (limit < 0) throw invalid('listOptions.limit must not be negative')
  const offset = Number(continueToken(query) ?? 0)
  const matching = controller.objects(kind, namespace).filter(({ metadata = {} }) => {
    const { name = '', namespace: own = '' } = metadata
    if (!name.includes(pattern) || !matchesLabelSelector(labels, metadata.labels ?? {})) return false
    return matchesFields(fields, (field) => (field === 'metadata.name' ? name : own))
  })
  const items = matching.slice(offset, limit === 0 ? undefined : offset + limit)
  const next = offset + items.length
  return {
    metadata: {
      resourceVersion: String(controller.resourceVersion()),
      ...(next < matching.length && items.length > 0 && { continue: String(next) }),
    },
    items: items.map((object) => objectJson(kind, object)),
  }
}

/** Metadata and spec are always there; a cron workflow also has its status. */
function objectJson(kind: ObjectKind, object: StoredObject): object {
  const { metadata, ...rest } = object
  const { spec = {}, status } = object as { spec?: object; status?: object }
  return {
    ...rest,
    apiVersion: 'argoproj.io/v1alpha1',
    kind,
    metadata: { ...metadata, creationTimestamp: metadata?.creationTimestamp ?? null },
    spec,
    ...(kind === 'CronWorkflow' && { status: cronStatus(status ?? {}) }),
  }
}

/** Argo's UI counts what is active and reads conditions unguarded. */
const cronStatus = (status: object): object => ({ active: [], lastScheduledTime: null, conditions: [], ...status })

type Requested = { readonly namespace: string; readonly object: ResourceOf<EditableKind>; readonly body: Body }

function requested({ config }: Parts, { kind, field }: Family, { params, body: readBody }: Call): Requested {
  const body = readBody()
  const object = requestedObject(kind, body, field)
  if (kind === 'ClusterWorkflowTemplate') return { namespace: '', object, body }
  const namespace = requestedNamespace(params('namespace'), object.metadata, { body, fallback: config.namespace })
  return { namespace, object, body }
}

async function createObject(parts: Parts, family: Family, call: Call): Promise<object> {
  const { namespace, object, body } = requested(parts, family, call)
  const dryRun = asksForDryRun(body)
  return objectJson(family.kind, await parts.controller.createObject(family.kind, namespace, object, { dryRun }))
}

async function lintObject(parts: Parts, family: Family, call: Call): Promise<object> {
  const { namespace, object } = requested(parts, family, call)
  refuseProblems(await parts.controller.lintObject(family.kind, namespace, object), call.response)
  return objectJson(family.kind, object)
}

/** The object's own name counts, as in Argo; the path's only where it has none. */
async function updateObject(parts: Parts, family: Family, call: Call): Promise<object> {
  const { namespace, object } = requested(parts, family, call)
  const name = object.metadata?.name || call.params('name')
  const named = { ...object, metadata: { ...object.metadata, name } }
  return objectJson(family.kind, await parts.controller.updateObject(family.kind, namespace, name, named))
}
