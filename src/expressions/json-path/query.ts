// `jsonpath(text, path)` of expressions: `$.a.b[0]`, wildcards, recursion, filters.

import { applyPath } from './apply.ts'
import { JsonPathProblem } from './problem.ts'
import { parsePath } from './tokens.ts'
import type { Token } from './tokens.ts'

const paths = new Map<string, readonly Token[] | { readonly error: string }>()
const PATHS_MAX = 500

/** What a path finds in a document, or what is wrong with either. A path is read once; 500 are kept. */
export function queryJsonPath(
  document: unknown,
  path: string,
): { readonly value: unknown } | { readonly error: string } {
  const tokens = paths.get(path) ?? remember(path)
  if ('error' in tokens) return tokens
  try {
    return { value: applyPath(tokens, document, document) }
  } catch (cause) {
    if (cause instanceof JsonPathProblem) return { error: cause.message }
    throw cause
  }
}

function remember(path: string): readonly Token[] | { readonly error: string } {
  const made = read(path)
  if (paths.size >= PATHS_MAX) paths.clear()
  paths.set(path, made)
  return made
}

function read(path: string): readonly Token[] | { readonly error: string } {
  try {
    return parsePath(path)
  } catch (cause) {
    if (cause instanceof JsonPathProblem) return { error: `invalid JSONPath selector '${path}' ${cause.message}` }
    throw cause
  }
}
