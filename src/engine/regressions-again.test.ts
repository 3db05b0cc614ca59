/** Runs that ran again, by manual retry or memoized resubmission, and went wrong once: each a row that failed before. */
import { describe, expect, it } from 'vitest'
import type { Template, WorkflowSpec } from '../resources/index.ts'
import { Story } from './testing/story.ts'
import { dag, plain, spec } from './testing/templates.ts'

describe('manual retry', () => {
  it.each([
    ['a failed flow and its exit hook have failed', 1, ['wf[0].s.t0', 'wf[0].s.onExit.t0', 'wf[0].s.onExit.t1']],
    ['only the exit hook has', 0, ['wf[0].s.onExit.t0', 'wf[0].s.onExit.t1']],
  ])('has the exit hook of a flow run again at its end where %s', (_what, exitCode, expected) => {
    const inner = dag('inner', [{ name: 't0', template: 'plain' }])
    const handler = dag('handler', [
      { name: 't0', template: 'plain' },
      { name: 't1', template: 'plain', dependencies: ['t0'] },
    ])
    const main: Template = {
      name: 'main',
      steps: [
        [
          { name: 's', template: 'inner', onExit: 'handler' },
          { name: 'other', template: 'plain' },
        ],
      ],
    }
    const story = new Story(spec(main, inner, handler))
    story.end('wf[0].other', { exitCode: 1 })
    story.end('wf[0].s.t0', { exitCode })
    story.end('wf[0].s.onExit.t0')
    story.end('wf[0].s.onExit.t1', { exitCode: 1 })
    expect(story.phase).toBe('Failed')
    story.ask({ kind: 'retry' })
    const ran: string[] = []
    story.play(({ identity }) => {
      ran.push(identity.nodeName)
      return {}
    })
    expect(ran.filter((name) => name !== 'wf[0].other')).toEqual(expected)
    expect(story.phase).toBe('Succeeded')
  })
  it('runs an exit handler again that failed alone', () => {
    const story = new Story(
      spec({
        name: 'main',
        steps: [
          [
            { name: 'a', template: 'plain', onExit: 'plain' },
            { name: 'b', template: 'plain' },
          ],
        ],
      }),
    )
    story.end('wf[0].a')
    story.end('wf[0].a.onExit', { exitCode: 1 })
    story.end('wf[0].b', { exitCode: 1 })
    story.ask({ kind: 'retry' })
    expect([...story.pods.keys()].sort()).toEqual(['wf[0].a.onExit', 'wf[0].b'])
    expect(story.play().phase).toBe('Succeeded')
  })
  it('ends an inner DAG whose handler it ran again before what comes after that DAG', () => {
    const main = dag('main', [
      { name: 'a', template: 'inner' },
      { name: 'b', template: 'plain', dependencies: ['a'] },
      { name: 'c', template: 'plain', dependencies: ['b'], withItems: [1] },
    ])
    const story = new Story(spec(main, dag('inner', [{ name: 't', template: 'plain', onExit: 'plain' }])))
    story.end('wf.a.t')
    story.end('wf.a.t.onExit', { exitCode: 1 })
    story.end('wf.b')
    story.end('wf.c(0:1)', { exitCode: 1 })
    expect([story.phase, story.phases['wf.a']]).toEqual(['Failed', 'Succeeded'])
    story.ask({ kind: 'retry' })
    expect([...story.pods.keys()]).toEqual(['wf.a.t.onExit'])
    expect([story.play().phase, story.phases['wf.c(0:1)']]).toEqual(['Succeeded', 'Succeeded'])
  })
  it('goes on with the last attempt of a template that is retried as a whole', () => {
    const inner: Template = {
      name: 'inner',
      steps: [[{ name: 'a', template: 'plain' }], [{ name: 'b', template: 'plain' }]],
      retryStrategy: { limit: 1 },
    }
    const story = new Story(spec(dag('main', [{ name: 't', template: 'inner' }]), inner)).play(({ identity }) => ({
      exitCode: identity.nodeName.endsWith('.b') ? 1 : 0,
    }))
    expect(story.phases['wf.t(1)[1].b']).toBe('Failed')
    story.ask({ kind: 'retry' })
    expect([...story.pods.keys()]).toEqual(['wf.t(1)[1].b'])
    expect(story.play().phase).toBe('Succeeded')
  })
})

describe('the parallelism of a workflow that runs again', () => {
  const loop = (more: Partial<Template> = {}) =>
    ({
      ...spec(dag('main', [{ name: 'l', template: 'item', withItems: [1, 2, 3] }]), {
        ...plain,
        ...more,
        name: 'item',
      }),
      parallelism: 1,
    }) satisfies WorkflowSpec
  const oneByOne = (story: Story, name: (item: number) => string) => {
    for (const item of [0, 1, 2]) {
      expect([...story.pods.keys()]).toEqual([name(item)])
      story.end(name(item))
    }
    expect(story.phase).toBe('Succeeded')
  }

  it('holds for retried calls that a manual retry begins anew', () => {
    const story = new Story(loop({ retryStrategy: { limit: 0 } })).play(() => ({ exitCode: 1 }))
    story.ask({ kind: 'retry' })
    oneByOne(story, (item) => `wf.l(${item}:${item + 1})(0)`)
  })
  it.each([{}, { retryStrategy: { limit: 0 } }])(
    'holds for failed pods that a memoized resubmission carried along: %j',
    (more) => {
      const old = new Story(loop(more)).play(() => ({ exitCode: 1 }))
      const story = Story.resubmitted(old)
      oneByOne(story, (item) => `${story.run.name}.l(${item}:${item + 1})${'retryStrategy' in more ? '(0)' : ''}`)
    },
  )
  it('does not wait for hooks of what a memoized resubmission carries along', () => {
    const held: Template = { name: 'held', suspend: { duration: '1s' } }
    const hooks = { running: { template: 'held', expression: 'true' } }
    const tasks = [
      { name: 'good', template: 'plain', hooks },
      { name: 'bad', template: 'plain', depends: 'good' },
    ]
    const old = new Story(spec(dag('main', tasks), held))
    old.begin('wf.good')
    old.pass(2000)
    old.end('wf.good')
    old.end('wf.bad', { exitCode: 1 })
    expect([old.phase, old.phases['wf.good.hooks.running']]).toEqual(['Failed', 'Succeeded'])
    const story = Story.resubmitted(old)
    story.end(`${story.run.name}.bad`)
    expect(story.phase).toBe('Succeeded')
  })
  it('leaves none of them open where the workflow ends without them', () => {
    const main = dag('main', [{ name: 'l', template: 'plain', withItems: [1, 2] }])
    const old = new Story({ ...spec(main), parallelism: 1 }).play(() => ({ exitCode: 1 }))
    const story = Story.resubmitted(old, { spec: { ...spec({ ...main, failFast: true }), parallelism: 1 } })
    const { name } = story.run
    story.end(`${name}.l(0:1)`, { exitCode: 1 })
    expect([story.phase, story.phases[`${name}.l(1:2)`]]).toEqual(['Failed', 'Omitted'])
  })
})
