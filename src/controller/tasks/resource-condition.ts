/** successCondition and failureCondition of a resource template: label selectors whose keys are paths into the object. */
import type { LabelRequirement } from '../../expressions/index.ts'
import { matchesLabelSelector, parseLabelSelector } from '../../expressions/index.ts'

export type ResourceVerdict =
  | { readonly kind: 'met' }
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'failed'; readonly message: string }

/** Any failure term that holds fails; all success terms must hold. Without conditions it is met at once. */
export function judgeResource(
  object: unknown,
  conditions: { readonly success: string | undefined; readonly failure: string | undefined },
): ResourceVerdict {
  if (conditions.failure) {
    const failure = parseLabelSelector(conditions.failure)
    if (!failure.ok)
      return { kind: 'failed', message: `fail condition '${conditions.failure}' failed to parse: ${failure.error}` }
    for (const requirement of failure.value)
      if (matchesLabelSelector([requirement], valuesAt(object, [requirement.key])))
        return { kind: 'failed', message: `failure condition '${asGoPrints(requirement)}' evaluated true` }
  }
  if (conditions.success) {
    const success = parseLabelSelector(conditions.success)
    if (!success.ok)
      return { kind: 'failed', message: `success condition '${conditions.success}' failed to parse: ${success.error}` }
    const keys = success.value.map((requirement) => requirement.key)
    if (!matchesLabelSelector(success.value, valuesAt(object, keys)))
      return { kind: 'waiting', why: `success conditions '${conditions.success}' evaluated false` }
  }
  return { kind: 'met' }
}

/** As Go prints the structure. */
const asGoPrints = ({ key, operator, values }: LabelRequirement): string =>
  `{${key} ${operator} [${[...values].sort().join(' ')}]}`

function valuesAt(object: unknown, keys: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {}
  for (const key of keys) {
    const value = valueAt(object, key)
    if (value !== undefined)
      values[key] = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
  }
  return values
}

/** gjson's plain paths: keys and indices between dots, `\.` for a dot, `#` for a length or for every element. */
function valueAt(object: unknown, path: string): unknown {
  const steps = path.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'))
  return walk(object, steps)
}

function walk(value: unknown, steps: readonly string[]): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (Array.isArray(value)) {
    const items = value as readonly unknown[]
    if (step === '#')
      return rest.length === 0
        ? items.length
        : items.map((item) => walk(item, rest)).filter((item) => item !== undefined)
    return /^\d+$/.test(step) ? walk(items[Number(step)], rest) : undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  return walk((value as Readonly<Record<string, unknown>>)[step], rest)
}
