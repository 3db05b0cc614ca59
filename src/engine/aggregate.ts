/** The outputs of a loop's items as JSON lists (semantics-flow.md §4.1). */
import type { NodeStatus } from '../resources/index.ts'
import { goJson } from './go-json.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'

/** Suffix → JSON text; items in index order, only those that succeeded and left outputs. */
export function aggregate(items: readonly NodeStatus[]): Outcome<ReadonlyMap<string, string>> {
  const results: string[] = []
  const objects: Record<string, string>[] = []
  const byName = new Map<string, string[]>()
  for (const item of items) {
    if (item.phase !== 'Succeeded' || item.outputs === undefined) continue
    const { result, parameters } = item.outputs
    if (result !== undefined) {
      const broken = jsonFault(result)
      if (broken !== null) return bad(broken)
      results.push(result.trim())
    }
    if (parameters === undefined || parameters.length === 0) continue
    const values: Record<string, string> = {}
    for (const parameter of parameters) {
      const value = parameter.value ?? ''
      values[parameter.name] = value
      const list = byName.get(parameter.name)
      if (list === undefined) byName.set(parameter.name, [value])
      else list.push(value)
    }
    objects.push(values)
  }
  const out = new Map<string, string>([['outputs.result', compact(`[${results.join(',')}]`)]])
  out.set('outputs.parameters', goJson(objects))
  for (const [name, values] of byName)
    out.set(`outputs.parameters.${name}`, values.every(isNested) ? compact(`[${values.join(',')}]`) : goJson(values))
  return good(out)
}

function isNested(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Parsed and written again, numbers kept as they stand. */
const compact = (text: string): string => goJson(JSON.parse(text))

/** Go's words for a text that is no JSON value, or null. */
export function jsonFault(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch {
    const first = text.trimStart()[0]
    if (first === undefined) return 'unexpected end of JSON input'
    if (/[[{"\-\dtfn]/.test(first)) return faultInside(text.trimStart())
    return `invalid character '${first}' looking for beginning of value`
  }
}

function faultInside(text: string): string {
  const literal = /^(true|false|null)/.exec(text)
  if (literal === null && /^[tfn]/.test(text)) {
    const word = text.startsWith('t') ? 'true' : text.startsWith('f') ? 'false' : 'null'
    const at = [...word].findIndex((letter, index) => text[index] !== letter)
    const found = text[at]
    return found === undefined
      ? 'unexpected end of JSON input'
      : `invalid character '${found}' in literal ${word} (expecting '${word[at] ?? ''}')`
  }
  const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?/.exec(text)
  const rest = text.slice((literal ?? number)?.[0].length ?? 0).trimStart()
  if ((literal ?? number) !== null && rest !== '') return `invalid character '${rest[0] ?? ''}' after top-level value`
  return 'unexpected end of JSON input'
}
