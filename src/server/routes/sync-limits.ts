/** `/api/v1/sync`: limits of semaphores. */
import type { SyncLimit } from '../../controller/port.ts'
import { invalid } from '../http/faults.ts'
import type { Call } from '../http/routes.ts'
import type { Parts } from './parts.ts'

export function syncLimitRoutes({ routes, controller }: Parts): void {
  const { syncLimit } = controller
  routes.unary('post', '/api/v1/sync/{namespace}', async (call) => {
    const limit = limitInBody(call, call.body().text('key') ?? '')
    return limitJson(call, await syncLimit.create(call.params('namespace'), limit))
  })
  routes.unary('put', '/api/v1/sync/{namespace}/{key}', async (call) =>
    limitJson(call, await syncLimit.update(call.params('namespace'), limitInBody(call, call.params('key')))),
  )
  routes.unary('get', '/api/v1/sync/{namespace}/{key}', async (call) => {
    const { type, cmName } = inQuery(call)
    return limitJson(call, await syncLimit.get(call.params('namespace'), call.params('key'), type, cmName))
  })
  routes.unary('delete', '/api/v1/sync/{namespace}/{key}', async (call) => {
    const { type, cmName } = inQuery(call)
    await syncLimit.delete(call.params('namespace'), call.params('key'), type, cmName)
    return {}
  })
}

/** argo's CLI sends numbers, Hera words. */
function typeOf(value: unknown): SyncLimit['type'] {
  const word = typeof value === 'string' ? value.toUpperCase() : value
  if (word === undefined || word === '' || word === 0 || word === '0' || word === 'CONFIGMAP') return 'CONFIGMAP'
  if (word === 1 || word === '1' || word === 'DATABASE') return 'DATABASE'
  throw invalid(`unknown sync config type ${JSON.stringify(value)}`)
}

function limitInBody(call: Call, key: string): SyncLimit {
  const body = call.body()
  const type = typeOf(body.raw('type'))
  const cmName = body.text('cmName')
  const limit = body.integer('limit') ?? 0
  if (key === '') throw invalid('key is required')
  if (type === 'CONFIGMAP' && cmName === undefined) throw invalid('cmName is required')
  if (limit <= 0) throw invalid('limit must be greater than zero')
  return { type, key, limit, ...(cmName !== undefined && { cmName }) }
}

function inQuery({ query }: Call) {
  const type = typeOf(query.text('type'))
  const cmName = query.text('cmName')
  if (type === 'CONFIGMAP' && cmName === undefined) throw invalid('cmName is required')
  return { type, cmName }
}

/** argo's CLI reads the type as a number only. */
function limitJson({ params }: Call, { type, cmName, key, limit }: SyncLimit): object {
  return {
    ...(type === 'DATABASE' && { type: 1 }),
    namespace: params('namespace'),
    ...(cmName !== undefined && { cmName }),
    key,
    limit,
  }
}
