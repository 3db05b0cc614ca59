/** The outputs of a loop's items as JSON lists (semantics-flow.md §4.1). */
import type { NodeStatus } from '../resources/index.ts'
import { encodeJson, jsonProblem } from '../expressions/index.ts'
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
      const broken = jsonProblem(result)
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
  out.set('outputs.parameters', encodeJson(objects))
  for (const [name, values] of byName)
    out.set(
      `outputs.parameters.${name}`,
      values.every(isNested) ? compact(`[${values.join(',')}]`) : encodeJson(values),
    )
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
const compact = (text: string): string => encodeJson(JSON.parse(text))
