/** Workflows kept for use by others. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, object, text } from './schema.ts'
import { WorkflowSpecSchema } from './workflow-spec.ts'

export const WorkflowTemplateSchema = object(
  'WorkflowTemplate',
  { kind: text(), apiVersion: text(), metadata: ObjectMetaSchema, spec: WorkflowSpecSchema },
  ['metadata', 'spec'],
)
export type WorkflowTemplate = Static<typeof WorkflowTemplateSchema>

export const ClusterWorkflowTemplateSchema = object(
  'ClusterWorkflowTemplate',
  { kind: text(), apiVersion: text(), metadata: ObjectMetaSchema, spec: WorkflowSpecSchema },
  ['metadata', 'spec'],
)
export type ClusterWorkflowTemplate = Static<typeof ClusterWorkflowTemplateSchema>
