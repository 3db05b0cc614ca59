import { describe, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import { RecentTexts } from './recent-texts.ts'
import { strictPolicy } from './policy.ts'
import { validateWorkflow } from './validate.ts'

describe('recent texts', () => {
  it('forget the oldest when they are too long together', () => {
    const texts = new RecentTexts(10)
    for (const text of ['aaaa', 'bbbb', 'cc', 'd']) texts.add(text)
    expect(['aaaa', 'bbbb', 'cc', 'd'].filter((text) => texts.has(text))).toEqual(['bbbb', 'cc', 'd'])
  })

  it('take nothing that is too long by itself, and nothing twice', () => {
    const texts = new RecentTexts(4)
    for (const text of ['ab', 'ab', 'ab', 'much too long', 'cd']) texts.add(text)
    expect(['ab', 'much too long', 'cd'].map((text) => texts.has(text))).toEqual([true, false, true])
  })
})

describe('a workflow that was found sound', () => {
  const workflow = (spec: object, name = 'one'): Workflow => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name },
    spec,
  })
  const container = { image: 'busybox', command: ['echo', '{{workflow.labels.team}}'] }
  const plain = { entrypoint: 'main', templates: [{ name: 'main', container }] }

  it('is sound again, and not with other labels or too long a name', () => {
    const labelled = (labels: object, name: string): Workflow => {
      const { metadata, ...rest } = workflow(plain, name)
      return { ...rest, metadata: { ...metadata, labels } } as Workflow
    }
    expect(validateWorkflow(labelled({ team: 'a' }, 'one'))).toEqual([])
    expect(validateWorkflow(labelled({ team: 'a' }, 'other'))).toEqual([])
    expect(validateWorkflow(labelled({}, 'one'))).toHaveLength(1)
    expect(validateWorkflow(labelled({ team: 'a' }, 'x'.repeat(64)))).toHaveLength(1)
  })

  it('is looked at anew where it refers to a template, which may have changed', () => {
    const templateRef = { name: 'shared', template: 'go' }
    const spec = { entrypoint: 'main', templates: [{ name: 'main', steps: [[{ name: 'a', templateRef }]] }] }
    const shared = {
      metadata: { name: 'shared' },
      spec: { templates: [{ name: 'go', container: { image: 'busybox' } }] },
    }
    const lookup = (isThere: boolean) => ({
      workflowTemplate: () => (isThere ? (shared as never) : undefined),
      clusterWorkflowTemplate: () => undefined,
    })
    expect(validateWorkflow(workflow(spec), { lookup: lookup(true) })).toEqual([])
    expect(validateWorkflow(workflow(spec), { lookup: lookup(false) })).toHaveLength(1)
  })

  it('meets the policy each time', () => {
    const spec = {
      ...plain,
      templates: [{ name: 'main', container: { image: 'busybox', securityContext: { privileged: true } } }],
    }
    expect(validateWorkflow(workflow(spec))).toEqual([])
    const policy = strictPolicy
    expect(validateWorkflow(workflow(spec), { policy })).not.toEqual([])
  })
})
