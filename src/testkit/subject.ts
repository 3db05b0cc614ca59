/** Which workflow of some manifests is walked, with what it is given. */
import type { Manifest } from '../admission/index.ts'
import { UserError } from '../resources/index.ts'
import type { CronWorkflow, Parameter, Workflow } from '../resources/index.ts'

export type SubjectOptions = {
  readonly parameters?: Readonly<Record<string, string>>
  readonly entrypoint?: string
}

/**
 * The first Workflow; without one the first CronWorkflow's, or a workflow of the first WorkflowTemplate.
 * @throws UserError where there is none of them
 */
export function subjectOf(manifests: readonly Manifest[], options: SubjectOptions = {}): Workflow {
  const found = workflowIn(manifests)
  if (found === null) throw new UserError('NO_WORKFLOW', 'no Workflow, CronWorkflow or WorkflowTemplate found')
  const { parameters = {}, entrypoint } = options
  const given = Object.entries(parameters).map(([name, value]): Parameter => ({ name, value }))
  const others = (found.spec.arguments?.parameters ?? []).filter(({ name }) => !(name in parameters))
  return {
    ...found,
    spec: {
      ...found.spec,
      ...(given.length === 0 ? {} : { arguments: { ...found.spec.arguments, parameters: [...given, ...others] } }),
      ...(entrypoint === undefined ? {} : { entrypoint }),
    },
  }
}

function workflowIn(manifests: readonly Manifest[]): Workflow | null {
  const first = (...kinds: readonly Manifest['kind'][]) => manifests.find(({ kind }) => kinds.includes(kind))
  const workflow = first('Workflow')
  if (workflow !== undefined) return workflow.resource as Workflow
  const head = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow' } as const
  const cron = first('CronWorkflow')?.resource as CronWorkflow | undefined
  if (cron !== undefined) return { ...head, metadata: { name: cron.metadata.name ?? '' }, spec: cron.spec.workflowSpec }
  const template = first('WorkflowTemplate', 'ClusterWorkflowTemplate')
  if (template === undefined) return null
  const name = template.resource.metadata?.name ?? ''
  const clusterScope = template.kind === 'ClusterWorkflowTemplate'
  const workflowTemplateRef = { name, ...(clusterScope ? { clusterScope } : {}) }
  return { ...head, metadata: { generateName: `${name}-` }, spec: { workflowTemplateRef } }
}
