/**
 * A raw node as a kind's type, decided as Go's JSON decoder decides: the first wrong type is the fault, unknown fields are
 * collected. Fields come out in the order in which Argo writes them.
 */
import { TemplateSchema } from '../resources/index.ts'
import { decodeScalar } from './decode-scalar.ts'
import { type SchemaNode, embeddedIn, goTypeName } from './go-type-names.ts'
import type { Path } from './problem.ts'
import { type RawEntry, type RawMap, type RawNode, plainOf } from './raw-node.ts'
import { nearest } from './suggestion.ts'

/** Unknown fields that are compared with the known ones; a text made to be slow has many. */
const suggestedMost = 100

export type DecodeOptions = {
  /** Unknown fields count, and names must match in case. */
  readonly strict: boolean
  /** A number or boolean is taken where a text is wanted. */
  readonly scalarsAsText: boolean
  /** Keys are taken in alphabetical order, as after Argo's way from YAML to JSON. */
  readonly sortKeys: boolean
  /** Fields of a request around the object, for the path in Go's words. */
  readonly around?: readonly string[]
}
export type DecodeFault = { readonly message: string; readonly path: Path; readonly offset: number }
export type UnknownField = DecodeFault & { readonly suggestion: string | undefined }
export type Decoded = {
  readonly value: unknown
  /** The first wrong type; the value is then not to be used. */
  readonly fault: DecodeFault | undefined
  readonly unknown: readonly UnknownField[]
  readonly duplicates: readonly DecodeFault[]
}

/** Where the decoder is: Go's errors name the innermost struct and the fields that led there. */
type Place = {
  readonly path: Path
  readonly struct: string
  readonly fields: readonly string[]
  /** Inside `steps`, where unknown fields and case are not looked at. */
  readonly lenient: boolean
  /** A member of a list or map rather than the field itself. */
  readonly member?: boolean
}
type State = {
  readonly options: DecodeOptions
  fault: DecodeFault | undefined
  readonly unknown: UnknownField[]
  readonly duplicates: DecodeFault[]
}

export function decode(node: RawNode, schema: SchemaNode, options: DecodeOptions): Decoded {
  const state: State = { options, fault: undefined, unknown: [], duplicates: [] }
  const value = decodeValue(
    node,
    schema,
    { path: [], struct: '', fields: options.around ?? [], lenient: !options.strict },
    state,
  )
  return { value, fault: state.fault, unknown: state.unknown, duplicates: state.duplicates }
}

function fail(state: State, message: string, place: Place, node: RawNode): undefined {
  state.fault ??= { message, path: place.path, offset: node.offset }
  return undefined
}

const kindNames = {
  bool: 'bool',
  number: 'number',
  text: 'string',
  list: 'array',
  map: 'object',
  null: 'null',
} as const

function wrongType(node: RawNode, type: string, place: Place, state: State, literal = ''): undefined {
  // A step is decoded by a reader of its own, so what is wrong below names the template.
  const struct = place.fields.slice(0, -1).includes('steps') ? 'Template' : place.struct
  const into =
    place.fields.length > 0
      ? `Go struct field ${struct}.${place.fields.join('.')} of type ${type}`
      : `Go value of type ${type}`
  const what = literal === '' ? kindNames[node.kind] : `${kindNames[node.kind]} ${literal}`
  return fail(state, `json: cannot unmarshal ${what} into ${into}`, place, node)
}

function decodeValue(node: RawNode, schema: SchemaNode, place: Place, state: State): unknown {
  if (schema.$ref) return decodeValue(node, TemplateSchema as unknown as SchemaNode, place, state)
  const type = () => goTypeName(schema, place.member ? '' : `${place.struct}.${place.fields.at(-1) ?? ''}`)
  if (schema.properties) {
    if (node.kind === 'null') return undefined
    return node.kind === 'map' ? decodeObject(node, schema, place, state) : wrongType(node, type(), place, state)
  }
  if (schema.type === 'array') {
    if (node.kind === 'null') return undefined
    return node.kind === 'list' ? decodeList(node.items, schema, place, state) : wrongType(node, type(), place, state)
  }
  if (schema.type === 'object') {
    if (node.kind === 'null') return undefined
    return node.kind === 'map' ? decodeMap(node, schema, place, state) : wrongType(node, type(), place, state)
  }
  if (schema.type === undefined && !schema.enum) return plainOf(node)
  const scalar = decodeScalar(node, schema, state.options)
  if (scalar.kind === 'value') return scalar.value
  return scalar.message === undefined
    ? wrongType(node, type(), place, state, scalar.literal)
    : fail(state, scalar.message, place, node)
}

