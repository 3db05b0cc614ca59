/**
 * ConfigMaps under Kubernetes' own paths: Argo Server has none, and Argo's users look at caches, limits and parameters
 * with kubectl. Bodies are the bare objects.
 */
import { decodeResource } from '../../admission/index.ts'
import { matchesLabelSelector } from '../../expressions/selectors/labels.ts'
import type { ConfigMap } from '../../resources/index.ts'
import { HttpFault, invalid } from '../http/faults.ts'
import { patched } from '../http/patch.ts'
import type { Call } from '../http/routes.ts'
import { labelSelectorFrom } from '../objects/selectors.ts'
import type { Parts } from './parts.ts'
import { notFound } from './workflow-names.ts'

const collection = '/api/v1/namespaces/{namespace}/configmaps'
const single = `${collection}/{name}`

export function configMapRoutes({ routes, controller }: Parts): void {
  const found = ({ params }: Call): ConfigMap => {
    const map = controller.object('ConfigMap', params('namespace'), params('name'))
    if (map === null) throw notFound('configmaps', params('name'))
    return map
  }
  routes.unary('get', collection, ({ params, query }) => {
    const labels = labelSelectorFrom(query.text('labelSelector') ?? query.text('listOptions.labelSelector'))
    const items = controller
      .objects('ConfigMap', params('namespace'))
      .filter(({ metadata }) => matchesLabelSelector(labels, metadata?.labels ?? {}))
    const metadata = { resourceVersion: String(controller.resourceVersion()) }
    return { apiVersion: 'v1', kind: 'ConfigMapList', metadata, items: items.map(mapJson) }
  })
  routes.unary('get', single, (call) => mapJson(found(call)))
  routes.unary('post', collection, async ({ params, json }) =>
    mapJson(await controller.createObject('ConfigMap', params('namespace'), mapFrom(json()))),
  )
  routes.unary('put', single, async ({ params, json }) =>
    mapJson(await controller.updateObject('ConfigMap', params('namespace'), params('name'), mapFrom(json()))),
  )
  routes.unary('patch', single, async (call) => {
    const current = found(call)
    const patch = call.json()
    if (patch === undefined) throw invalid('a patch was not found in the request body')
    const { namespace = '', name = '', resourceVersion } = current.metadata ?? {}
    const next = mapFrom(patched(current, patch))
    const metadata = {
      ...next.metadata,
      name,
      namespace,
      resourceVersion: next.metadata?.resourceVersion ?? resourceVersion,
    }
    return mapJson(await controller.updateObject('ConfigMap', namespace, name, { ...next, metadata }))
  })
  routes.unary('delete', single, async ({ params }) => {
    await controller.deleteObject('ConfigMap', params('namespace'), params('name'))
    return {}
  })
}

const mapJson = (map: object): object => ({ ...map, apiVersion: 'v1', kind: 'ConfigMap' })

function mapFrom(value: unknown): ConfigMap {
  if (value === undefined) throw invalid('a config map was not found in the request body')
  const { manifest, problems } = decodeResource('ConfigMap', value, { around: [] })
  if (manifest?.kind === 'ConfigMap') return manifest.resource
  const message = problems.map((problem) => problem.message).join('; ') || 'invalid object'
  throw new HttpFault({ status: 400, grpc: 3, message, problems })
}
