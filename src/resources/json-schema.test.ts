import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { jsonSchemaOfKind, jsonSchemaOfManifests } from './json-schema.ts'
import { resourceKinds } from './kinds.ts'

const fileOf = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../crds-compat/${name}`, import.meta.url), 'utf8'))

describe('the schema files', () => {
  it.each(resourceKinds.map((kind) => [kind.kind, kind] as const))('of %s are up to date', (_, kind) => {
    expect(fileOf(kind.schemaFile)).toEqual(jsonSchemaOfKind(kind))
  })

  it('of all kinds together are up to date', () => {
    expect(fileOf('manifest.schema.json')).toEqual(jsonSchemaOfManifests())
  })
})

describe('the schema of all kinds', () => {
  const validate = new Ajv({ strict: false }).compile(jsonSchemaOfManifests() as object)
  const workflow = (spec: object) => ({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: {}, spec })

  it.each([
    ['numbers where a text is wanted', { templates: [{ name: 'a', container: { image: 'b', args: ['exit', 1] } }] }],
    ['any scalar as the value of a parameter', { arguments: { parameters: [{ name: 'a', value: 1.5 }] } }],
    ['a template within a step', { templates: [{ steps: [[{ name: 'a', inline: { container: { image: 'b' } } }]] }] }],
    ['a limit as a number or a text', { retryStrategy: { limit: 3, backoff: { factor: '2' } } }],
    ['a claim without kind', { volumeClaimTemplates: [{ metadata: { name: 'a' }, spec: {} }] }],
    ['a script that leaves its image to the defaults', { templates: [{ script: { command: ['a'] } }] }],
    ['fields left empty', { arguments: null, templates: null, entrypoint: null }],
  ])('accepts %s', (_, spec) => {
    expect(validate(workflow(spec)) || validate.errors).toBe(true)
  })

  it.each([
    ['a misspelt field', { entrypoints: 'a' }],
    ['a misspelt field deep inside', { templates: [{ dag: { tasks: [{ name: 'a', depend: 'b' }] } }] }],
    ['a text where a number is wanted', { parallelism: 'many' }],
    ['an unknown policy', { retryStrategy: { retryPolicy: 'Sometimes' } }],
  ])('refuses %s', (_, spec) => {
    expect(validate(workflow(spec))).toBe(false)
  })
})
