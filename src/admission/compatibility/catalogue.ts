/** The verdicts by type and field, held against the schemas of the kinds. */
import { TemplateSchema, resourceKinds } from '../../resources/index.ts'
import { type TypeVerdicts, verdicts } from './verdicts.ts'

export type Verdict = 'works' | 'differs' | 'ignored' | 'refused'
export type FieldVerdict = { readonly verdict: Verdict; readonly how: string }

type Json = { readonly [key: string]: unknown }
/** What lies below a field: a type, alone or in lists, or as the values of a map. */
export type Below = { readonly type: string; readonly isMap: boolean }
/** A type of the schemas with the names of its fields and what each leads to, if anything. */
export type SchemaType = { readonly name: string; readonly fields: ReadonlyMap<string, Below | null> }

const known: ReadonlyMap<string, ReadonlyMap<string, FieldVerdict>> = new Map(
  Object.entries(verdicts).map(([type, entry]) => [type, fieldsOf(entry)]),
)

/** The verdict on a field, or undefined where nobody has given one. */
export const verdictOf = (type: string, field: string): FieldVerdict | undefined => known.get(type)?.get(field)

function fieldsOf({ works, ...others }: TypeVerdicts): ReadonlyMap<string, FieldVerdict> {
  const fields = new Map<string, FieldVerdict>()
  for (const name of works.split(' ')) if (name !== '') fields.set(name, { verdict: 'works', how: '' })
  for (const verdict of ['differs', 'ignored', 'refused'] as const)
    for (const [name, how] of Object.entries(others[verdict] ?? {})) fields.set(name, { verdict, how })
  return fields
}

export const kindTypeName = (kind: string): string => `kind ${kind}`

/** Every type that a manifest may reach without passing an ignored or refused field, in the order of first mention. */
export function reachableTypes(): readonly SchemaType[] {
  const types = new Map<string, SchemaType>()
  for (const { kind, schema } of resourceKinds) visit(kindTypeName(kind), schema as unknown as Json, types)
  return [...types.values()]
}

function visit(name: string, schema: Json, types: Map<string, SchemaType>): void {
  if (types.has(name)) return
  const fields = new Map<string, Below | null>()
  types.set(name, { name, fields })
  for (const [field, part] of Object.entries(schema['properties'] as Record<string, Json>)) {
    const found = objectIn(part)
    const type = found === null ? '' : String(found.schema['title'])
    fields.set(field, found === null ? null : { type, isMap: found.isMap })
    const verdict = verdictOf(name, field)?.verdict
    if (found !== null && verdict !== 'ignored' && verdict !== 'refused') visit(type, found.schema, types)
  }
}

/** The object type that a field holds, alone, in lists or in a map. */
function objectIn(schema: Json): { readonly schema: Json; readonly isMap: boolean } | null {
  if ('$ref' in schema) return { schema: TemplateSchema as unknown as Json, isMap: false }
  if (typeof schema['title'] === 'string' && schema['properties'] !== undefined) return { schema, isMap: false }
  if (schema['type'] === 'array') return objectIn(schema['items'] as Json)
  const values = schema['additionalProperties']
  const found = typeof values === 'object' && values !== null ? objectIn(values as Json) : null
  return found === null ? null : { ...found, isMap: true }
}
