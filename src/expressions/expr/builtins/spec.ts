// How a builtin is described to the type checker and to the evaluator.

import type { GoType } from '../go-types.ts'
import type { Outside } from '../values.ts'

/** A type known at compile time, `interface {}` if unknown, `null` for nil. */
export type ArgType = GoType | null

export type BuiltinSpec = {
  readonly name: string
  /** Signatures, tried in order; the error of the last one is shown. */
  readonly types?: readonly GoType[]
  /** Or a check of its own: the type of the result, or what is wrong. */
  readonly validate?: (args: readonly ArgType[]) => GoType | { readonly error: string }
  readonly run: (args: readonly unknown[], context: BuiltinContext) => unknown
}

export type BuiltinContext = {
  readonly outside: Outside | null
  /** Counts against the memory budget. */
  readonly grow: (size: number) => void
}
