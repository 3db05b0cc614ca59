/**
 * Tags in the JSON text of a template. Argo looks for variables in that text, not in its values: a tag that is not closed
 * reaches to the next `}}`, wherever that stands.
 */
import type { SchemaNode } from '../go-type-names.ts'
import { inGoShape, needsGoShape } from './go-shape.ts'
import { goQuote } from '../../expressions/index.ts'

const open = '{{'
const close = '}}'

export type TagPart = { readonly text: string } | { readonly tag: string }
export type Tagged = { readonly parts: readonly TagPart[] } | { readonly fault: string }

/**
 * A template, step or task as Go writes it. Empty structs that Go never leaves out only matter behind a tag that is not
 * closed: their braces may close it.
 */
export const structJson = (value: unknown, schema: unknown): string =>
  goJson(needsGoShape(value) ? inGoShape(value, schema as SchemaNode) : value)

/** JSON as Go writes it: `<`, `>` and `&` escaped. */
export const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** Cuts a text into plain parts and tags; a tag is what stands between the braces. */
export function tagParts(text: string): Tagged {
  const parts: TagPart[] = []
  let at = 0
  for (let start = text.indexOf(open); start !== -1; start = text.indexOf(open, at)) {
    const end = text.indexOf(close, start + open.length)
    if (end === -1) {
      const rest = text.slice(start + open.length)
      return {
        fault: `Cannot find end tag=${goQuote(close)} in the template=${goQuote(text)} starting from ${goQuote(rest)}`,
      }
    }
    parts.push({ text: text.slice(at, start) }, { tag: text.slice(start + open.length, end) })
    at = end + close.length
  }
  parts.push({ text: text.slice(at) })
  return { parts }
}
