/** Events from outside: every WorkflowEventBinding whose selector holds submits its template (semantics-operations.md §4). */
import {
  compileExpression,
  encodeJson,
  environmentWithFunctions,
  evaluateCondition,
  evaluateExpression,
  goTypeOf,
  variablesOf,
} from '../../expressions/index.ts'
import type { Outside } from '../../expressions/index.ts'
import type { Parameter, Random, Submit, Workflow, WorkflowEventBinding } from '../../resources/index.ts'
import type { EventFeed } from '../event-feed.ts'
import { argoGeneratedName } from '../names.ts'
import type { ObjectTable } from '../objects.ts'
import type { Controller } from '../port.ts'
import { ApiError } from '../port.ts'
import type { Log } from '../telemetry.ts'
import { clusterTemplateIn, workflowTemplateIn } from '../world.ts'

const prefix = 'workflows.argoproj.io'

export type DispatchParts = {
  readonly objects: ObjectTable
  readonly random: Random
  readonly outside: Outside
  readonly feed: EventFeed
  readonly log: Log
  readonly create: Controller['createWorkflow']
}

export type IncomingEvent = {
  readonly namespace: string
  readonly discriminator: string
  readonly payload: unknown
  readonly metadata: Readonly<Record<string, readonly string[]>>
}

/** Tries every binding; then throws if one of them failed. */
export async function dispatch(event: IncomingEvent, parts: DispatchParts): Promise<void> {
  const errors: string[] = []
  for (const object of parts.objects.list('WorkflowEventBinding', event.namespace)) {
    const binding = object
    try {
      await dispatchOne(binding, event, parts)
    } catch (error) {
      const message = `failed to dispatch event: ${error instanceof Error ? error.message : String(error)}`
      const { name = '', namespace = '', uid } = binding.metadata
      parts.log.warn({ binding: name, namespace, error: message }, 'an event binding failed')
      const involved = { kind: 'WorkflowEventBinding', name, ...(uid === undefined ? {} : { uid }) }
      parts.feed.add({ namespace, type: 'Warning', reason: 'WorkflowEventBindingError', message, involved })
      errors.push(error instanceof Error ? error.message : String(error))
    }
  }
  if (errors.length > 0) throw new ApiError('INTERNAL', `failed to dispatch event: [${errors.join(' ')}]`)
}

async function dispatchOne(binding: WorkflowEventBinding, event: IncomingEvent, parts: DispatchParts): Promise<void> {
  const env = {
    namespace: event.namespace,
    discriminator: event.discriminator,
    payload: event.payload,
    metadata: event.metadata,
  }
  const selected = evaluateCondition(binding.spec.event.selector, env, parts.outside)
  if (!selected.ok) throw new Error(`failed to evaluate workflow template expression: ${selected.error}`)
  const { submit } = binding.spec
  if (!selected.value || submit === undefined) return
  const namespace = binding.metadata.namespace ?? event.namespace
  const workflow = workflowOf(binding, submit, { env, namespace }, parts)
  await parts.create(namespace, workflow).catch((error: unknown) => {
    throw new Error(`failed to create workflow: ${error instanceof Error ? error.message : String(error)}`)
  })
}

function workflowOf(
  binding: WorkflowEventBinding,
  submit: Submit,
  at: { readonly env: Readonly<Record<string, unknown>>; readonly namespace: string },
  parts: DispatchParts,
): Workflow {
  const { name: templateName = '', clusterScope } = submit.workflowTemplateRef
  const template =
    clusterScope === true
      ? clusterTemplateIn(parts.objects, templateName)
      : workflowTemplateIn(parts.objects, at.namespace, templateName)
  if (template === null) {
    const plural = clusterScope === true ? 'clusterworkflowtemplates' : 'workflowtemplates'
    throw new Error(`failed to get workflow template: ${plural}.argoproj.io "${templateName}" not found`)
  }
  const withFunctions = environmentWithFunctions(variablesOf({}), parts.outside, at.env)
  const evaluated = (what: string, source: string): string => {
    const outcome = evaluateExpression(compileExpression(source), withFunctions, parts.outside)
    if (!outcome.ok) throw new Error(`failed to evaluate workflow ${what} expression: ${outcome.error}`)
    if (typeof outcome.value !== 'string')
      throw new Error(`workflow ${what} expression must evaluate to a string, not a ${goTypeOf(outcome.value)}`)
    return outcome.value
  }
  const metadata = submit.metadata ?? {}
  const all = (what: string, map: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(Object.entries(map ?? {}).map(([key, source]) => [key, evaluated(`${what} "${key}"`, source)]))
  const generateName = metadata.generateName ? evaluated('generateName', metadata.generateName) : `${templateName}-`
  const name = metadata.name ? evaluated('name', metadata.name) : argoGeneratedName(parts.random, generateName)
  const { labels, annotations } = template.spec.workflowMetadata ?? {}
  const parameters = (submit.arguments?.parameters ?? []).map((parameter) =>
    argumentOf(parameter, at.env, parts.outside),
  )
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: {
      name,
      ...(metadata.name ? {} : { generateName }),
      namespace: at.namespace,
      labels: {
        ...labels,
        ...all('label', metadata.labels),
        [`${prefix}/workflow-event-binding`]: binding.metadata.name ?? '',
        [clusterScope === true ? `${prefix}/cluster-workflow-template` : `${prefix}/workflow-template`]: templateName,
      },
      annotations: { ...annotations, ...all('annotation', metadata.annotations) },
    },
    spec: {
      workflowTemplateRef: submit.workflowTemplateRef,
      ...(parameters.length === 0 ? {} : { arguments: { parameters } }),
    },
  }
}

/** Here without the added functions; a text keeps its JSON escapes and loses its quotes. */
function argumentOf(parameter: Parameter, env: Readonly<Record<string, unknown>>, outside: Outside): Parameter {
  const malformed = `malformed workflow template parameter "${parameter.name}"`
  if (parameter.valueFrom === undefined) throw new Error(`${malformed}: valueFrom is nil`)
  const { event } = parameter.valueFrom
  if (!event) throw new Error(`${malformed}: valueFrom.event is empty`)
  const outcome = evaluateExpression(compileExpression(event), env, outside)
  if (!outcome.ok)
    throw new Error(`failed to evaluate workflow template parameter "${parameter.name}" expression: ${outcome.error}`)
  const json = encodeJson(outcome.value)
  return { name: parameter.name, value: typeof outcome.value === 'string' ? json.slice(1, -1) : json }
}
