/** `/api/v1/archived-workflows`: the finished workflows that the archive keeps. */
import { ApiError } from '../../controller/port.ts'
import type { ArchivedIdentity, ListQuery } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
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

export function archiveRoutes(parts: Parts): void {
  const { routes, controller } = parts
  const { archive } = controller
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
    const identity = identityIn(parts, call, body)
    if (isPreview(call)) return archive.preview(identity, retryOperation(body))
    return workflowJson(await archive.operate(identity, retryOperation(body)))
  })
  routes.unary('put', `${archived}/{uid}/resubmit`, async (call) => {
    const body = call.body()
    const identity = identityIn(parts, call, body)
    if (isPreview(call)) return archive.previewResubmit(identity, resubmitOptions(body))
    return workflowJson(await archive.resubmit(identity, resubmitOptions(body)))
  })
  routes.unary('get', '/api/v1/archived-workflows-label-keys', async () => ({ items: await archive.labelKeys() }))
  routes.unary('get', '/api/v1/archived-workflows-label-values', async ({ query }) => {
    const key = query.text('listOptions.labelSelector') ?? ''
    if (!/^[A-Za-z0-9][-A-Za-z0-9_./]*$/.test(key)) throw invalid('only allow one key')
    return { items: await archive.labelValues(key) }
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
  const prefix = query.text('namePrefix')
  const base = { ...asked, archive: 'only', nodes: false } as const
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

/** In a body the name counts over the UID; in a query it is the other way round. */
function identityIn({ config }: Parts, { params }: Call, body: Body): ArchivedIdentity {
  const name = body.text('name') ?? ''
  const uid = name === '' ? params('uid') || (body.text('uid') ?? '') : ''
  return required({ uid, name, namespace: body.text('namespace') || config.namespace })
}

function identityOf({ config }: Parts, { params, query }: Call): ArchivedIdentity {
  const [uid, name] = [params('uid'), query.text('name') ?? '']
  return required({ uid, name, namespace: query.text('namespace') || config.namespace })
}

/** @throws ApiError NOT_FOUND where nothing is named */
function required(identity: ArchivedIdentity): ArchivedIdentity {
  if (identity.uid === '' && identity.name === '') throw new ApiError('NOT_FOUND', 'not found')
  return identity
}

async function getArchived(parts: Parts, call: Call): Promise<object> {
  const workflow: Workflow = await parts.controller.archive.workflow(identityOf(parts, call))
  return workflowJson(workflow)
}

async function deleteArchived(parts: Parts, call: Call): Promise<object> {
  await parts.controller.archive.delete(identityOf(parts, call))
  return {}
}
