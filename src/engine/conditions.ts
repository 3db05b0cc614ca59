/** Conditions of a workflow's status: one of each type. */
import type { Condition } from '../resources/index.ts'

export function withCondition(conditions: readonly Condition[] | undefined, condition: Condition): Condition[] {
  return [...(conditions ?? []).filter((known) => known.type !== condition.type), condition]
}
