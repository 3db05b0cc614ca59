/** `/api/v1/events`: what happened elsewhere, for the WorkflowEventBindings of a namespace. */
import type { Request } from 'express'
import type { Controller } from '../../controller/port.ts'
import type { TokenCheck } from '../access/token.ts'
import { isSigned, signerOf, webhookBytesMax, webhookSecretName } from '../access/webhooks.ts'
import { pathExpression } from '../http/routes.ts'
import type { Parts } from './parts.ts'

const path = '/api/v1/events/{namespace}/{discriminator}'
const expression = pathExpression(path)

export function eventRoutes({ routes, controller }: Parts): void {
  routes.unary('post', path, async ({ params, json, request }) => {
    const payload = json() ?? null
    await controller.dispatchEvent(params('namespace'), params('discriminator'), payload, metadataOf(request))
    return {}
  })
}

/** Headers that begin with `x-`: lower-case names, lists of values. */
function metadataOf({ headersDistinct }: Request): Readonly<Record<string, readonly string[]>> {
  const own = Object.entries(headersDistinct).filter(([name]) => name.startsWith('x-'))
  return Object.fromEntries(own.map(([name, values]) => [name, values ?? []]))
}

/** `not a webhook`: the usual rules of access hold. */
export type WebhookVerdict = 'accepted' | 'refused' | 'not a webhook'

/**
 * Requests for events that bring no Authorization header may be signed instead.
 * @param request with its body read
 */
export function webhookVerdict(request: Request, controller: Controller, tokens: TokenCheck): WebhookVerdict {
  const { method, headers } = request
  if (method !== 'POST' || headers.authorization || tokens.identify(request) === 'cookie') return 'not a webhook'
  const namespace = expression.exec(request.path)?.groups?.['namespace']
  if (namespace === undefined || !isSigned(headers)) return 'not a webhook'
  const secret = controller.object('Secret', namespace, webhookSecretName)
  if (secret === null) return 'not a webhook'
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  if (body.length > webhookBytesMax) return 'refused'
  return signerOf(secret, { headers, body }) === null ? 'refused' : 'accepted'
}
