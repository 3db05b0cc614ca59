/** A workflow, or the spec of a template that is checked as one, in the order in which Argo looks at it. */
import type { Arguments, ObjectMeta, Template, WorkflowSpec } from '../../resources/index.ts'
import { mergeArguments } from '../merge-arguments.ts'
import { argumentsFault } from './arguments.ts'
import type { Call, Context, Holder, TemplateLookup } from './context.ts'
import { executorPluginsFault } from './executor-plugins.ts'
import { type Fault, type Place, calledFrom, fault, inside } from './fault.ts'
import type { Filling } from './fill-inputs.ts'
import { hooksFault } from './hooks.ts'
import { fieldNameFault, namesFault } from './names.ts'
import { placeholderSource } from './placeholders.ts'
import { podGCFault } from './pod-gc.ts'
import { podResourcesFault } from './pod-resources.ts'
import { holderOf } from './resolve-template.ts'
import { anyOutputArtifact, anyOutputParameter } from './scope.ts'
import { callFault } from './template.ts'
import { isVariable } from './template-kind.ts'

export type Subject = {
  readonly metadata: Pick<ObjectMeta, 'name' | 'labels' | 'annotations'>
  readonly spec: WorkflowSpec
  /** Where the spec stands in the object. */
  readonly place: Place
  readonly namespace: string
  readonly isTemplate: boolean
}

export type SpecOptions = {
  /** Arguments may lack values, as they come on submission. */
  readonly mayLackValues: boolean
  readonly lookup: TemplateLookup
  /** What a reference to an unknown object gives is left open. */
  readonly mayLackObjects?: boolean
  /** Labels and annotations that the controller gives to every workflow. */
  readonly workflowDefaults?: { readonly spec?: WorkflowSpec } | undefined
}

type Check = {
  readonly subject: Subject
  readonly context: Context
  readonly local: Holder
  /** The object that `workflowTemplateRef` names. */
  readonly referred: Holder | undefined
  readonly given: Arguments
}

/** The faults in Argo's order; Argo itself stops at the first. Empty: nothing is wrong. */
export function* specFaults(subject: Subject, options: SpecOptions): Generator<Fault> {
  const { spec, place, namespace, isTemplate } = subject
  const context: Context = {
    lookup: options.lookup,
    namespace,
    isTemplate,
    mayLackObjects: options.mayLackObjects ?? false,
    globals: new Map(),
    validated: new Set(),
    placeholder: placeholderSource(),
  }
  const local: Holder = { scope: 'local', name: subject.metadata.name ?? '', spec, place }
  const referred = referredHolder(subject, context)
  if (referred && 'fault' in referred) return yield referred.fault
  yield* some(namesFault('spec.templates', spec.templates, fieldNameFault, inside(place, 'templates')))
  yield* some(executorPluginsFault(spec.executorPlugins, inside(place, 'executorPlugins')))
  const given = referred ? mergeArguments(spec.arguments, referred.spec.arguments) : (spec.arguments ?? {})
  const values = options.mayLackValues ? 'open' : 'whole'
  yield* some(argumentsFault('spec.arguments.', given, values, inside(place, 'arguments')))
  addGlobals(context, subject, given, referred, options)
  const check: Check = { subject, context, local, referred, given }
  const walk = entrypointFault(check)
  if (walk) {
    yield walk
    // What lies behind the fault was not met, so whatever it would have put out counts as known.
    for (const name of [anyOutputParameter, anyOutputArtifact]) context.globals.set(name, 'true')
  }
  yield* some(exitHandlerFault(check))
  yield* some(hooksFault('hooks', spec.hooks, inside(place, 'hooks')))
  yield* some(podGCFault(spec.podGC, inside(place, 'podGC')))
  yield* some(podResourcesFault('spec.podResources', spec.podResources, inside(place, 'podResources')))
  yield* remainingFaults(check)
}

function* some(found: Fault | null): Generator<Fault> {
  if (found) yield found
}

function referredHolder({ spec, place }: Subject, context: Context): Holder | undefined | { readonly fault: Fault } {
  const ref = spec.workflowTemplateRef
  if (!ref) return undefined
  if ((spec.templates ?? []).length > 0) {
    const words = 'Templates is invalid field in spec if workflow referred WorkflowTemplate reference'
    return { fault: fault(words, inside(place, 'templates')) }
  }
  const holder = holderOf(ref, null, context)
  return 'fault' in holder ? { fault: { ...holder.fault, path: inside(place, 'workflowTemplateRef', 'name') } } : holder
}

