// How a group of Sprig functions is written down: Go's signature and what it does.

import { goType } from '../expr/go-types.ts'
import { GoFunc } from '../expr/values.ts'
import type { Outside } from '../expr/values.ts'

/** A function takes arguments of the types its signature says; the caller has seen to that. */
export type Entries = Readonly<Record<string, readonly [signature: string, run: (...args: never[]) => unknown]>>
export type Group = (outside: Outside | null) => Entries

export function functionsOf(entries: Entries): readonly (readonly [string, GoFunc])[] {
  return Object.entries(entries).map(([name, [signature, run]]) => [
    name,
    new GoFunc(goType(`func${signature}`), (args) => Reflect.apply(run, undefined, [...args]) as unknown),
  ])
}
