/** Parts that steps and tasks share. */
import { ArgumentsSchema } from './arguments.ts'
import { type Static, bool, intOrText, object, text } from './schema.ts'

export const TemplateRefSchema = object('TemplateRef', { name: text(), template: text(), clusterScope: bool() })
export type TemplateRef = Static<typeof TemplateRefSchema>

export const ContinueOnSchema = object('ContinueOn', { error: bool(), failed: bool() })
export type ContinueOn = Static<typeof ContinueOnSchema>

export const LifecycleHookSchema = object('LifecycleHook', {
  template: text(),
  arguments: ArgumentsSchema,
  templateRef: TemplateRefSchema,
  expression: text(),
})
export type LifecycleHook = Static<typeof LifecycleHookSchema>

export const SequenceSchema = object('Sequence', {
  count: intOrText(),
  start: intOrText(),
  end: intOrText(),
  format: text(),
})
export type Sequence = Static<typeof SequenceSchema>
