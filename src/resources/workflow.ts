/** A workflow. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, object, text } from './schema.ts'
import { WorkflowStatusSchema } from './status.ts'
import { WorkflowSpecSchema } from './workflow-spec.ts'

export const WorkflowSchema = object(
  'Workflow',
  { metadata: ObjectMetaSchema, spec: WorkflowSpecSchema },
  { apiVersion: text(), kind: text(), status: WorkflowStatusSchema },
)
export type Workflow = Static<typeof WorkflowSchema>
