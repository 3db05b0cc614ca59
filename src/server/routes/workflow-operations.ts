/** What a person does to a workflow: retry, resubmit, suspend, resume, stop, terminate, set. */
import type { Operation } from '../../engine/decision.ts'
import type { Body } from '../http/body.ts'
import { isObject } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import type { Call } from '../http/routes.ts'
import { workflowJson } from '../objects/workflow-json.ts'
import type { Parts } from './parts.ts'
import { resolvedName } from './workflow-names.ts'

const operations: Readonly<Record<string, (body: Body) => Operation>> = {
  retry: retryOperation,
  suspend: () => ({ kind: 'suspend' }),
  resume: (body) => ({ kind: 'resume', ...selector(body) }),
  stop: (body) => {
    const message = body.text('message')
    return { kind: 'stop', ...selector(body), ...(message !== undefined && { message }) }
  },
  terminate: () => ({ kind: 'terminate' }),
  set: setOperation,
}

export function workflowOperationRoutes({ routes, controller }: Parts): void {
  for (const [verb, operationOf] of Object.entries(operations)) {
    routes.unary('put', `/api/v1/workflows/{namespace}/{name}/${verb}`, async (call) => {
      const { params, body } = call
      const operation = operationOf(body())
      const name = await resolvedName(controller, params('namespace'), params('name'))
      if (isPreview(call)) return controller.preview(params('namespace'), name, operation)
      return workflowJson(await controller.operate(params('namespace'), name, operation))
    })
  }
  routes.unary('put', '/api/v1/workflows/{namespace}/{name}/resubmit', async (call) => {
    const { params, body } = call
    const options = resubmitOptions(body())
    const name = await resolvedName(controller, params('namespace'), params('name'))
    if (isPreview(call)) return controller.previewResubmit(params('namespace'), name, options)
    return workflowJson(await controller.resubmit(params('namespace'), name, options))
  })
}

/** `dryRun=true` in the query or `dryRun: true` in the body, which Argo's clients do not send: only say what would happen. */
export const isPreview = ({ query, body }: Call): boolean => query.flag('dryRun') || body().flag('dryRun') === true

export function resubmitOptions(body: Body) {
  const parameters = body.texts('parameters')
  return { memoized: body.flag('memoized') ?? false, ...(parameters !== undefined && { parameters }) }
}

export function retryOperation(body: Body): Operation {
  const parameters = body.texts('parameters')
  return {
    kind: 'retry',
    restartSuccessful: body.flag('restartSuccessful') ?? false,
    ...selector(body),
    ...(parameters !== undefined && { parameters }),
  }
}

function selector(body: Body): { readonly nodeFieldSelector?: string } {
  const nodeFieldSelector = body.text('nodeFieldSelector')
  return nodeFieldSelector === undefined ? {} : { nodeFieldSelector }
}

function setOperation(body: Body): Operation {
  const { phase, message } = { phase: body.text('phase'), message: body.text('message') }
  const outputParameters = outputParametersOf(body.raw('outputParameters'))
  return {
    kind: 'set',
    nodeFieldSelector: body.text('nodeFieldSelector') ?? '',
    ...(phase !== undefined && { phase }),
    ...(message !== undefined && { message }),
    ...(outputParameters !== undefined && { outputParameters }),
  }
}

/** A JSON object as a text; the object itself is understood too. Values that are no texts become their JSON. */
function outputParametersOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === '') return undefined
  const parsed = typeof value === 'string' ? parsedObject(value) : value
  if (!isObject(parsed)) throw invalid('outputParameters must be a JSON object as a string')
  return Object.fromEntries(
    Object.entries(parsed).map(([name, item]) => [name, typeof item === 'string' ? item : JSON.stringify(item)]),
  )
}

function parsedObject(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid('unable to parse output parameter set request')
  }
}
