/** The spec that runs: the workflow's over that of the template it refers to, over the controller's defaults. */
import type { Artifact, Parameter, Template, WorkflowSpec } from '../resources/index.ts'
import { strategicMerge, templateMerge, workflowSpecMerge } from './strategic-merge.ts'

/**
 * Precedence: workflow, template, defaults. Hooks and `labelsFrom` go by key, a parameter as a whole to the first that gives
 * it a value, `suspend` is always the workflow's.
 */
export function mergeWorkflowSpecs(
  workflow: WorkflowSpec,
  template: WorkflowSpec | undefined,
  defaults: WorkflowSpec | undefined,
): WorkflowSpec {
  const merged = [template, defaults].reduce<WorkflowSpec>(
    (above, below) => (below ? over(above, below) : above),
    workflow,
  )
  const { suspend: _, arguments: given, ...rest } = merged
  const parameters = given?.parameters?.map((parameter) => firstParameter(parameter, [workflow, template]))
  const artifacts = given?.artifacts?.map((artifact) => firstArtifact(artifact, [workflow, template]))
  return {
    ...rest,
    ...(workflow.suspend === undefined ? {} : { suspend: workflow.suspend }),
    ...(given
      ? { arguments: { ...given, ...(parameters ? { parameters } : {}), ...(artifacts ? { artifacts } : {}) } }
      : {}),
  }
}

function over(above: WorkflowSpec, below: WorkflowSpec): WorkflowSpec {
  const { hooks, workflowMetadata, ...base } = below
  const { labelsFrom, ...metadata }: NonNullable<WorkflowSpec['workflowMetadata']> = workflowMetadata ?? {}
  const merged: WorkflowSpec = strategicMerge<WorkflowSpec>(
    { ...base, ...(workflowMetadata ? { workflowMetadata: metadata } : {}) },
    above,
    workflowSpecMerge,
  )
  const labels = { ...labelsFrom, ...merged.workflowMetadata?.labelsFrom }
  return {
    ...merged,
    ...(hooks || above.hooks ? { hooks: { ...hooks, ...above.hooks } } : {}),
    ...(Object.keys(labels).length > 0 ? { workflowMetadata: { ...merged.workflowMetadata, labelsFrom: labels } } : {}),
  }
}

const hasValue = ({ value, default: fallback, valueFrom }: Parameter): boolean =>
  value !== undefined || fallback !== undefined || valueFrom !== undefined

function firstParameter(merged: Parameter, specs: readonly (WorkflowSpec | undefined)[]): Parameter {
  if (!hasValue(merged)) return merged
  for (const spec of specs) {
    const own = spec?.arguments?.parameters?.findLast(({ name }) => name === merged.name)
    if (own && hasValue(own)) return own
  }
  return merged
}

const backends = ['artifactory', 'azure', 'git', 'gcs', 'hdfs', 'http', 'oss', 'raw', 's3', 'plugin'] as const
const backendOf = (artifact: Artifact) => backends.find((backend) => artifact[backend] !== undefined)

/** Of one backend the fields merge, so that a bucket is inherited; another backend replaces the place as a whole. */
function firstArtifact(merged: Artifact, specs: readonly (WorkflowSpec | undefined)[]): Artifact {
  for (const spec of specs) {
    const own = spec?.arguments?.artifacts?.findLast(({ name }) => name === merged.name)
    if (!own) continue
    const backend = backendOf(own)
    const isSame = backend !== undefined && backend === backendOf(merged)
    return isSame ? { ...own, [backend]: strategicMerge(merged[backend] ?? {}, own[backend] ?? {}, {}) } : own
  }
  return merged
}

const kinds = [
  'container',
  'containerSet',
  'dag',
  'data',
  'http',
  'plugin',
  'resource',
  'script',
  'steps',
  'suspend',
] as const satisfies readonly (keyof Template)[]

/** The template over `templateDefaults`; of these, what belongs to another kind of template is left out. */
export function mergeTemplateDefaults(template: Template, defaults: Template | undefined): Template {
  if (!defaults) return template
  const applicable: Template = { ...defaults }
  for (const kind of kinds) if (template[kind] === undefined) delete applicable[kind]
  return strategicMerge(applicable, withoutEmptyImage(template), templateMerge)
}

/** A script or container without an image was read with an empty one, which is no choice. */
function withoutEmptyImage(template: Template): Template {
  if (template.script?.image !== '') return template
  const { image: _empty, ...script } = template.script
  return { ...template, script: script as NonNullable<Template['script']> }
}
