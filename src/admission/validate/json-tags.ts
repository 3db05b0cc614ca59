/**
 * Tags in the JSON text of a template. Argo looks for variables in that text, not in its values: a tag that is not closed
 * reaches to the next `}}`, wherever that stands.
 */
import { jsonProblem } from '../../expressions/go-json.ts'
import { escapesToJson, goEscape, goQuote } from '../../expressions/go-quote.ts'

const open = '{{'
const close = '}}'

export type TagPart = { readonly text: string } | { readonly tag: string }
export type Tagged = { readonly parts: readonly TagPart[] } | { readonly fault: string }

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

export type Replaced = { readonly text: string } | { readonly fault: string }

/** Puts values in place of the tags that have one; the others stay, expressions too. */
export function replaceTags(json: string, valueOf: (name: string) => string | undefined): Replaced {
  if (!json.includes(open)) return { text: json }
  const tagged = tagParts(json)
  if ('fault' in tagged) return tagged
  let text = ''
  for (const part of tagged.parts) {
    if ('text' in part) text += part.text
    else {
      const replaced = replaceTag(part.tag, valueOf)
      if ('fault' in replaced) return replaced
      text += replaced.text
    }
  }
  return { text }
}

const unfinished = 'cannot finish template replacement because the result was invalid JSON'

function replaceTag(tag: string, valueOf: (name: string) => string | undefined): Replaced {
  const kept = { text: `${open}${tag}${close}` }
  if (tag.startsWith('=')) {
    const problem = jsonProblem(`"${tag.slice(1)}"`)
    return problem === null ? kept : { fault: `failed to unmarshall JSON expression: ${problem}` }
  }
  const value = valueOf(tag.trim())
  if (value !== undefined) return escapesToJson(value) ? { text: goEscape(value) } : { fault: unfinished }
  const inner = tag.lastIndexOf(open)
  const nested = inner > 0 ? valueOf(tag.slice(inner + open.length)) : undefined
  if (nested === undefined) return kept
  return escapesToJson(nested) ? { text: `${open}${tag.slice(0, inner)}${goEscape(nested)}` } : { fault: unfinished }
}
