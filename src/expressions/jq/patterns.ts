/** Takes values apart by patterns such as `[$a, {b: $c}]`: the scopes that come of it. */
import { expected } from './errors.ts'
import { type Machine, type Scope, plain } from './items.ts'
import { indexValue } from './paths.ts'
import type { Pattern } from './syntax.ts'
import { type JqValue, isArray } from './values.ts'

export function* destructure(
  machine: Machine,
  pattern: Pattern,
  value: JqValue,
  scope: Scope,
  depth: number,
): Generator<Scope, void, undefined> {
  if (pattern.kind === 'variable') {
    yield { up: scope, kind: 'variable', name: pattern.name, value }
    return
  }
  if (pattern.kind === 'array') {
    if (value !== null && !isArray(value)) throw expected('an array', value)
    yield* destructureItems(machine, pattern.items, value ?? [], 0, scope, depth)
    return
  }
  yield* destructureEntries(machine, pattern.entries, value, 0, scope, depth)
}

function* destructureItems(
  machine: Machine,
  items: readonly Pattern[],
  list: readonly JqValue[],
  at: number,
  scope: Scope,
  depth: number,
): Generator<Scope, void, undefined> {
  const pattern = items[at]
  if (pattern === undefined) yield scope
  else
    for (const bound of destructure(machine, pattern, list[at] ?? null, scope, depth)) {
      yield* destructureItems(machine, items, list, at + 1, bound, depth)
    }
}

function* destructureEntries(
  machine: Machine,
  entries: Extract<Pattern, { readonly kind: 'object' }>['entries'],
  value: JqValue,
  at: number,
  scope: Scope,
  depth: number,
): Generator<Scope, void, undefined> {
  const entry = entries[at]
  if (entry === undefined) {
    yield scope
    return
  }
  for (const key of machine.values(entry.key, scope, plain(value), depth)) {
    const found = indexValue(value, key)
    const named: Scope =
      entry.variable === null ? scope : { up: scope, kind: 'variable', name: entry.variable, value: found }
    const inner = entry.value === null ? [named] : destructure(machine, entry.value, found, named, depth)
    for (const bound of inner) yield* destructureEntries(machine, entries, value, at + 1, bound, depth)
  }
}
