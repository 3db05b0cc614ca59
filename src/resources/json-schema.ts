/** JSON Schema (draft 07) of a kind for editors: as strict as Argo's strict decoding, as lenient as its YAML. */
import { executorPluginKind } from './executor-plugin.ts'
import { type ResourceKind, resourceKinds } from './kinds.ts'
import { TemplateSchema } from './template.ts'

type Json = { readonly [key: string]: unknown }
type Definitions = Map<string, Json>

const draft = 'http://json-schema.org/draft-07/schema#'
const scalar = ['string', 'number', 'boolean', 'null']
const tag = '\\{\\{'

/** The schema file of one kind. */
export function jsonSchemaOfKind(kind: ResourceKind): Json {
  const definitions: Definitions = new Map()
  const root = kindSchema(kind, definitions)
  return {
    $schema: draft,
    title: `${kind.kind} (${kind.apiVersion})`,
    ...root,
    ...definitionsOf(definitions),
  }
}

/** One schema for files that hold several kinds: it chooses by `kind`. */
export function jsonSchemaOfManifests(): Json {
  const definitions: Definitions = new Map()
  const choices = [...resourceKinds, executorPluginKind].map((kind) => {
    const name = `kind.${kind.kind}` // a kind may also be part of another, with less to it
    definitions.set(name, kindSchema(kind, definitions))
    return {
      if: { properties: { kind: { const: kind.kind } }, required: ['kind'] },
      then: { $ref: `#/definitions/${name}` },
    }
  })
  const kinds = [...resourceKinds, executorPluginKind].map(({ kind }) => kind)
  return {
    $schema: draft,
    title: 'Any manifest that Drydock reads',
    type: 'object',
    required: ['kind'],
    properties: { kind: { enum: kinds, description: 'What the object is.' } },
    allOf: choices,
    ...definitionsOf(definitions),
  }
}

function kindSchema(kind: ResourceKind, definitions: Definitions): Json {
  const schema = objectSchema(kind.schema as unknown as Json, definitions)
  const properties = {
    ...(schema['properties'] as Json),
    apiVersion: { const: kind.apiVersion },
    kind: { const: kind.kind },
  }
  return { ...schema, type: 'object', required: ['apiVersion', 'kind', ...requiredOf(schema)], properties }
}

const definitionsOf = (definitions: Definitions): Json => ({
  definitions: Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
})

/** A script may take its image from the defaults, and its text may be empty. */
const requiredOf = (schema: Json): readonly string[] =>
  schema['title'] === 'ScriptTemplate' ? [] : ((schema['required'] as readonly string[] | undefined) ?? [])

function convert(schema: Json, definitions: Definitions): Json {
  const description = 'description' in schema ? { description: schema['description'] } : {}
  if ('$ref' in schema) {
    named('Template', TemplateSchema as unknown as Json, definitions)
    return { allOf: [{ $ref: schema['$ref'] }], ...description }
  }
  if (typeof schema['title'] === 'string') {
    named(schema['title'], schema, definitions)
    return { allOf: [{ $ref: `#/definitions/${schema['title']}` }], ...description }
  }
  return { ...valueSchema(schema, definitions), ...description }
}

function named(title: string, schema: Json, definitions: Definitions): void {
  if (definitions.has(title)) return
  definitions.set(title, {}) // holds the place while the parts are converted: a template contains itself
  definitions.set(title, objectSchema(schema, definitions))
}

function objectSchema(schema: Json, definitions: Definitions): Json {
  const properties = Object.entries(schema['properties'] as Record<string, Json>)
  const required = requiredOf(schema)
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries(properties.map(([name, field]) => [name, convert(field, definitions)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
}

function valueSchema(schema: Json, definitions: Definitions): Json {
  if (Array.isArray(schema['enum'])) return { enum: schema['enum'] }
  switch (schema['format']) {
    case 'choice':
      return { anyOf: [{ enum: schema['examples'] }, { type: 'string', pattern: `^$|${tag}` }, { type: 'null' }] }
    case 'any-text':
      return {}
    case 'int-or-text':
      return { type: ['integer', 'string', 'null'] }
    case 'quantity':
    case 'amount':
      return { type: ['number', 'string', 'null'] }
  }
  switch (schema['type']) {
    case 'string':
      return { type: scalar }
    case 'array':
      return { type: ['array', 'null'], items: convert(schema['items'] as Json, definitions) }
    case 'object':
      return {
        type: ['object', 'null'],
        additionalProperties: convert(schema['additionalProperties'] as Json, definitions),
      }
    case undefined:
      return {}
    default:
      return { type: [schema['type'], 'null'] }
  }
}
