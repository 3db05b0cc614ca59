/** Argo's `fields`: a comma list of dotted paths that says which parts of an answer are wanted, or with `-` not wanted. */
import type { JsonObject } from './body.ts'
import { isObject } from './body.ts'

export type Fields = { readonly paths: readonly string[]; readonly exclude: boolean }

/** @returns `null` where everything is wanted */
export function parseFields(text: string | undefined): Fields | null {
  if (text === undefined || text === '') return null
  const exclude = text.startsWith('-')
  return { paths: (exclude ? text.slice(1) : text).split(','), exclude }
}

/** Whether anything at or below the path is wanted. */
export function wants(fields: Fields | null, path: string): boolean {
  if (fields === null) return true
  if (fields.exclude) return !fields.paths.some((wanted) => path === wanted || path.startsWith(`${wanted}.`))
  return fields.paths.some((wanted) => wanted.startsWith(path) || path === wanted || path.startsWith(`${wanted}.`))
}

/**
 * Keeps a key if some wanted path starts with its path (as text, as Argo compares) and everything below an exact hit.
 * Lists add nothing to the path.
 */
export function selectFields<T extends object>(value: T, fields: Fields | null): object {
  if (fields === null) return value
  return pick(value as JsonObject, '', fields)
}

function pick(object: JsonObject, path: string, fields: Fields): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(object)) {
    const here = path === '' ? key : `${path}.${key}`
    const hit = fields.paths.includes(here)
    if (hit) {
      if (!fields.exclude) kept[key] = value
    } else if (fields.exclude || fields.paths.some((wanted) => wanted.startsWith(here))) {
      kept[key] = within(value, here, fields)
    }
  }
  return kept
}

function within(value: unknown, path: string, fields: Fields): unknown {
  if (Array.isArray(value)) return value.map((item) => within(item, path, fields))
  return isObject(value) ? pick(value, path, fields) : value
}
