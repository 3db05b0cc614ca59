/** Values of other places: `=`, `|=` and what is computed with the old value. Nothing is changed in place that others see. */
import { operate } from './arithmetic.ts'
import { type Item, type Items, type Machine, type Scope, moved, plain, weighed } from './items.ts'
import { Edits, deletePaths, getPath } from './paths.ts'
import type { BinaryOperator, Filter } from './syntax.ts'
import { type JqValue, isTrue } from './values.ts'

/** What stands at a place afterwards. */
type Put = (edits: Edits, result: JqValue, at: readonly JqValue[], value: JqValue) => JqValue

/** The item once for each value, changed at every place of the path. */
function* edited(
  machine: Machine,
  path: Filter,
  valueFilter: Filter,
  scope: Scope,
  item: Item,
  depth: number,
  put: Put,
): Items {
  for (const value of machine.values(valueFilter, scope, item, depth)) {
    const edits = new Edits(machine.spend)
    let result = item.value
    for (const at of machine.paths(path, scope, item.value, depth)) result = put(edits, result, at, value)
    yield moved(item, result)
  }
}

export function assign(
  machine: Machine,
  path: Filter,
  valueFilter: Filter,
  scope: Scope,
  item: Item,
  depth: number,
): Items {
  return edited(machine, path, valueFilter, scope, item, depth, (edits, result, at, value) =>
    edits.set(result, at, value),
  )
}

export function update(
  machine: Machine,
  operator: BinaryOperator | '//',
  path: Filter,
  valueFilter: Filter,
  scope: Scope,
  item: Item,
  depth: number,
): Items {
  return edited(machine, path, valueFilter, scope, item, depth, (edits, result, at, value) => {
    const old = getPath(result, at)
    edits.handOut(old)
    const alternative = isTrue(old) ? old : value
    return edits.set(result, at, operator === '//' ? alternative : weighed(machine, operate(operator, old, value)))
  })
}

/** Each place gets the first value the update gives, or is deleted if it gives none. */
export function modify(
  machine: Machine,
  path: Filter,
  change: Filter,
  scope: Scope,
  value: JqValue,
  depth: number,
): JqValue {
  const edits = new Edits(machine.spend)
  let result = value
  const deleted: (readonly JqValue[])[] = []
  for (const at of machine.paths(path, scope, value, depth)) {
    let given = false
    const old = getPath(result, at)
    edits.handOut(old)
    for (const replacement of machine.values(change, scope, plain(old), depth)) {
      result = edits.set(result, at, replacement)
      given = true
      break
    }
    if (!given) deleted.push(at)
  }
  return deletePaths(result, deleted, machine.spend)
}
