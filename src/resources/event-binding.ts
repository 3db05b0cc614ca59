/** A workflow template submitted when an event arrives. */
import { ArgumentsSchema } from './arguments.ts'
import { ObjectMetaSchema } from './meta.ts'
import { type Static, object, text } from './schema.ts'
import { WorkflowTemplateRefSchema } from './workflow-spec.ts'

export const EventSchema = object('Event', { selector: text('Expression over the event; true submits.') }, ['selector'])
export type Event = Static<typeof EventSchema>

export const SubmitSchema = object(
  'Submit',
  { workflowTemplateRef: WorkflowTemplateRefSchema, metadata: ObjectMetaSchema, arguments: ArgumentsSchema },
  ['workflowTemplateRef'],
)
export type Submit = Static<typeof SubmitSchema>

export const WorkflowEventBindingSpecSchema = object(
  'WorkflowEventBindingSpec',
  { event: EventSchema, submit: SubmitSchema },
  ['event'],
)
export type WorkflowEventBindingSpec = Static<typeof WorkflowEventBindingSpecSchema>

export const WorkflowEventBindingSchema = object(
  'WorkflowEventBinding',
  { kind: text(), apiVersion: text(), metadata: ObjectMetaSchema, spec: WorkflowEventBindingSpecSchema },
  ['metadata', 'spec'],
)
export type WorkflowEventBinding = Static<typeof WorkflowEventBindingSchema>
