/** The streams: changes of workflows, Kubernetes-like events, logs, and the idle ones of Argo Events. */
import type { LogQuery } from '../../controller/port.ts'
import type { Instant } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import { invalid } from '../http/faults.ts'
import { parseFields } from '../http/fields.ts'
import type { Query } from '../http/query.ts'
import type { Call } from '../http/routes.ts'
import { fieldSelectorFrom, labelSelectorFrom } from '../objects/selectors.ts'
import type { ObjectSelector } from '../objects/selectors.ts'
import { streamHappenings } from '../streams/happenings.ts'
import { streamLogs } from '../streams/log-stream.ts'
import { watchWorkflows } from '../streams/workflow-watch.ts'
import type { Parts } from './parts.ts'
import { resolvedName, workflowNamed } from './workflow-names.ts'

export function streamRoutes(parts: Parts): void {
  const { routes, controller, streams } = parts
  routes.raw('get', '/api/v1/workflow-events/{namespace}', (call) => watchRoute(parts, call))
  routes.raw('get', '/api/v1/stream/events/{namespace}', ({ params, query, request, response }) => {
    const fields = fieldSelectorFrom(query.text('listOptions.fieldSelector'), eventKeys)
    streamHappenings(streams.begin(request, response), controller, { namespace: params('namespace'), fields })
  })
  routes.raw('get', '/api/v1/workflows/{namespace}/{name}/log', (call) => logRoute(parts, call))
  routes.raw('get', '/api/v1/workflows/{namespace}/{name}/{podName}/log', (call) => logRoute(parts, call))
  // Argo Events is not here: nothing ever happens on its streams.
  const idle = ({ request, response }: Call) => streams.begin(request, response).open()
  for (const kind of ['event-sources', 'sensors']) {
    routes.raw('get', `/api/v1/stream/${kind}/{namespace}`, idle)
    routes.raw('get', `/api/v1/stream/${kind}/{namespace}/logs`, idle)
    routes.raw('get', `/api/v1/${kind}/{namespace}/logs`, idle)
  }
}

const eventKeys = [
  'involvedObject.kind',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.namespace',
  'metadata.name',
  'metadata.namespace',
  'type',
  'reason',
]

async function watchRoute({ controller, streams }: Parts, { params, query, request, response }: Call): Promise<void> {
  const namespace = params('namespace')
  const version = query.text('listOptions.resourceVersion') ?? '0'
  if (!/^\d{1,15}$/.test(version)) throw invalid(`Invalid value: "${version}": resourceVersion must be a number`)
  const labels = labelSelectorFrom(query.text('listOptions.labelSelector'))
  const selector = await knownWorkflows(controller, { namespace, labels, fields: fieldsOf(query) })
  await watchWorkflows(streams.begin(request, response), controller, {
    selector,
    labelSelector: query.text('listOptions.labelSelector'),
    fields: parseFields(query.text('fields')),
    since: version === '0' ? null : Number(version),
  })
}

const fieldsOf = (query: Query) =>
  fieldSelectorFrom(query.text('listOptions.fieldSelector'), [
    'metadata.name',
    'metadata.namespace',
    'ext.showRemainingItemCount',
  ]).filter(({ field }) => field !== 'ext.showRemainingItemCount')

/** A name that is asked for must exist; `@latest` becomes the name it stands for. @throws ApiError NOT_FOUND */
async function knownWorkflows(controller: Parts['controller'], selector: ObjectSelector): Promise<ObjectSelector> {
  const byField = selector.fields.find(({ field, equal }) => field === 'metadata.namespace' && equal)?.value
  const namespace = selector.namespace || (byField ?? '')
  const fields = await Promise.all(
    selector.fields.map(async (requirement) => {
      const { field, equal, value: name } = requirement
      if (field !== 'metadata.name' || !equal || (namespace === '' && name !== '@latest')) return requirement
      const { metadata } = await workflowNamed(controller, { namespace, name }, { nodes: false })
      return { ...requirement, value: metadata.name ?? name }
    }),
  )
  return { ...selector, fields }
}

async function logRoute({ controller, streams }: Parts, call: Call): Promise<void> {
  const { params, query, request, response } = call
  const namespace = params('namespace')
  const name = await resolvedName(controller, namespace, params('name'))
  await workflowNamed(controller, { namespace, name }, { nodes: false })
  const podName = params('podName') || query.text('podName')
  const asked = { namespace, name, query: logQuery(query, podName), bytesMax: positive(query, 'limitBytes') }
  await streamLogs(streams.begin(request, response), controller, asked)
}

function logQuery(query: Query, podName: string | undefined): LogQuery {
  const options: Record<keyof LogQuery, unknown> = {
    podName,
    container: query.text('logOptions.container'),
    follow: query.flag('logOptions.follow'),
    tailLines: positive(query, 'tailLines'),
    sinceSeconds: positive(query, 'sinceSeconds'),
    sinceTime: sinceTime(query),
    timestamps: query.flag('logOptions.timestamps'),
    grep: query.text('grep'),
    selector: query.text('selector'),
  }
  labelSelectorFrom(query.text('selector'))
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function positive(query: Query, name: string): number | undefined {
  const value = query.integer(`logOptions.${name}`)
  if (value !== undefined && value < 0) throw invalid(`logOptions.${name} must not be negative`)
  return value
}

/** RFC 3339, or Hera's seconds and nanoseconds. */
function sinceTime(query: Query): Instant | undefined {
  const seconds = query.integer('logOptions.sinceTime.seconds')
  if (seconds === undefined) return query.instant('logOptions.sinceTime')
  return instant(seconds * 1000 + Math.floor((query.integer('logOptions.sinceTime.nanos') ?? 0) / 1e6))
}
