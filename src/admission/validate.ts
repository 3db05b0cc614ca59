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
import { type SecurityPolicy, checkPolicy } from './policy.ts'
import { type Path, type Problem, pathText } from './problem.ts'
import type { TemplateLookup } from './validate/context.ts'
import { cronWorkflowFault } from './validate/cron-workflow.ts'
import { type Fault, fault } from './validate/fault.ts'
import { type SpecOptions, specFault } from './validate/workflow.ts'

export type ValidateOptions = {
  /** `plain`: create, and what the controller checks. `lint`: arguments may lack values. `submit`: nothing may. */
  readonly mode?: 'plain' | 'lint' | 'submit'
  readonly lookup?: TemplateLookup
  /** Of an object that names none. */
  readonly namespace?: string
  readonly policy?: SecurityPolicy
  readonly workflowDefaults?: { readonly spec?: WorkflowSpec } | undefined
  /** Places of the text the object was read from. */
  readonly locate?: (path: Path, text?: string) => Position
}

/** Finds nothing. */
export const noTemplates: TemplateLookup = {
  workflowTemplate: () => undefined,
  clusterWorkflowTemplate: () => undefined,
}

/** Empty: nothing is wrong. Argo names one fault for each object; those of the policy come after it. */
export function validateWorkflow(workflow: Workflow, options: ValidateOptions = {}): Problem[] {
  const { metadata, spec } = workflow
  const found = nameFault('workflow', metadata) ?? specFaultOf(metadata, spec, false, options)
  return problems(found, spec, ['spec'], options)
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
  return problems(cronWorkflowFault(named, specOptions(options)), spec.workflowSpec, ['spec', 'workflowSpec'], options)
}

/** Argo checks nothing of a binding; one without a selector or a template could never do anything. */
export function validateEventBinding({ spec }: WorkflowEventBinding, options: ValidateOptions = {}): Problem[] {
  const { event, submit } = spec
  const found =
    event.selector === ''
      ? fault('spec.event.selector is required', ['spec', 'event'])
      : submit && !submit.workflowTemplateRef.name
        ? fault('spec.submit.workflowTemplateRef.name is required', ['spec', 'submit'])
        : null
  return found ? [problemOf(found, options)] : []
}

function templateProblems(kind: string, { metadata, spec }: WorkflowTemplate, options: ValidateOptions): Problem[] {
  return problems(nameFault(kind, metadata) ?? specFaultOf(metadata, spec, true, options), spec, ['spec'], options)
}

const specOptions = ({ lookup, workflowDefaults }: ValidateOptions): Omit<SpecOptions, 'mayLackValues'> => ({
  lookup: lookup ?? noTemplates,
  workflowDefaults,
})

function specFaultOf(
  metadata: ObjectMeta,
  spec: WorkflowSpec,
  isTemplate: boolean,
  options: ValidateOptions,
): Fault | null {
  const namespace = metadata.namespace ?? options.namespace ?? ''
  const { mode = 'plain' } = options
  const mayLackValues = mode === 'lint' || (isTemplate && mode !== 'submit')
  const subject = { metadata, spec, place: ['spec'], namespace, isTemplate }
  return specFault(subject, { ...specOptions(options), mayLackValues })
}

const maxNameLength = 63

function nameFault(kind: string, { name = '' }: ObjectMeta): Fault | null {
  const length = Buffer.byteLength(name)
  if (length <= maxNameLength) return null
  const words = `must not be more than ${maxNameLength} characters long (currently ${length})`
  return fault(`${kind} name "${name}" ${words}`, ['metadata', 'name'])
}

function problems(found: Fault | null, spec: WorkflowSpec, at: Path, options: ValidateOptions): Problem[] {
  const breaches = options.policy ? checkPolicy(spec, options.policy, at) : []
  const placed = breaches.map(({ location, ...problem }) => {
    return options.locate ? { ...problem, at: options.locate(location) } : problem
  })
  return found ? [problemOf(found, options), ...placed] : placed
}

const problemOf = ({ message, path, text, hint }: Fault, { locate }: ValidateOptions): Problem => ({
  message,
  ...(path === null ? {} : { path: pathText(path) }),
  ...(hint === undefined ? {} : { hint }),
  ...(locate ? { at: locate(path ?? [], text) } : {}),
})
