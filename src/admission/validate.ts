/** The check of whole objects, as Argo makes it on creation, on lint and on submission, and our policy for the host. */
import type {
  ClusterWorkflowTemplate,
  CronWorkflow,
  ObjectMeta,
  Position,
  Workflow,
  WorkflowEventBinding,
  WorkflowSpec,
  WorkflowTemplate,
} from '../resources/index.ts'
import { advised } from './advice.ts'
import { type SecurityPolicy, checkPolicy } from './policy.ts'
import { type Path, type Problem, pathText } from './problem.ts'
import { RecentTexts } from './recent-texts.ts'
import type { TemplateLookup } from './validate/context.ts'
import { cronWorkflowFaults } from './validate/cron-workflow.ts'
import { type Fault, fault } from './validate/fault.ts'
import { type SpecOptions, specFaults } from './validate/workflow.ts'

export type ValidateOptions = {
  /** `plain`: create, and what the controller checks. `lint`: arguments may lack values. `submit`: nothing may. */
  readonly mode?: 'plain' | 'lint' | 'submit'
  readonly lookup?: TemplateLookup
  /** Of an object that names none. */
  readonly namespace?: string
  readonly policy?: SecurityPolicy
  readonly workflowDefaults?: { readonly spec?: WorkflowSpec } | undefined
  /** `open`: a template may refer to an object that does not exist yet. */
  readonly missingObjects?: 'fault' | 'open'
  /** Places of the text the object was read from. */
  readonly locate?: (path: Path, text?: string) => Position
}

/** Finds nothing. */
export const noTemplates: TemplateLookup = {
  workflowTemplate: () => undefined,
  clusterWorkflowTemplate: () => undefined,
}

/**
 * Empty: nothing is wrong. Argo names one fault for each object, and so does all but lint: that gives the further ones
 * behind it. Those of the policy come last.
 */
export function validateWorkflow(workflow: Workflow, options: ValidateOptions = {}): Problem[] {
  const { metadata, spec } = workflow
  const named = nameFault('workflow', metadata)
  const { mode = 'plain', workflowDefaults } = options
  if (named !== null || mode !== 'plain' || workflowDefaults !== undefined)
    return problems(faultsOf(named, specFaultsOf(metadata, spec, false, options)), spec, ['spec'], options)
  const text = JSON.stringify([metadata.labels, metadata.annotations, spec])
  if (soundSpecs.has(text)) return problems([], spec, ['spec'], options)
  const lookup = watched(options.lookup ?? noTemplates)
  const wrong = problems(specFaultsOf(metadata, spec, false, { ...options, lookup }), spec, ['spec'], options)
  if (wrong.length === 0 && !lookup.isAsked) soundSpecs.add(text)
  return wrong
}

/** What was found without fault and refers to no other object: it is the same whoever asks again. */
const soundSpecs = new RecentTexts(4_000_000)

/** The same templates; tells whether any was asked for. */
function watched(lookup: TemplateLookup): TemplateLookup & { readonly isAsked: boolean } {
  const watching = {
    isAsked: false,
    workflowTemplate: (name: string, namespace: string) => {
      watching.isAsked = true
      return lookup.workflowTemplate(name, namespace)
    },
    clusterWorkflowTemplate: (name: string) => {
      watching.isAsked = true
      return lookup.clusterWorkflowTemplate(name)
    },
  }
  return watching
}

export function validateWorkflowTemplate(template: WorkflowTemplate, options: ValidateOptions = {}): Problem[] {
  return templateProblems('workflow template', template, options)
}

export function validateClusterWorkflowTemplate(
  template: ClusterWorkflowTemplate,
  options: ValidateOptions = {},
): Problem[] {
  return templateProblems('cluster workflow template', template, options)
}

export function validateCronWorkflow(cron: CronWorkflow, options: ValidateOptions = {}): Problem[] {
  const { metadata, spec } = cron
  const named = { ...cron, metadata: { ...metadata, namespace: metadata.namespace ?? options.namespace ?? '' } }
  return problems(cronWorkflowFaults(named, specOptions(options)), spec.workflowSpec, ['spec', 'workflowSpec'], options)
}

/** Argo checks nothing of a binding; one without a selector or a template could never do anything. */
export function validateEventBinding({ spec }: WorkflowEventBinding, options: ValidateOptions = {}): Problem[] {
  const { event, submit } = spec
  const wrong =
    event.selector === ''
      ? fault('spec.event.selector is required', ['spec', 'event'])
      : submit && !submit.workflowTemplateRef.name
        ? fault('spec.submit.workflowTemplateRef.name is required', ['spec', 'submit'])
        : null
  return wrong ? [problemOf(wrong, options)] : []
}

function templateProblems(kind: string, { metadata, spec }: WorkflowTemplate, options: ValidateOptions): Problem[] {
  const faults = faultsOf(nameFault(kind, metadata), specFaultsOf(metadata, spec, true, options))
  return problems(faults, spec, ['spec'], options)
}

const specOptions = ({ lookup, workflowDefaults }: ValidateOptions): Omit<SpecOptions, 'mayLackValues'> => ({
  lookup: lookup ?? noTemplates,
  workflowDefaults,
})

function* faultsOf(own: Fault | null, more: Iterable<Fault>): Generator<Fault> {
  if (own) yield own
  yield* more
}

function specFaultsOf(
  metadata: ObjectMeta,
  spec: WorkflowSpec,
  isTemplate: boolean,
  options: ValidateOptions,
): Iterable<Fault> {
  const namespace = metadata.namespace ?? options.namespace ?? ''
  const { mode = 'plain' } = options
  const mayLackValues = mode === 'lint' || (isTemplate && mode !== 'submit')
  const subject = { metadata, spec, place: ['spec'], namespace, isTemplate }
  const mayLackObjects = isTemplate && options.missingObjects === 'open'
  return specFaults(subject, { ...specOptions(options), mayLackValues, mayLackObjects })
}

const maxNameLength = 63

function nameFault(kind: string, { name = '' }: ObjectMeta): Fault | null {
  const length = Buffer.byteLength(name)
  if (length <= maxNameLength) return null
  const words = `must not be more than ${maxNameLength} characters long (currently ${length})`
  return fault(`${kind} name "${name}" ${words}`, ['metadata', 'name'])
}

function problems(faults: Iterable<Fault>, spec: WorkflowSpec, at: Path, options: ValidateOptions): Problem[] {
  const breaches = options.policy ? checkPolicy(spec, options.policy, at) : []
  const placed = breaches.map(({ location, ...problem }) => {
    return options.locate ? { ...problem, at: options.locate(location) } : problem
  })
  return [...found(faults, options), ...placed]
}

/** The first fault; on lint all of them, each place once. */
function found(faults: Iterable<Fault>, options: ValidateOptions): Problem[] {
  const byPlace = new Map<string, Problem>()
  for (const one of faults) {
    const problem = problemOf(one, options)
    const place = problem.path ?? problem.message
    if (!byPlace.has(place)) byPlace.set(place, problem)
    if (options.mode !== 'lint') break
  }
  return [...byPlace.values()]
}

const problemOf = ({ message, path, text, hint }: Fault, { locate }: ValidateOptions): Problem =>
  advised({
    message,
    ...(path === null ? {} : { path: pathText(path) }),
    ...(hint === undefined ? {} : { hint }),
    ...(locate ? { at: locate(path ?? [], text) } : {}),
  })
