/** One call of a template: what it means, whether its inputs are filled, and once for each template all that is in it. */
import { variablesOf } from '../../expressions/index.ts'
import type { Template } from '../../resources/index.ts'
import { artifactLocationFault } from './artifact-location.ts'
import type { CallOutcome, Checking } from './checking.ts'
import type { Call, Context, Holder } from './context.ts'
import { dagFault } from './dag.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'
import { type Filling, fillInputs } from './fill-inputs.ts'
import { inputsScope } from './inputs.ts'
import { leafFault } from './leaf.ts'
import { metricsFault } from './metrics.ts'
import { outputsFault } from './outputs.ts'
import { podResourcesFault } from './pod-resources.ts'
import { type Resolved, resolveTemplate } from './resolve-template.ts'
import { type Scope, isUnclosed, placeOfText } from './scope.ts'
import { stepsFault } from './steps.ts'
import { isLeaf, makesPod, templateKind, templateKinds } from './template-kind.ts'

const retryPolicies = ['Always', 'OnError', 'OnFailure', 'OnTransientError', '']

export function callFault(call: Call, holder: Holder, filling: Filling, place: Place, context: Context): CallOutcome {
  const resolved = resolveTemplate(call, holder, place, context)
  if ('open' in resolved) return {}
  if ('fault' in resolved) return resolved
  const policy = resolved.template.retryStrategy?.retryPolicy ?? ''
  if (!retryPolicies.includes(policy)) {
    return {
      fault: fault(`${policy} is not a valid RetryPolicy`, inside(resolved.place, 'retryStrategy', 'retryPolicy')),
    }
  }
  const found = templateFault(resolved, filling, context)
  return found ? { template: resolved.template, fault: found } : { template: resolved.template }
}

function templateFault(resolved: Resolved, filling: Filling, context: Context): Fault | null {
  const { template, place, holder } = resolved
  const outside = kindFault(template, place) ?? resourcesFault(template, place)
  if (outside) return outside
  const inputs = inputsScope(template, place)
  if ('fault' in inputs) return inputs.fault
  const unnamed = (template.initContainers ?? []).findIndex(({ name }) => name === '')
  if (unnamed !== -1) {
    return fault('initContainers must all have container name', inside(place, 'initContainers', unnamed))
  }
  const own = ownVariables(template, context)
  addOwnNames(inputs.scope, template, own)
  const filled = fillInputs(template, filling, variablesOf(own, variablesOf(context.globals)))
  if ('fault' in filled) {
    const at = filled.fault.startsWith('Cannot find end tag') ? placeOfText(template, place, isUnclosed) : null
    return fault(`templates.${template.name ?? ''} ${filled.fault}`, at, at ? '{{' : undefined)
  }
  const late = timeoutFault(template, filled.template, place)
  if (late) return late
  const id = `${holder.scope}/${holder.name}/${template.name ?? ''}`
  if (context.validated.has(id)) return null
  context.validated.add(id)
  for (const name of context.globals.keys()) inputs.scope.add(name)
  return bodyFault(filled.template, inputs.scope, { ...resolved, template: filled.template }, context)
}

function kindFault(template: Template, place: Place): Fault | null {
  if (templateKinds(template).length < 2) return null
  const choice = 'container, containerSet, steps, script, resource, dag, suspend, template, template ref'
  return fault(`templates.${template.name ?? ''} multiple template types specified. choose one of: ${choice}`, place)
}

function resourcesFault(template: Template, place: Place): Fault | null {
  if (!template.podResources) return null
  const prefix = `templates.${template.name ?? ''}.podResources`
  const at = inside(place, 'podResources')
  const kind = templateKind(template)
  if (kind === 'HTTP' || kind === 'Plugin') return fault(`${prefix} is not supported for ${kind} templates`, at)
  return podResourcesFault(prefix, template.podResources, at)
}

const retryVariables = ['retries', 'lastRetry.exitCode', 'lastRetry.status', 'lastRetry.duration', 'lastRetry.message']

/** Variables that the node itself has. */
function ownVariables(template: Template, { placeholder }: Context): ReadonlyMap<string, string> {
  const names = [...(makesPod(template) ? ['pod.name'] : []), ...(template.retryStrategy ? retryVariables : [])]
  return new Map(names.map((name) => [name, placeholder()]))
}

function addOwnNames(scope: Scope, template: Template, own: ReadonlyMap<string, string>): void {
  scope.add(...own.keys())
  if (!isLeaf(template)) return
  for (const { name, path } of template.outputs?.artifacts ?? []) if (path) scope.add(`outputs.artifacts.${name}.path`)
  for (const { name, valueFrom } of template.outputs?.parameters ?? []) {
    if (valueFrom?.path) scope.add(`outputs.parameters.${name}.path`)
  }
}

function timeoutFault(template: Template, filled: Template, place: Place): Fault | null {
  const kind = templateKind(filled)
  if ((template.resourceClaims ?? []).length > 0 && !makesPod(filled)) {
    const words = `resourceClaims is not supported for ${kind} templates, which do not create a pod`
    return fault(`templates.${template.name ?? ''}.${words}`, inside(place, 'resourceClaims'))
  }
  const { timeout, pendingTimeout } = filled
  if (timeout && !isLeaf(filled))
    return fault(`${kind} template doesn't support timeout field`, inside(place, 'timeout'))
  if (timeout && /^[+-]?\d+$/.test(timeout)) {
    return fault(`${filled.name ?? ''} has invalid duration format in timeout`, inside(place, 'timeout'))
  }
  if (pendingTimeout && !isLeaf(filled)) {
    return fault(`${kind} template doesn't support pendingTimeout field`, inside(place, 'pendingTimeout'))
  }
  return null
}

function bodyFault(template: Template, scope: Scope, { place, holder }: Resolved, context: Context): Fault | null {
  const variables = { scope, globals: context.globals, anyWorkflowParameter: context.isTemplate }
  const checking: Checking = {
    scope,
    context,
    place,
    call: (call, filling, at) => callFault(call, holder, filling, at, context),
  }
  const kind = templateKind(template)
  const own =
    kind === 'Steps'
      ? (compositeFault(template, place) ?? stepsFault(template, checking))
      : kind === 'DAG'
        ? (compositeFault(template, place) ?? dagFault(template, checking))
        : leafFault(template, variables, holder, place)
  if (own) return own
  const prefix = `templates.${template.name ?? ''}`
  return (
    outputsFault(template, variables, place) ??
    (template.archiveLocation
      ? artifactLocationFault(`${prefix}.archiveLocation`, template.archiveLocation, inside(place, 'archiveLocation'))
      : null) ??
    metricsFault(template, place)
  )
}

function compositeFault(template: Template, place: Place): Fault | null {
  if (template.activeDeadlineSeconds === undefined) return null
  const message = `templates.${template.name ?? ''}.activeDeadlineSeconds is only valid for leaf templates`
  return fault(message, inside(place, 'activeDeadlineSeconds'))
}
