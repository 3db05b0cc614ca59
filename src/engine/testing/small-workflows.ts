/** Small workflows whose pods succeed, fail, give or take a parameter, and how they are played. */
import type { Template, WorkflowSpec, WorkflowStep } from '../../resources/index.ts'
import { type PodEnd, Story } from './story.ts'

export const ok: Template = { name: 'ok', container: { image: 'x' } }
export const bad: Template = { name: 'bad', container: { image: 'x' } }
export const gives: Template = {
  name: 'gives',
  container: { image: 'x' },
  outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' }, globalName: 'g' }] },
}
const takes: Template = {
  name: 'takes',
  inputs: { parameters: [{ name: 'v', default: 'own' }] },
  container: { image: 'x', args: ['{{inputs.parameters.v}}'] },
}
export const given = (value: string) => ({ parameters: [{ name: 'v', value }] })
export const steps = (...groups: WorkflowStep[][]): Template => ({ name: 'main', steps: groups })
export const dag = (tasks: NonNullable<Template['dag']>['tasks'], more: object = {}): Template => ({
  name: 'main',
  dag: { tasks, ...more },
})
export const spec = (main: Template, more: Partial<WorkflowSpec> = {}): WorkflowSpec => ({
  entrypoint: 'main',
  templates: [main, ok, bad, gives, takes, ...(more.templates ?? [])],
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'templates')),
})
/** Pods of template `bad` fail; outputs have the value `made`. */
const fate = (plan: {
  spec: object
  outputParameters: readonly { name: string }[]
  identity: { name: string }
}): PodEnd => ({
  exitCode: plan.identity.name.includes('-bad-') ? 1 : 0,
  parameters: Object.fromEntries(plan.outputParameters.map(({ name }) => [name, 'made'])),
  result: 'printed',
})
export const play = (workflow: WorkflowSpec) => new Story(workflow).play(fate)
export const input = (story: Story, node: string) => story.node(node).inputs?.parameters?.[0]?.value
