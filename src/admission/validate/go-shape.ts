/** Values with the empty structs that Go's JSON never leaves out. */
import { TemplateSchema } from '../../resources/index.ts'
import type { SchemaNode } from '../go-type-names.ts'

/** Fields that are written even when empty, by type. */
const alwaysWritten: Readonly<Record<string, readonly string[]>> = {
  Template: ['inputs', 'outputs', 'metadata'],
  WorkflowStep: ['arguments'],
  DAGTask: ['arguments'],
  LifecycleHook: ['arguments'],
  Container: ['name', 'resources'],
  ContainerNode: ['name', 'resources'],
  UserContainer: ['name', 'resources'],
  ScriptTemplate: ['name', 'resources'],
}

export function inGoShape(value: unknown, schema: SchemaNode): unknown {
  if (schema.$ref) return inGoShape(value, TemplateSchema as unknown as SchemaNode)
  if (Array.isArray(value)) return value.map((item) => inGoShape(item, schema.items ?? {}))
  if (typeof value !== 'object' || value === null) return value
  if (!schema.properties) {
    const inner = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inGoShape(item, inner)]))
  }
  const always = alwaysWritten[schema.title ?? ''] ?? []
  const fields = Object.entries(schema.properties).flatMap(([name, field]): [string, unknown][] => {
    const own = (value as Readonly<Record<string, unknown>>)[name]
    if (own !== undefined) return [[name, inGoShape(own, field)]]
    return always.includes(name) ? [[name, name === 'name' ? '' : {}]] : []
  })
  return Object.fromEntries(fields)
}

/** Whether a text of the value opens a tag that it does not close. */
export function needsGoShape(value: unknown): boolean {
  if (typeof value === 'string') return value.lastIndexOf('{{') > value.lastIndexOf('}}')
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(needsGoShape)
}