function decodeList(items: readonly RawNode[], schema: SchemaNode, place: Place, state: State): unknown[] {
  const element = schema.items ?? {}
  const steps = place.struct === 'Template' && place.fields.at(-1) === 'steps' && element.type === 'array'
  return items.map((item, index) => {
    const inner = { ...place, path: [...place.path, index], lenient: place.lenient || steps, member: true }
    if (steps) checkSteps(item, element.items ?? {}, inner, state)
    const value = decodeValue(item, element, inner, state)
    return value === undefined ? zeroOf(element) : value
  })
}

/** A step's own fields are always looked at, and a wrong one is a fault in every mode. */
function checkSteps(group: RawNode, step: SchemaNode, place: Place, state: State): void {
  if (group.kind === 'null') return
  if (group.kind !== 'list') return void wrongType(group, '[]map[string]interface {}', place, state)
  group.items.forEach((item, index) => {
    const at = { ...place, path: [...place.path, index] }
    if (item.kind === 'null') return
    if (item.kind !== 'map') return void wrongType(item, 'map[string]interface {}', at, state)
    for (const entry of item.entries) {
      if (step.properties?.[entry.key]) continue
      fail(state, `json: unknown field "${entry.key}"`, { ...at, path: [...at.path, entry.key] }, keyNode(entry))
    }
  })
}

const keyNode = (entry: { readonly keyOffset: number }): RawNode => ({ kind: 'null', offset: entry.keyOffset })

function decodeMap(node: RawMap, schema: SchemaNode, place: Place, state: State): unknown {
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  const result: Record<string, unknown> = {}
  noteDuplicates(node, place, state)
  for (const entry of inOrder(node.entries, true)) {
    const value = decodeValue(entry.value, values, { ...place, path: [...place.path, entry.key], member: true }, state)
    define(result, entry.key, value === undefined ? zeroOf(values) : value)
  }
  if (place.struct === 'Template' && place.fields.at(-1) === 'plugin' && node.entries.length !== 1) {
    return fail(state, `expected exactly one key, got ${node.entries.length}`, place, node)
  }
  return result
}

/** `__proto__` is a key like any other. */
const define = (target: Record<string, unknown>, key: string, value: unknown) =>
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })

function decodeObject(node: RawMap, schema: SchemaNode, place: Place, state: State): unknown {
  const struct = schema.title ?? ''
  const properties = schema.properties ?? {}
  const found = new Map<string, unknown>()
  noteDuplicates(node, place, state)
  for (const entry of inOrder(node.entries, state.options.sortKeys)) {
    const name = fieldNamed(entry.key, properties, place.lenient)
    const path = [...place.path, entry.key]
    if (name === undefined) {
      if (!place.lenient) noteUnknown(entry, path, properties, state)
      continue
    }
    const embedding = embeddedIn(struct, name)
    const fields = embedding === undefined ? [...place.fields, name] : [...place.fields, embedding, name]
    const inner = { path, struct, fields, lenient: place.lenient }
    const value = decodeValue(entry.value, properties[name] ?? {}, inner, state)
    if (value !== undefined) found.set(name, value)
  }
  return inSchemaOrder(found, schema)
}

function inSchemaOrder(found: ReadonlyMap<string, unknown>, schema: SchemaNode): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const value = found.get(name)
    if (value !== undefined) result[name] = value
    else if (schema.required?.includes(name)) result[name] = zeroOf(field)
  }
  return result
}

const inOrder = (entries: readonly RawEntry[], sorted: boolean): readonly RawEntry[] =>
  sorted ? entries.toSorted((a, b) => (a.key < b.key ? -1 : 1)) : entries

function fieldNamed(
  key: string,
  properties: Readonly<Record<string, SchemaNode>>,
  lenient: boolean,
): string | undefined {
  if (Object.hasOwn(properties, key)) return key
  if (!lenient) return undefined
  const lower = key.toLowerCase()
  return Object.keys(properties).find((name) => name.toLowerCase() === lower)
}

function noteUnknown(
  entry: RawEntry,
  path: Path,
  properties: Readonly<Record<string, SchemaNode>>,
  state: State,
): void {
  const suggestion = state.unknown.length < suggestedMost ? nearest(entry.key, Object.keys(properties)) : undefined
  state.unknown.push({ message: 'unknown field', path, offset: entry.keyOffset, suggestion })
}

function noteDuplicates(node: RawMap, place: Place, state: State): void {
  for (const { key, keyOffset } of node.duplicates) {
    state.duplicates.push({ message: 'duplicate field', path: [...place.path, key], offset: keyOffset })
  }
}

/** What Go has where nothing is written. */
export function zeroOf(schema: SchemaNode): unknown {
  if (schema.$ref) return {}
  if (schema.properties) return inSchemaOrder(new Map(), schema)
  if (schema.type === 'array') return []
  if (schema.type === 'object') return {}
  if (schema.type === 'boolean') return false
  if (schema.type === 'integer' || schema.format === 'int-or-text') return 0
  if (schema.type === undefined && !schema.enum) return null
  return ''
}
