/** Parts that steps and tasks share. */
import { ArgumentsSchema } from './arguments.ts'
import { type Static, bool, intOrText, object, text } from './schema.ts'

export const TemplateRefSchema = object('TemplateRef', {}, { clusterScope: bool(), name: text(), template: text() })
export type TemplateRef = Static<typeof TemplateRefSchema>

export const ContinueOnSchema = object('ContinueOn', {}, { error: bool(), failed: bool() })
export type ContinueOn = Static<typeof ContinueOnSchema>

export const LifecycleHookSchema = object(
  'LifecycleHook',
  {},
  { arguments: ArgumentsSchema, expression: text(), template: text(), templateRef: TemplateRefSchema },
)
export type LifecycleHook = Static<typeof LifecycleHookSchema>

export const SequenceSchema = object(
  'Sequence',
  {},
  { count: intOrText(), end: intOrText(), format: text(), start: intOrText() },
)
export type Sequence = Static<typeof SequenceSchema>
