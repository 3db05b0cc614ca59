/** A workflow. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, object, text } from './schema.ts'
import { WorkflowStatusSchema } from './status.ts'
import { WorkflowSpecSchema } from './workflow-spec.ts'

export const WorkflowSchema = object(
  'Workflow',
  {
    kind: text(),
    apiVersion: text(),
    metadata: ObjectMetaSchema,
    spec: WorkflowSpecSchema,
    status: WorkflowStatusSchema,
  },
  ['metadata', 'spec'],
)
export type Workflow = Static<typeof WorkflowSchema>
