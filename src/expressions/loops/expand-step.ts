/** One step or task of a loop, with the item's values in it. */
import { type Parsed, parsed, unparsed } from '../go-text.ts'
import type { Outside } from '../expr/values.ts'
import { type CompiledDocument, renderDocument } from '../tags/document.ts'
import { type Variables, variablesOf } from '../variables.ts'
import { evaluateWhen } from '../when/when.ts'
import { expandItem, itemVariables } from './items.ts'

export type LoopStep<T> = {
  readonly name: string
  readonly index: number
  readonly item: unknown
  /** The step without its loop fields. */
  readonly body: CompiledDocument<T>
  /** As written; if it is false without knowing the item, tags that do not resolve stay. */
  readonly when?: string
}

/** Every tag must resolve, whatever its root; the error is Argo's. */
export function expandLoopStep<T>(
  step: LoopStep<T>,
  scope: Variables,
  outside: Outside | null = null,
): Parsed<{ readonly name: string; readonly body: T }> {
  const when = evaluateWhen(step.when ?? '')
  const skipped = when.ok && !when.value
  const policy = skipped ? ({ kind: 'keep' } as const) : ({ kind: 'strict', prefixes: 'all' } as const)
  const rendered = renderDocument(step.body, variablesOf(itemVariables(step.item), scope), policy, outside)
  if (rendered.ok) return parsed({ name: expandItem(step.name, step.index, step.item), body: rendered.value })
  const broken = rendered.error.startsWith('Cannot find end tag')
  return unparsed(broken ? `unable to parse argo variable: ${rendered.error}` : rendered.error)
}
