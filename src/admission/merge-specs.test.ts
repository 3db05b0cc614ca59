import { describe, expect, it } from 'vitest'
import { mergeTemplateDefaults, mergeWorkflowSpecs } from './merge-specs.ts'

describe('the spec of a workflow over that of its template and the defaults', () => {
  it('wins field by field', () => {
    const merged = mergeWorkflowSpecs(
      { workflowTemplateRef: { name: 't' }, ttlStrategy: { secondsAfterFailure: 1 } },
      { entrypoint: 'main', ttlStrategy: { secondsAfterSuccess: 2 }, templates: [{ name: 'main' }] },
      { entrypoint: 'other', parallelism: 3 },
    )
    expect(merged).toEqual({
      workflowTemplateRef: { name: 't' },
      entrypoint: 'main',
      parallelism: 3,
      templates: [{ name: 'main' }],
      ttlStrategy: { secondsAfterSuccess: 2, secondsAfterFailure: 1 },
    })
  })

  it('takes a parameter as a whole from the first who gives it a value', () => {
    const merged = mergeWorkflowSpecs(
      { arguments: { parameters: [{ name: 'a', value: '1' }, { name: 'b' }] } },
      {
        arguments: {
          parameters: [
            { name: 'a', valueFrom: { event: 'e' } },
            { name: 'b', default: '2' },
            { name: 'c', value: '3' },
          ],
        },
      },
      undefined,
    )
    expect(merged.arguments?.parameters).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', default: '2' },
      { name: 'c', value: '3' },
    ])
  })

  it('keeps the bucket of an artifact whose key alone is overridden, but not of another backend', () => {
    const base = { arguments: { artifacts: [{ name: 'a', s3: { bucket: 'b', key: 'old' } }] } }
    const s3 = mergeWorkflowSpecs({ arguments: { artifacts: [{ name: 'a', s3: { key: 'new' } }] } }, base, undefined)
    expect(s3.arguments?.artifacts).toEqual([{ name: 'a', s3: { bucket: 'b', key: 'new' } }])
    const raw = mergeWorkflowSpecs({ arguments: { artifacts: [{ name: 'a', raw: { data: 'x' } }] } }, base, undefined)
    expect(raw.arguments?.artifacts).toEqual([{ name: 'a', raw: { data: 'x' } }])
  })

  it('goes by key for hooks and labels from expressions, and is suspended only if the workflow is', () => {
    const merged = mergeWorkflowSpecs(
      { hooks: { exit: { template: 'own' } }, workflowMetadata: { labels: { a: '1' } } },
      {
        suspend: true,
        hooks: { exit: { template: 'other' }, running: { template: 'r', expression: 'true' } },
        workflowMetadata: { labels: { a: '0', b: '2' }, labelsFrom: { c: { expression: 'x' } } },
      },
      undefined,
    )
    expect(merged).toEqual({
      hooks: { exit: { template: 'own' }, running: { template: 'r', expression: 'true' } },
      workflowMetadata: { labels: { a: '1', b: '2' }, labelsFrom: { c: { expression: 'x' } } },
    })
  })
})

describe('template defaults', () => {
  it('fill the gaps of a template of the same kind, and of every kind what belongs to all', () => {
    const defaults = {
      container: {
        image: 'd',
        imagePullPolicy: 'Never',
        env: [
          { name: 'A', value: '0' },
          { name: 'B', value: '1' },
        ],
      },
      script: { image: 's', source: '' },
      retryStrategy: { limit: 2 },
    }
    const template = { name: 't', container: { image: 'i', env: [{ name: 'A', value: '2' }] } }
    expect(mergeTemplateDefaults(template, defaults)).toEqual({
      name: 't',
      container: {
        image: 'i',
        imagePullPolicy: 'Never',
        env: [
          { name: 'A', value: '2' },
          { name: 'B', value: '1' },
        ],
      },
      retryStrategy: { limit: 2 },
    })
    expect(mergeTemplateDefaults({ steps: [] }, defaults)).toEqual({ steps: [], retryStrategy: { limit: 2 } })
  })
})
