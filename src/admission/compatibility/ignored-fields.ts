/** Which fields of a spec nothing comes of, so that a workflow can say so. */
import type { WorkflowSpec } from '../../resources/index.ts'
import { type Below, reachableTypes, verdictOf } from './catalogue.ts'
import { type ReferredObjects, referredTemplates } from './referred-templates.ts'

/** Field → `null` where it is ignored, else what lies below it and may hold ignored fields. */
type Plan = ReadonlyMap<string, Below | null>

let plans: ReadonlyMap<string, Plan> | null = null

/**
 * Paths without indices and names (`spec.templates[].affinity`), each once, in the order of first mention. A field that
 * says nothing (empty, `false`) is not named.
 */
export function ignoredFields(spec: WorkflowSpec): readonly string[] {
  plans ??= plansOf()
  const found = new Set<string>()
  look(spec, { type: 'WorkflowSpec', isMap: false }, 'spec', { plans, found })
  return [...found]
}

type Search = { readonly plans: ReadonlyMap<string, Plan>; readonly found: Set<string> }

function look(value: unknown, below: Below, at: string, search: Search): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) look(item, below, at.endsWith('[]') ? at : `${at}[]`, search)
    return
  }
  if (below.isMap) {
    for (const item of Object.values(value)) look(item, { ...below, isMap: false }, `${at}[]`, search)
    return
  }
  const plan = search.plans.get(below.type)
  if (plan === undefined) return
  for (const [field, content] of Object.entries(value)) {
    const next = plan.get(field)
    if (next === null) {
      if (saysSomething(content)) search.found.add(`${at}.${field}`)
    } else if (next !== undefined) look(content, next, `${at}.${field}`, search)
  }
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  return !Array.isArray(value) || value.length > 0
}

/** Only the ways that lead to an ignored field are walked. */
function plansOf(): ReadonlyMap<string, Plan> {
  const types = reachableTypes()
  const isIgnored = (type: string, field: string) => verdictOf(type, field)?.verdict === 'ignored'
  const leading = new Set<string>()
  for (let before = -1; before < leading.size;) {
    before = leading.size
    for (const { name, fields } of types)
      if ([...fields].some(([field, below]) => isIgnored(name, field) || leading.has(below?.type ?? '')))
        leading.add(name)
  }
  return new Map(
    types.map(({ name, fields }): [string, Plan] => [
      name,
      new Map(
        [...fields].flatMap(([field, below]): [string, Below | null][] => {
          if (isIgnored(name, field)) return [[field, null]]
          return below !== null && leading.has(below.type) ? [[field, below]] : []
        }),
      ),
    ]),
  )
}

const namedMost = 20

/**
 * The words of the condition, or null where nothing is ignored. Templates that the spec refers to are looked at as well.
 * @param heeded names of fields that have an effect after all, since there are several hosts
 */
export function ignoredFieldsText(
  spec: WorkflowSpec,
  objects?: ReferredObjects,
  heeded: readonly string[] = [],
): string | null {
  const referred = objects ? referredTemplates(spec, objects) : []
  const elsewhere = referred.flatMap(({ object, templates }) =>
    ignoredFields({ templates: [...templates] }).map((field) => `${field} (${object})`),
  )
  const isHeeded = (path: string) => heeded.includes(path.split(' ')[0]?.split('.').at(-1) ?? '')
  const fields = [...ignoredFields(spec), ...elsewhere].filter((path) => !isHeeded(path))
  if (fields.length === 0) return null
  const more = fields.length > namedMost ? ` and ${fields.length - namedMost} more` : ''
  return `ignored on Docker: ${fields.slice(0, namedMost).join(', ')}${more}`
}
