// All builtins that are called with plain arguments, by name.

import { goType } from '../go-types.ts'
import { dataBuiltins } from './data.ts'
import { dateBuiltins } from './dates.ts'
import { listBuiltins } from './lists.ts'
import { builtinNames } from './names.ts'
import { numberBuiltins } from './numbers.ts'
import type { BuiltinSpec } from './spec.ts'
import { stringBuiltins } from './strings.ts'
import { panic } from '../values.ts'

const loopTypes: Readonly<Record<string, string>> = {
  filter: 'func([]any, func(any) bool) []any',
  map: 'func([]any, func(any) any) []any',
  find: 'func([]any, func(any) bool) any',
  findLast: 'func([]any, func(any) bool) any',
  findIndex: 'func([]any, func(any) bool) int',
  findLastIndex: 'func([]any, func(any) bool) int',
  count: 'func([]any, func(any) bool) int',
  sum: 'func([]any, func(any) bool) int',
  groupBy: 'func([]any, func(any) any) map[any][]any',
  sortBy: 'func([]any, func(any) bool, string) []any',
  reduce: 'func([]any, func(any, any) any, any) any',
}

const specs = new Map<string, BuiltinSpec>(
  [...stringBuiltins, ...numberBuiltins, ...listBuiltins, ...dataBuiltins, ...dateBuiltins].map((spec) => [
    spec.name,
    spec,
  ]),
)
// Loops are code of their own (loops.ts); here they only have a type, for when one is named without being called.
for (const name of builtinNames) {
  if (specs.has(name)) continue
  specs.set(name, {
    name,
    types: [goType(loopTypes[name] ?? 'func([]any, func(any) bool) bool')],
    run: () => panic(`${name} needs a predicate`),
  })
}

export function builtinSpec(name: string): BuiltinSpec | undefined {
  return specs.get(name)
}
