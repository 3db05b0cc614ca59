/**
 * Splits a workflow's body into what changes with every step (`head`) and the large parts that hardly ever do
 * (`fixed`: templates), so that a commit costs what changed. The text of a part is kept as long as the part lives.
 */
type Json = Record<string, unknown>

export type SplitBody = {
  readonly head: string
  readonly fixed: string
  /** Equal tokens mean equal `fixed`; valid within this process only. */
  readonly fixedToken: string
}

const parts = [
  ['spec', 'templates'],
  ['status', 'storedTemplates'],
  ['status', 'storedWorkflowTemplateSpec'],
] as const

type Remembered = { readonly id: number; readonly text: string }
const remembered = new WeakMap<object, Remembered>()
let lastId = 0

export function splitBody(body: unknown): SplitBody {
  if (!isRecord(body)) return { head: JSON.stringify(body ?? null), fixed: '{}', fixedToken: '' }
  const head: Json = { ...body }
  const fixed: string[] = []
  const ids: number[] = []
  for (const [section, field] of parts) {
    const before = head[section]
    if (!isRecord(before)) continue
    const part = before[field]
    if (typeof part !== 'object' || part === null) continue
    const { id, text } = remember(part)
    fixed.push(`"${section}.${field}":${text}`)
    ids.push(id)
    head[section] = { ...before, [field]: 0 } // holds the place, so that the order of fields stays
  }
  return { head: JSON.stringify(head), fixed: `{${fixed.join(',')}}`, fixedToken: ids.join('.') }
}

export function joinBody(head: string, fixed: string): unknown {
  const body: unknown = JSON.parse(head)
  if (!isRecord(body) || fixed === '{}') return body
  const found = JSON.parse(fixed) as Json
  for (const [section, field] of parts) {
    const into = body[section]
    const part = found[`${section}.${field}`]
    if (part !== undefined && isRecord(into)) into[field] = part
  }
  return body
}

function remember(part: object): Remembered {
  const known = remembered.get(part)
  if (known) return known
  const made = { id: ++lastId, text: JSON.stringify(part) }
  remembered.set(part, made)
  return made
}

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
