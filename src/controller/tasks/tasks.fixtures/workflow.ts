/** Workflows of one template, and the node that it becomes. */
import type { Template, Workflow } from '../../../resources/index.ts'

export const only = (name: string, template: Template, more: Partial<Workflow['spec']> = {}): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ ...template, name: 'main' }], ...more },
})
export const root = (workflow: Workflow) => workflow.status?.nodes?.[workflow.metadata.name ?? '']
