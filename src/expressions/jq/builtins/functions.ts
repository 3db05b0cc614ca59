/** A function of a value and of arguments that are values themselves. */
import type { JqValue } from '../values.ts'

/** What a function may use besides its arguments. */
export type JqContext = {
  /** Milliseconds since 1970, or null where there is no clock. */
  readonly nowMs: number | null
  /** Counts work and memory against the limits. */
  spend(units: number): void
}

export type JqFunction = (value: JqValue, args: readonly JqValue[], context: JqContext) => JqValue
/** By name and number of arguments: `split/1`. */
export type Functions = Readonly<Record<string, JqFunction>>
