// Sprig's generic functions, all but `env` and `expandenv`, which Argo takes away.

import { certificateFunctions } from './certificates.ts'
import { cryptoFunctions } from './crypto.ts'
import { dateFunctions } from './dates.ts'
import { defaultFunctions } from './defaults.ts'
import { dictFunctions } from './dicts.ts'
import { encodingFunctions } from './encoding.ts'
import { listFunctions } from './lists.ts'
import { numberFunctions } from './numbers.ts'
import { pathFunctions } from './paths.ts'
import { randomFunctions } from './random.ts'
import { regexFunctions } from './regex.ts'
import { semverFunctions } from './semver.ts'
import { stringFunctions } from './strings.ts'
import { functionsOf } from './table.ts'
import type { Group } from './table.ts'
import { urlFunctions } from './urls.ts'
import type { Outside } from '../expr/values.ts'

const groups: readonly Group[] = [
  stringFunctions,
  numberFunctions,
  listFunctions,
  defaultFunctions,
  dictFunctions,
  dateFunctions,
  regexFunctions,
  pathFunctions,
  encodingFunctions,
  semverFunctions,
  urlFunctions,
  randomFunctions,
  cryptoFunctions,
  certificateFunctions,
]

/** The functions by name. Without an outside world those that need the clock or randomness fail when called. */
export function sprigFunctions(outside: Outside | null): Map<string, unknown> {
  return new Map(groups.flatMap((group) => functionsOf(group(outside))))
}
