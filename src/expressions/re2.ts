/** Regular expressions as Go has them. Loaded with the first pattern: a daemon that meets none does without its tables. */
import { createRequire } from 'node:module'
import type * as Re2 from 're2js'

let loaded: typeof Re2 | null = null

export const re2 = (): typeof Re2 => (loaded ??= createRequire(import.meta.url)('re2js') as typeof Re2)
