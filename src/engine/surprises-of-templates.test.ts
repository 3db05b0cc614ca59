/** What is easy to get wrong of templates, as stories: those from elsewhere, defaults, memoization, containers of a set. */
import { describe, expect, it } from 'vitest'
import type { Template } from '../resources/index.ts'
import { gives, ok, spec, steps } from './testing/small-workflows.ts'
import { Story, storyWorld } from './testing/story.ts'
import { chain } from './testing/templates.ts'

describe('templates from elsewhere', () => {
  const template = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'WorkflowTemplate',
    metadata: { name: 'lib' },
    spec: { entrypoint: 'say', onExit: 'say', templates: [{ ...ok, name: 'say' }] },
  } as const
  const world = () => storyWorld({ templates: [template as never] })
  it('bring their exit handler with workflowTemplateRef', () => {
    const story = new Story({ workflowTemplateRef: { name: 'lib' } }, world()).play()
    expect([story.phase, story.phases['wf.onExit']]).toEqual(['Succeeded', 'Succeeded'])
  })
  it('do not with a templateRef', () => {
    const story = new Story(
      { entrypoint: 'main', templates: [steps([{ name: 'a', templateRef: { name: 'lib', template: 'say' } }])] },
      world(),
    ).play()
    expect([story.phase, story.phases['wf.onExit'], story.node('wf[0].a').templateName]).toEqual([
      'Succeeded',
      undefined,
      undefined,
    ])
  })
  it('that are missing make an error', () => {
    const story = new Story({ workflowTemplateRef: { name: 'nope' } }, world())
    expect([story.phase, story.message]).toEqual(['Error', 'workflowtemplates.argoproj.io "nope" not found'])
  })
  it('take templateDefaults beneath their own fields', () => {
    const story = new Story(
      spec(steps([{ name: 'a', template: 'ok' }]), {
        templateDefaults: { activeDeadlineSeconds: 5, retryStrategy: { limit: 1 } },
      }),
    )
    expect(story.node('wf').type).toBe('Retry')
    expect(story.pods.get('wf(0)[0].a(0)')?.activeDeadlineMs).toBe(5000)
  })
})

describe('memoization', () => {
  const memo: Template = {
    ...gives,
    name: 'memo',
    memoize: { key: 'k', maxAge: '', cache: { configMap: { name: 'c' } } },
  }
  it('gives a hit at once, without a pod', () => {
    const hit = {
      nodeID: 'other',
      creationTimestamp: '2026-01-01T00:00:00Z',
      lastHitTimestamp: '2026-01-01T00:00:00Z',
      outputs: { parameters: [{ name: 'p', value: 'kept' }] },
    }
    const story = new Story(spec(steps([{ name: 'a', template: 'memo' }]), { templates: [memo] }), {
      ...storyWorld(),
      memo: () => hit,
    })
    expect([story.phase, story.pods.size]).toEqual(['Succeeded', 0])
    expect(story.node('wf[0].a')).toMatchObject({
      memoizationStatus: { hit: true, key: 'k', cacheName: 'c' },
      outputs: { parameters: [{ name: 'p', value: 'kept' }] },
    })
  })
  it('keeps nothing of a failure', () => {
    const story = new Story(spec(steps([{ name: 'a', template: 'memo' }]), { templates: [memo] }))
    story.end('wf[0].a', { exitCode: 1 })
    expect(story.last?.memos).toEqual([])
  })
})

describe('containers of a set', () => {
  const set = chain('set', 'a', 'b')
  it('are nodes of their own below their pod, and fail with it', () => {
    const story = new Story(spec(steps([{ name: 's', template: 'set' }]), { templates: [set] }))
    expect(story.node('wf[0].s.b')).toMatchObject({
      type: 'Container',
      boundaryID: story.node('wf[0].s').id,
      phase: 'Pending',
    })
    story.end('wf[0].s', { exitCode: 3 })
    expect([story.phases['wf[0].s'], story.phases['wf[0].s.a'], story.phases['wf[0].s.b']]).toEqual([
      'Failed',
      'Failed',
      'Failed',
    ])
  })
})
