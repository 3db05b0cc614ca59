/** A function of a value and of arguments that are values themselves. */
import type { JqValue } from '../values.ts'

/** @param nowMs milliseconds since 1970, or null where there is no clock */
export type JqFunction = (value: JqValue, args: readonly JqValue[], nowMs: number | null) => JqValue
/** By name and number of arguments: `split/1`. */
export type Functions = Readonly<Record<string, JqFunction>>
