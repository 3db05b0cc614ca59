/** A workflow template submitted when an event arrives. */
import { ArgumentsSchema } from './arguments.ts'
import { ObjectMetaSchema } from './meta.ts'
import { type Static, object, text } from './schema.ts'
import { WorkflowTemplateRefSchema } from './workflow-spec.ts'

export const EventSchema = object('Event', { selector: text('Expression over the event; true submits.') }, {})
export type Event = Static<typeof EventSchema>

export const SubmitSchema = object(
  'Submit',
  { workflowTemplateRef: WorkflowTemplateRefSchema },
  { arguments: ArgumentsSchema, metadata: ObjectMetaSchema },
)
export type Submit = Static<typeof SubmitSchema>

export const WorkflowEventBindingSpecSchema = object(
  'WorkflowEventBindingSpec',
  { event: EventSchema },
  { submit: SubmitSchema },
)
export type WorkflowEventBindingSpec = Static<typeof WorkflowEventBindingSpecSchema>

export const WorkflowEventBindingSchema = object(
  'WorkflowEventBinding',
  { metadata: ObjectMetaSchema, spec: WorkflowEventBindingSpecSchema },
  { apiVersion: text(), kind: text() },
)
export type WorkflowEventBinding = Static<typeof WorkflowEventBindingSchema>
