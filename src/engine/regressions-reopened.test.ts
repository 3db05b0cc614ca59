/** Runs that were opened anew, as after a restart, and once hung or lost something: each a row that failed before. */
import { describe, expect, it } from 'vitest'
import type { Template, WorkflowSpec, WorkflowStep } from '../resources/index.ts'
import { instant, nodeIdOf } from '../resources/index.ts'
import { Story } from './testing/story.ts'
import { chain, dag, plain, spec } from './testing/templates.ts'

const memoized: Template = {
  ...plain,
  outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' } }] },
  memoize: { key: 'same', maxAge: '1h', cache: { configMap: { name: 'cache' } } },
  metrics: { prometheus: [{ name: 'ended', help: 'h', counter: { value: '1' } }] },
}

describe('a run that is opened anew', () => {
  it('waits for what went on beside a step that could not begin', () => {
    const main: Template = {
      name: 'main',
      steps: [
        [
          { name: 'a', template: 'plain' },
          { name: 'b', template: 'none' },
        ],
      ],
    }
    const again = new Story(spec(main)).reopened()
    expect([again.phase, again.phases['wf'], again.phases['wf[0].a']]).toEqual(['Running', 'Failed', 'Pending'])
    again.end('wf[0].a')
    expect([again.phase, again.phases['wf[0].a']]).toEqual(['Failed', 'Succeeded'])
  })
  it('runs no exit hook of what an error kept from coming to be, as it had not before', () => {
    const tasks = [
      { name: 'l', template: 'none', withItems: [1, 2], onExit: 'plain' },
      { name: 'z', template: 'plain' },
    ]
    const story = new Story(spec({ ...dag('main', tasks), dag: { tasks, failFast: false } }))
    expect([story.phases['wf.l(0:1)'], story.phases['wf.z']]).toEqual(['Error', 'Pending'])
    const again = story.reopened()
    expect(again.phases).toEqual(story.phases)
    expect(again.play().phase).toBe('Error')
  })
  it('waits for the exit node of a loop that its stopped DAG did not wait for', () => {
    const tasks = [
      { name: 'l', template: 'plain', withItems: [1, 2], onExit: 'plain' },
      { name: 'z', template: 'plain', depends: 'l' },
    ]
    const story = new Story(spec(dag('main', tasks)))
    story.ask({ kind: 'stop' })
    for (const name of ['wf.l(0:1)', 'wf.l(1:2)', 'wf.l(0:1).onExit', 'wf.l(1:2).onExit']) story.end(name)
    const states = ({ phase, phases }: Story) => [phase, phases['wf'], phases['wf.l.onExit']]
    expect(states(story)).toEqual(['Running', 'Failed', 'Pending'])
    const again = story.reopened()
    expect(states(again)).toEqual(['Running', 'Failed', 'Pending'])
    again.end('wf.l.onExit')
    expect(states(again)).toEqual(['Failed', 'Failed', 'Succeeded'])
  })
  it.each([
    ['alone', []],
    ['before another task', [{ name: 'after', template: 'plain', depends: 't' }]],
  ])('ends containers of a pod that had been ended and was not heard of before: %s', (_where, more) => {
    const main = dag('main', [{ name: 't', template: 'set' }, ...more])
    const story = new Story({ ...spec(main, chain('set', 'first', 'main')), activeDeadlineSeconds: 5 })
    story.begin('wf.t')
    story.pass(6000)
    expect([story.phases['wf.t'], story.phases['wf.t.main'], story.phase]).toEqual(['Failed', 'Running', 'Running'])
    const again = story.reopened()
    expect([again.phase, again.phases['wf.t'], again.phases['wf.t.main']]).toEqual(['Failed', 'Failed', 'Failed'])
  })
  const m: WorkflowStep = { name: 'a', template: 'm' }
  const b: WorkflowStep = { name: 'b', template: 'plain' }
  const steps = (...groups: WorkflowStep[][]): Template => ({ name: 'main', steps: groups })
  it.each<[string, string, Template]>([
    ['before another step', 'wf[0].a', steps([m], [b])],
    ['beside another step', 'wf[0].a', steps([m, b])],
    ['in a loop of steps', 'wf[0].a(0:1)', steps([{ ...m, withItems: [1, 2] }])],
    ['before another task', 'wf.a', dag('main', [m, { ...b, dependencies: ['a'] }])],
    ['beside another task', 'wf.a', dag('main', [m, b])],
    ['in a loop of tasks', 'wf.a(0:1)', dag('main', [{ ...m, withItems: [1, 2] }])],
  ])('neither counts nor remembers a node again that had ended %s', (_where, name, main) => {
    const story = new Story(spec({ ...memoized, name: 'm' }, main))
    story.end(name, { parameters: { p: '1' } })
    expect([story.last?.metrics.length, story.last?.memos.length]).toEqual([1, 1])
    const again = story.reopened()
    expect(again.phase).toBe('Running')
    expect([again.last?.metrics, again.last?.memos]).toEqual([[], []])
  })
  it.each<[string, Partial<Template>, string[]]>([
    ['as they are', {}, ['wf[0].serve']],
    ['of a retryStrategy', { retryStrategy: { limit: 2 } }, ['wf[0].serve(0)', 'wf[0].serve']],
  ])(
    'takes the daemons of steps that were over along when it ends by an error: %s',
    (_how, more, [pod = '', ...around]) => {
      const serving: Template = { ...plain, ...more, name: 'serving', daemon: true }
      const story = new Story(spec(serving, steps([{ name: 'serve', template: 'serving' }], [b])))
      story.begin(pod)
      expect([...story.pods.keys()]).toContain('wf[1].b')
      const again = story.reopened()
      const pods = [pod, 'wf[1].b'].map((name) => again.run.podIdOf(name))
      again.tell({ kind: 'claimFailed', claimName: 'work', message: 'no room', transient: false })
      expect(again.phase).toBe('Error')
      for (const name of [pod, 'wf[1].b', ...around]) expect(again.phases[name], name).toBe('Failed')
      for (const kind of ['stopPod', 'removePod'] as const)
        expect(again.effects.flatMap((effect) => (effect.kind === kind ? [effect.pod] : [])).sort()).toEqual(
          pods.sort(),
        )
    },
  )
  it.each([
    ['goes', { 'wf[0].serve(0)': 'Error' }],
    ['ends', { 'wf[0].serve(0)': 'Failed' }],
    ['serves on', { 'wf[0].serve(0)': 'Succeeded' }],
  ] as const)('follows a daemon whose step is over, and which %s', (how, phases) => {
    const serving: Template = { ...plain, name: 'serving', daemon: true, retryStrategy: { limit: 2 } }
    const story = new Story(spec(serving, steps([{ name: 'serve', template: 'serving' }], [b])))
    story.begin('wf[0].serve(0)')
    const again = story.reopened().reopened()
    const pod = again.run.podIdOf('wf[0].serve(0)')
    const asked = again.effects.flatMap((effect) => (effect.kind === 'runPod' ? [effect.plan.identity.id] : []))
    expect(asked.sort()).toEqual([pod, again.run.podIdOf('wf[1].b')].sort())
    if (how === 'goes') again.tell({ kind: 'podGone', node: nodeIdOf(again.node('wf[0].serve(0)').id), pod })
    if (how === 'ends') again.end('wf[0].serve(0)')
    again.end('wf[1].b')
    expect(again.phases).toMatchObject(phases)
    if (how === 'serves on') again.end('wf[0].serve(0)', { exitCode: 143 })
    expect([again.phase, again.phases]).toMatchObject(['Succeeded', phases])
  })
  const leaf: WorkflowSpec = { entrypoint: 'plain', templates: [plain] }
  it('ends what runs beyond a deadline that passed meanwhile', () => {
    const story = new Story({ ...leaf, activeDeadlineSeconds: 10 })
    story.begin('wf')
    story.now = instant(story.now + 20_000)
    const again = story.reopened()
    expect(again.node('wf')).toMatchObject({ phase: 'Failed', message: 'Step exceeded its deadline' })
    expect(again.effects.map(({ kind }) => kind)).toEqual(['runPod', 'stopPod'])
    again.end('wf', { exitCode: 143 })
    expect(again.phase).toBe('Failed')
  })
  it.each(['stop', 'terminate'] as const)('ends what runs although it is suspended, on %s', (kind) => {
    const story = new Story(leaf)
    story.begin('wf')
    story.ask({ kind: 'suspend' })
    const again = story.reopened()
    expect(again.effects).toEqual([])
    again.ask({ kind })
    expect(again.phases).toEqual({ wf: 'Failed' })
    expect(again.effects.map((effect) => effect.kind)).toEqual(['runPod', 'stopPod'])
    again.end('wf', { exitCode: 143 })
    expect(again.phase).toBe('Failed')
  })
  it('counts a node that an operation ended before anything was decided', () => {
    const suspend: Template = { name: 'main', suspend: {}, ...(memoized.metrics ? { metrics: memoized.metrics } : {}) }
    const run = new Story(spec(suspend)).reopened()
    const answer = run.ask({ kind: 'resume' })
    expect('refused' in answer ? answer : answer.metrics.length).toBe(1)
  })
  it('keeps the exit node of a loop that has to wait for its turn', () => {
    const right = dag('right', [
      { name: 't0', template: 'plain' },
      { name: 't1', template: 'plain', withItems: ['a', 'b'], onExit: 'plain' },
    ])
    const story = new Story({
      ...spec(dag('main', [{ name: 't0', template: 'right', withItems: ['a', 'b'] }]), { ...right, parallelism: 1 }),
      parallelism: 2,
    })
    for (const name of ['t0', 't1(0:a)', 't1(0:a).onExit', 't1(1:b)']) story.end(`wf.t0(1:b).${name}`)
    const again = story.reopened()
    again.end('wf.t0(1:b).t1(1:b).onExit')
    expect(again.phases['wf.t0(1:b).t1.onExit']).toBe('Pending')
  })
})
