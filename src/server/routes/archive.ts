/** `/api/v1/archived-workflows`: the finished workflows of the store under the names of Argo's archive. */
import { ApiError } from '../../controller/port.ts'
import type { ListQuery } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import { workflowUid } from '../../resources/index.ts'
import type { Body } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import type { Query } from '../http/query.ts'
import type { Call } from '../http/routes.ts'
import { archiveItemJson, workflowJson } from '../objects/workflow-json.ts'
import { asksForRemaining, listQuery } from './list-query.ts'
import type { Parts } from './parts.ts'
import { isPreview, resubmitOptions, retryOperation } from './workflow-operations.ts'
import { listMetadata } from './workflows.ts'

const archived = '/api/v1/archived-workflows'
const finished = 'workflows.argoproj.io/completed=true'

export function archiveRoutes(parts: Parts): void {
  const { routes, controller } = parts
  // With a slash at the end and a name in the query, the UID of `get` and `delete` was left empty.
  routes.unary('get', archived, (call) => {
    const isGet = call.request.path.endsWith('/') && call.query.text('name') !== undefined
    return isGet ? getArchived(parts, call) : listArchived(parts, call)
  })
  routes.unary('delete', archived, (call) => deleteArchived(parts, call))
  routes.unary('get', `${archived}/{uid}`, (call) => getArchived(parts, call))
  routes.unary('delete', `${archived}/{uid}`, (call) => deleteArchived(parts, call))
  routes.unary('put', `${archived}/{uid}/retry`, async (call) => {
    const body = call.body()
    const { namespace, name } = identityOf(await found(parts, askedOf(call, body)))
    if (isPreview(call)) return controller.preview(namespace, name, retryOperation(body))
    return workflowJson(await controller.operate(namespace, name, retryOperation(body)))
  })
  routes.unary('put', `${archived}/{uid}/resubmit`, async (call) => {
    const body = call.body()
    const { namespace, name } = identityOf(await found(parts, askedOf(call, body)))
    if (isPreview(call)) return controller.previewResubmit(namespace, name, resubmitOptions(body))
    return workflowJson(await controller.resubmit(namespace, name, resubmitOptions(body)))
  })
  routes.unary('get', '/api/v1/archived-workflows-label-keys', async () => ({
    items: [...new Set((await finishedLabels(parts, finished)).flatMap((labels) => Object.keys(labels)))].sort(),
  }))
  routes.unary('get', '/api/v1/archived-workflows-label-values', async ({ query }) => {
    const key = query.text('listOptions.labelSelector') ?? ''
    if (!/^[A-Za-z0-9][-A-Za-z0-9_./]*$/.test(key)) throw invalid('only allow one key')
    const labels = await finishedLabels(parts, `${finished},${key}`)
    return { items: [...new Set(labels.map((own) => own[key] ?? ''))].sort() }
  })
}

async function listArchived({ controller }: Parts, { query }: Call): Promise<object> {
  const page = await controller.listWorkflows(archiveQuery(query))
  return { metadata: listMetadata(page, asksForRemaining(query)), items: page.items.map(archiveItemJson) }
}

/**
 * `namePrefix` selects by how names begin. With `nameFilter=Exact`, as argo's CLI asks for one workflow, it is the whole
 * name: Argo ignores that and finds too many.
 */
function archiveQuery(query: Query): ListQuery {
  const asked = listQuery(query, query.text('namespace') ?? '', null)
  const selector = asked.labelSelector === undefined ? finished : `${asked.labelSelector},${finished}`
  const prefix = query.text('namePrefix')
  const base = { ...asked, labelSelector: selector, nodes: false }
  if (prefix === undefined) return base
  const others = (asked.fieldSelector ?? '')
    .split(',')
    .filter((term) => term !== '' && !term.startsWith('metadata.name='))
  return {
    ...base,
    fieldSelector: [...others, `metadata.name=${prefix}`].join(','),
    nameFilter: query.text('nameFilter') === 'Exact' ? 'Exact' : 'Prefix',
  }
}

type Asked = { readonly uid: string; readonly namespace: string; readonly name: string; readonly prefersName: boolean }

const askedOf = ({ params }: Call, body: Body): Asked => ({
  uid: params('uid') || (body.text('uid') ?? ''),
  namespace: body.text('namespace') ?? '',
  name: body.text('name') ?? '',
  prefersName: true,
})
const askedInQuery = ({ params, query }: Call): Asked => ({
  uid: params('uid'),
  namespace: query.text('namespace') ?? '',
  name: query.text('name') ?? '',
  prefersName: false,
})

/** @throws ApiError NOT_FOUND, also for one that has not finished */
async function found({ controller, config }: Parts, { uid, namespace, name, prefersName }: Asked): Promise<Workflow> {
  const byName = name !== '' && (prefersName || uid === '')
  const workflow = byName
    ? await controller.workflow(namespace || config.namespace, name)
    : await controller.workflowByUid(workflowUid(uid))
  if (workflow === null || !workflow.status?.finishedAt) throw new ApiError('NOT_FOUND', 'not found')
  return workflow
}

const getArchived = async (parts: Parts, call: Call): Promise<object> =>
  workflowJson(await found(parts, askedInQuery(call)))

async function deleteArchived(parts: Parts, call: Call): Promise<object> {
  const { namespace, name } = identityOf(await found(parts, askedInQuery(call)))
  await parts.controller.deleteWorkflow(namespace, name)
  return {}
}

const identityOf = ({ metadata }: Workflow) => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })

async function finishedLabels({ controller }: Parts, labelSelector: string) {
  const { items } = await controller.listWorkflows({ labelSelector, nodes: false })
  return items.map(({ metadata }) => metadata.labels ?? {})
}
