import { describe, expect, it } from 'vitest'
import { decodeResource } from './decode-resource.ts'

describe('an object that came over REST', () => {
  it('loses fields that are unknown, and keeps those that are known in Argo’s order', () => {
    const { manifest, problems } = decodeResource('Workflow', {
      spec: { templates: [{ container: { image: 'a', nope: 1 }, name: 't' }], entrypoint: 't' },
    })
    expect(problems).toEqual([])
    expect(JSON.stringify(manifest?.resource)).toBe(
      '{"metadata":{},"spec":{"templates":[{"name":"t","container":{"image":"a"}}],"entrypoint":"t"}}',
    )
  })

  it('names the path through the request in Go’s words', () => {
    const value = { spec: { templates: [{ container: { image: 'a', args: [1] } }] } }
    const { manifest, problems } = decodeResource('Workflow', value, { around: ['workflow'] })
    expect(manifest).toBeNull()
    expect(problems[0]?.message).toBe(
      'json: cannot unmarshal number into Go struct field Container.workflow.spec.templates.container.args of type string',
    )
  })

  it.each([
    [{ parallelism: 1.5 }, 'number 1.5 into Go struct field WorkflowSpec.spec.parallelism of type int64'],
    [{ priority: 2 ** 40 }, 'number 1099511627776 into Go struct field WorkflowSpec.spec.priority of type int32'],
    [{ suspend: 'yes' }, 'string into Go struct field WorkflowSpec.spec.suspend of type bool'],
    [{ templates: {} }, 'object into Go struct field WorkflowSpec.spec.templates of type []v1alpha1.Template'],
    [{ hooks: { a: 1 } }, 'number into Go struct field WorkflowSpec.spec.hooks of type v1alpha1.LifecycleHook'],
    [
      { templates: [{ script: { image: 'a', args: [1] } }] },
      'number into Go struct field ScriptTemplate.spec.templates.script.Container.args of type string',
    ],
    [
      { templates: [{ steps: [[{ when: 1 }]] }] },
      'number into Go struct field Template.spec.templates.steps.when of type string',
    ],
  ])('with a wrong type (%j) is refused', (spec, words) => {
    expect(decodeResource('Workflow', { spec }).problems[0]?.message).toBe(`json: cannot unmarshal ${words}`)
  })

  it.each([
    [{ resources: { limits: { cpu: 'lots' } } }, 'quantities must match the regular expression'],
    [{ resources: { limits: { cpu: '1Xi' } } }, 'quantities must match the regular expression'],
    [{ resources: { limits: { cpu: '1mm' } } }, "unable to parse quantity's suffix"],
  ])('with a wrong quantity (%j) is refused', (container, words) => {
    const value = { spec: { templates: [{ container: { image: 'a', ...container } }] } }
    expect(decodeResource('Workflow', value).problems[0]?.message).toContain(words)
  })

  it('keeps a plugin only with exactly one key', () => {
    const value = { spec: { templates: [{ plugin: { a: {}, b: {} } }] } }
    expect(decodeResource('Workflow', value).problems[0]?.message).toBe('expected exactly one key, got 2')
  })

  it('may have a key that JavaScript holds special', () => {
    const value = JSON.parse('{"metadata":{"labels":{"__proto__":"a"}}}') as unknown
    const { manifest } = decodeResource('Workflow', value)
    expect(Object.keys(manifest?.resource.metadata.labels ?? {})).toEqual(['__proto__'])
  })
})
