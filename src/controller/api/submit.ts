/** Submitting from a template or a CronWorkflow (rest-api.md §6). */
import { parseKeyValues } from './key-values.ts'
import type { Artifact, CronWorkflow, Parameter, Workflow, WorkflowSpec } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import { manualChild } from '../cron/child.ts'
import type { CreateOptions, SubmitOptions } from '../port.ts'
import { ApiError } from '../port.ts'
import { notFound } from '../refusals.ts'
import { clusterTemplateIn, cronIn, workflowTemplateIn } from '../world.ts'
import { uploadedArtifact } from './uploads.ts'
import { createWorkflow, problemsOf, refuse } from './create.ts'

const prefix = 'workflows.argoproj.io'
const apiVersion = 'argoproj.io/v1alpha1'

type Source = {
  readonly workflow: Workflow
  /** What the arguments are checked against. */ readonly spec: WorkflowSpec
}

export async function submitFrom(
  core: Core,
  namespace: string,
  kind: string,
  name: string,
  options: SubmitOptions,
): Promise<Workflow> {
  const source = sourceOf(core, namespace, kind, name)
  const workflow = withOptions(core, source, namespace, options)
  refuse(problemsOf(core, withEnums(workflow, source.spec), 'submit'), () => core.telemetry.manifestRefused('Workflow'))
  const creation: CreateOptions =
    options.dryRun === true ? { dryRun: 'client' } : options.serverDryRun === true ? { dryRun: 'server' } : {}
  return createWorkflow(core, namespace, workflow, creation)
}

function sourceOf(core: Core, namespace: string, kind: string, name: string): Source {
  switch (kind) {
    case 'CronWorkflow':
    case 'cronworkflow':
    case 'cronworkflows':
    case 'cronwf': {
      const cron: CronWorkflow | null = cronIn(core.objects, namespace, name)
      if (cron === null) throw notFound('CronWorkflow', name)
      return { workflow: manualChild(cron, core.clock.now()), spec: cron.spec.workflowSpec }
    }
    case 'WorkflowTemplate':
    case 'workflowtemplate':
    case 'workflowtemplates':
    case 'wftmpl': {
      const template = workflowTemplateIn(core.objects, namespace, name)
      if (template === null) throw notFound('WorkflowTemplate', name)
      return { workflow: fromTemplate(name, false), spec: template.spec }
    }
    case 'ClusterWorkflowTemplate':
    case 'clusterworkflowtemplate':
    case 'clusterworkflowtemplates':
    case 'cwftmpl': {
      const template = clusterTemplateIn(core.objects, name)
      if (template === null) throw notFound('ClusterWorkflowTemplate', name)
      return { workflow: fromTemplate(name, true), spec: template.spec }
    }
    default:
      throw new ApiError('INVALID_ARGUMENT', `Resource kind '${kind}' is not supported for submitting`)
  }
}

function fromTemplate(name: string, clusterScope: boolean): Workflow {
  const label = clusterScope ? `${prefix}/cluster-workflow-template` : `${prefix}/workflow-template`
  return {
    apiVersion,
    kind: 'Workflow',
    metadata: { generateName: `${name}-`, labels: { [label]: name } },
    spec: { workflowTemplateRef: { name, ...(clusterScope ? { clusterScope } : {}) } },
  }
}

function withOptions(
  core: Core,
  { workflow, spec: origin }: Source,
  namespace: string,
  options: SubmitOptions,
): Workflow {
  const { metadata, spec } = workflow
  const labels = { ...metadata.labels, ...parseKeyValues(options.labels ?? '', 'labels') }
  const annotations = { ...metadata.annotations, ...parseKeyValues(options.annotations ?? '', 'annotations') }
  const parameters = overridden(spec.arguments?.parameters ?? [], options.parameters ?? [])
  const artifacts = withArtifacts(core, spec.arguments?.artifacts ?? [], {
    origin,
    namespace,
    given: options.artifacts ?? [],
  })
  const hasArguments = parameters.length > 0 || artifacts.length > 0
  const owner = options.ownerReference as NonNullable<typeof metadata.ownerReferences>[number] | undefined
  return {
    ...workflow,
    metadata: {
      ...metadata,
      ...(options.name ? { name: options.name } : {}),
      ...(options.generateName ? { generateName: options.generateName } : {}),
      namespace,
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(owner === undefined ? {} : { ownerReferences: [...(metadata.ownerReferences ?? []), owner] }),
    },
    spec: {
      ...spec,
      ...(options.entryPoint ? { entrypoint: options.entryPoint } : {}),
      ...(options.serviceAccount ? { serviceAccountName: options.serviceAccount } : {}),
      ...(options.podPriorityClassName ? { podPriorityClassName: options.podPriorityClassName } : {}),
      ...(options.priority === undefined ? {} : { priority: options.priority }),
      ...(hasArguments
        ? {
            arguments: {
              ...spec.arguments,
              ...(parameters.length > 0 ? { parameters } : {}),
              ...(artifacts.length > 0 ? { artifacts } : {}),
            },
          }
        : {}),
    },
  }
}

/** The workflow as it is checked: what an argument may be stands in the template. */
function withEnums(workflow: Workflow, origin: WorkflowSpec): Workflow {
  const declared = new Map(origin.arguments?.parameters?.map((parameter) => [parameter.name, parameter.enum]))
  const parameters = workflow.spec.arguments?.parameters?.map((parameter) => {
    const allowed = declared.get(parameter.name)
    return allowed === undefined ? parameter : { ...parameter, enum: allowed }
  })
  if (parameters === undefined) return workflow
  return { ...workflow, spec: { ...workflow.spec, arguments: { ...workflow.spec.arguments, parameters } } }
}

/** Given ones first, then the untouched rest; unknown names are added. */
export function overridden(known: readonly Parameter[], given: readonly string[]): Parameter[] {
  const changed = given.map((text): Parameter => {
    const at = text.indexOf('=')
    if (at < 0) throw new ApiError('INVALID_ARGUMENT', `expected parameter of the form: NAME=VALUE. Received: ${text}`)
    return { name: text.slice(0, at), value: text.slice(at + 1) }
  })
  const names = new Set(changed.map(({ name }) => name))
  return [...changed, ...known.filter(({ name }) => !names.has(name))]
}

/** Artifacts are given by the keys of uploads. */
function withArtifacts(
  core: Core,
  known: readonly Artifact[],
  {
    origin,
    namespace,
    given,
  }: { readonly origin: WorkflowSpec; readonly namespace: string; readonly given: readonly string[] },
): Artifact[] {
  const changed = given.map((text): Artifact => {
    const at = text.indexOf('=')
    const [name, key] = [text.slice(0, at), text.slice(at + 1)]
    if (at < 0) throw new ApiError('INVALID_ARGUMENT', `expected artifact of the form: NAME=KEY. Received: ${text}`)
    if (!key.startsWith(`uploads/${namespace}/`) || key.split('/').includes('..'))
      throw new ApiError('INVALID_ARGUMENT', `artifact key must be of the form uploads/${namespace}/…`)
    const declared = [...known, ...(origin.arguments?.artifacts ?? [])].find((artifact) => artifact.name === name)
    if (declared === undefined)
      throw new ApiError('INVALID_ARGUMENT', `artifact ${name} is not an argument of the template`)
    return uploadedArtifact(core, name, key)
  })
  const names = new Set(changed.map(({ name }) => name))
  return [...changed, ...known.filter(({ name }) => !names.has(name))]
}
