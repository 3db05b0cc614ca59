import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import { reachableTypes, verdictOf } from './catalogue.ts'
import { compatibilityDocument } from './document.ts'
import { ignoredFields, ignoredFieldsText } from './ignored-fields.ts'
import { verdicts } from './verdicts.ts'

const types = reachableTypes()

describe('verdicts', () => {
  it('are given on every field of every kind', () => {
    const without = types.flatMap(({ name, fields }) =>
      [...fields.keys()].filter((field) => verdictOf(name, field) === undefined).map((field) => `${name}.${field}`),
    )
    expect(without).toEqual([])
  })
  it('are given on nothing that the schemas do not have', () => {
    const fields = new Set(types.flatMap(({ name, fields }) => [...fields.keys()].map((field) => `${name}.${field}`)))
    const strange = Object.entries(verdicts).flatMap(([type, { works, ...others }]) =>
      [...works.split(' '), ...Object.values(others).flatMap(Object.keys)]
        .filter((field) => field !== '' && !fields.has(`${type}.${field}`))
        .map((field) => `${type}.${field}`),
    )
    expect(strange).toEqual([])
    expect(Object.keys(verdicts).filter((type) => !types.some(({ name }) => name === type))).toEqual([])
  })
  it('are given once a field', () => {
    const twice = Object.entries(verdicts).flatMap(([type, { works, ...others }]) => {
      const names = [...works.split(' '), ...Object.values(others).flatMap(Object.keys)].filter((name) => name !== '')
      return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${type}.${name}`)
    })
    expect(twice).toEqual([])
  })
  it('are what docs/compatibility.md says (npm run docs writes it)', async () => {
    const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'compatibility.md')
    expect(await readFile(path, 'utf8')).toBe(compatibilityDocument())
  })
})

describe('ignored fields of a spec', () => {
  const container = { name: 'main', image: 'busybox', terminationMessagePath: '/dev/x' }
  it('are named once, without indices, wherever they stand', () => {
    const spec = {
      affinity: {},
      tolerations: [],
      automountServiceAccountToken: false,
      schedulerName: 'other',
      templates: [
        { name: 'a', container, affinity: {} },
        { name: 'b', container, affinity: {} },
        { name: 'c', dag: { tasks: [{ name: 't', inline: { nodeSelector: { disk: 'ssd' }, container } }] } },
        { name: 'd', steps: [[{ name: 's', hooks: { exit: { template: 'a' } } }]] },
      ],
    }
    expect(ignoredFields(spec)).toEqual([
      'spec.affinity',
      'spec.schedulerName',
      'spec.templates[].container.terminationMessagePath',
      'spec.templates[].affinity',
      'spec.templates[].dag.tasks[].inline.nodeSelector',
      'spec.templates[].dag.tasks[].inline.container.terminationMessagePath',
    ])
  })
  it('are found in templates of other objects that are reached, with the name of the object', () => {
    const library = {
      spec: {
        templates: [
          { name: 'entry', steps: [[{ name: 's', template: 'leaf', onExit: 'bye' }]] },
          { name: 'leaf', container, nodeSelector: { disk: 'ssd' } },
          { name: 'bye', container: { image: 'busybox' }, schedulerName: 'x' },
          { name: 'unused', container: { image: 'busybox' }, affinity: { nodeAffinity: {} } },
        ],
      },
    }
    const shared = { spec: { templates: [{ name: 'loop', dag: { tasks: [{ name: 'again', template: 'loop' }] } }] } }
    const spec = {
      templates: [
        {
          name: 'a',
          dag: {
            tasks: [
              { name: 't', templateRef: { name: 'library', template: 'entry' } },
              { name: 'u', templateRef: { name: 'shared', template: 'loop', clusterScope: true } },
              { name: 'v', templateRef: { name: 'nowhere', template: 'x' } },
            ],
          },
        },
      ],
    }
    const objects = {
      workflowTemplate: (name: string) => (name === 'library' ? library : null),
      clusterWorkflowTemplate: (name: string) => (name === 'shared' ? shared : null),
    }
    expect(ignoredFieldsText(spec, objects)).toBe(
      'ignored on Docker: spec.templates[].schedulerName (WorkflowTemplate library), ' +
        'spec.templates[].container.terminationMessagePath (WorkflowTemplate library), ' +
        'spec.templates[].nodeSelector (WorkflowTemplate library)',
    )
    expect(ignoredFieldsText(spec, objects, ['nodeSelector', 'schedulerName'])).toBe(
      'ignored on Docker: spec.templates[].container.terminationMessagePath (WorkflowTemplate library)',
    )
  })
  it('are none in a spec that asks for nothing of Kubernetes', () => {
    expect(
      ignoredFieldsText({ serviceAccountName: 'x', templates: [{ name: 'a', container: { image: 'busybox' } }] }),
    ).toBeNull()
  })
  it('are looked up fast enough to be looked up for every workflow', async () => {
    const spec = {
      templates: Array.from({ length: 1000 }, (_, i) => ({ name: `t${i}`, container, nodeSelector: { a: 'b' } })),
    }
    ignoredFields(spec)
    expect(await processorMs(() => ignoredFields(spec))).toBeLessThan(100)
  })
})
