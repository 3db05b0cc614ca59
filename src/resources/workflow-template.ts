/** Workflows kept for use by others. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, object, text } from './schema.ts'
import { WorkflowSpecSchema } from './workflow-spec.ts'

export const WorkflowTemplateSchema = object(
  'WorkflowTemplate',
  { metadata: ObjectMetaSchema, spec: WorkflowSpecSchema },
  { apiVersion: text(), kind: text() },
)
export type WorkflowTemplate = Static<typeof WorkflowTemplateSchema>

export const ClusterWorkflowTemplateSchema = object(
  'ClusterWorkflowTemplate',
  { metadata: ObjectMetaSchema, spec: WorkflowSpecSchema },
  { apiVersion: text(), kind: text() },
)
export type ClusterWorkflowTemplate = Static<typeof ClusterWorkflowTemplateSchema>
