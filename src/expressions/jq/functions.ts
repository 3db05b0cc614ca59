/** All functions of values, by name and number of arguments. */
import { collectionFunctions } from './builtins/collections.ts'
import { dateFunctions } from './builtins/dates.ts'
import type { JqFunction } from './builtins/functions.ts'
import { numberFunctions } from './builtins/numbers.ts'
import { textFunctions } from './builtins/text.ts'

export const functions: ReadonlyMap<string, JqFunction> = new Map(
  Object.entries({ ...textFunctions, ...collectionFunctions, ...numberFunctions, ...dateFunctions }),
)