function addGlobals(
  context: Context,
  subject: Subject,
  given: Arguments,
  referred: Holder | undefined,
  options: SpecOptions,
): void {
  const { metadata, spec } = subject
  const { globals, placeholder } = context
  const add = (name: string) => globals.set(name, placeholder())
  for (const field of ['name', 'namespace', 'mainEntrypoint', 'serviceAccountName', 'uid', 'status'])
    add(`workflow.${field}`)
  const parameters = given.parameters ?? []
  if (parameters.length > 0) for (const name of ['workflow.parameters', 'workflow.parameters.json']) add(name)
  for (const { name, value } of parameters) {
    if (name !== '') globals.set(`workflow.parameters.${name}`, value ?? placeholder())
  }
  const more = [
    spec.workflowMetadata,
    options.workflowDefaults?.spec?.workflowMetadata,
    referred?.spec.workflowMetadata,
  ]
  const annotations = [metadata.annotations, ...more.map((source) => source?.annotations)]
  const labels = [metadata.labels, ...more.flatMap((source) => [source?.labels, source?.labelsFrom])]
  for (const [field, sources] of [['annotations', annotations] as const, ['labels', labels] as const]) {
    for (const key of sources.flatMap((source) => Object.keys(source ?? {}))) add(`workflow.${field}.${key}`)
    for (const name of [`workflow.${field}`, `workflow.${field}.json`]) add(name)
  }
  if (spec.priority !== undefined) globals.set('workflow.priority', String(spec.priority))
}

const standIns = ({ context }: Check): Filling => ({ kind: 'stand-ins', placeholder: context.placeholder })

/** A template of the spec itself, or of the object it refers to. */
function callOf(template: string, { subject, referred }: Check): Call {
  const ref = subject.spec.workflowTemplateRef
  if (!referred || !ref) return { template }
  return { templateRef: { name: ref.name ?? '', template, clusterScope: ref.clusterScope ?? false } }
}

function entrypointFault(check: Check): Fault | null {
  const { subject, context, local, referred, given } = check
  const { spec, isTemplate, place } = subject
  if (isTemplate && !spec.entrypoint) return null
  const entrypoint = spec.entrypoint || referred?.spec.entrypoint || ''
  if (entrypoint === '') return fault('spec.entrypoint is required', place)
  const filling: Filling = isTemplate ? standIns(check) : { kind: 'given', arguments: given }
  const outcome = callFault(callOf(entrypoint, check), local, filling, null, context)
  return outcome.fault ? { ...outcome.fault, path: outcome.fault.path ?? refPlace(check, 'entrypoint') } : null
}

/** Where the spec names a template, or else the object it is in. */
function refPlace({ subject }: Check, field: 'entrypoint' | 'onExit'): Place {
  const { spec, place } = subject
  return inside(place, spec[field] ? field : 'workflowTemplateRef')
}

function exitHandlerFault(check: Check): Fault | null {
  const { subject, context, local, referred } = check
  const handler = subject.spec.onExit || referred?.spec.onExit
  if (!handler) return null
  context.globals.set('workflow.failures', context.placeholder())
  const templates = [...(subject.spec.templates ?? []), ...(referred?.spec.templates ?? [])]
  if (templates.some(hasVariableGlobalArtifact)) context.globals.set(anyOutputArtifact, 'true')
  const filling: Filling = { kind: 'given', arguments: subject.spec.arguments }
  const outcome = callFault(callOf(handler, check), local, filling, null, context)
  return outcome.fault ? { ...outcome.fault, path: outcome.fault.path ?? refPlace(check, 'onExit') } : null
}

const hasVariableGlobalArtifact = ({ outputs }: Template): boolean =>
  (outputs?.artifacts ?? []).some(({ globalName }) => globalName !== undefined && isVariable(globalName))

/** All templates, used or not. */
function* remainingFaults(check: Check): Generator<Fault> {
  const { subject, context, local, referred } = check
  const templates = (referred ?? local).spec.templates ?? []
  for (const [index, template] of templates.entries()) {
    const name = template.name ?? ''
    const outcome = callFault(callOf(name, check), local, standIns(check), null, context)
    if (!outcome.fault) continue
    const place = referred ? inside(subject.place, 'workflowTemplateRef') : inside(subject.place, 'templates', index)
    yield calledFrom(`templates.${name}`, outcome.fault, place)
  }
}
