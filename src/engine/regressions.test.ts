/** Runs that once hung or lost something, found by the property tests: each a row that failed before. */
import { describe, expect, it } from 'vitest'
import type { Template, WorkflowSpec, WorkflowStep } from '../resources/index.ts'
import { instant, nodeIdOf } from '../resources/index.ts'
import { Story } from './testing/story.ts'
import { chain } from './testing/templates.ts'

const plain = { name: 'plain', container: { image: 'x' } }
const dag = (name: string, tasks: NonNullable<Template['dag']>['tasks'], more: Partial<Template> = {}): Template => ({
  name,
  dag: { tasks },
  ...more,
})
const spec = (...templates: Template[]): WorkflowSpec => ({ entrypoint: 'main', templates: [...templates, plain] })
const memoized: Template = {
  ...plain,
  outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' } }] },
  memoize: { key: 'same', maxAge: '1h', cache: { configMap: { name: 'cache' } } },
  metrics: { prometheus: [{ name: 'ended', help: 'h', counter: { value: '1' } }] },
}
const slowHook = { running: { template: 'plain', expression: 'true' } }

describe('a DAG', () => {
  it('ends when the last thing to end is a hook that hangs on it', () => {
    const story = new Story(
      spec(
        { name: 'main', steps: [[{ name: 's', template: 'inner', hooks: slowHook }]] },
        dag('inner', [{ name: 't', template: 'plain' }]),
      ),
    )
    story.end('wf[0].s.t')
    expect(story.phases['wf[0].s']).toBe('Running')
    story.end('wf[0].s.hooks.running')
    expect(story.phase).toBe('Succeeded')
  })
  it('ends when the last thing to end is a hook of the workflow', () => {
    const story = new Story({
      ...spec(dag('main', [{ name: 't', template: 'plain' }])),
      hooks: { running: { template: 'plain', expression: 'workflow.status == "Running"' } },
    })
    story.begin('wf.t')
    story.end('wf.t')
    story.end('wf.hooks.running')
    expect(story.phase).toBe('Succeeded')
  })
  it('goes on after a task that ended by failFast', () => {
    const story = new Story(
      spec(
        dag('main', [
          { name: 'a', template: 'inner' },
          { name: 'b', template: 'plain', dependencies: ['a'] },
        ]),
        dag('inner', [{ name: 't', template: 'plain' }], { failFast: true }),
      ),
    ).play(() => ({ exitCode: 1 }))
    expect([story.phase, story.phases['wf.b']]).toEqual(['Failed', 'Omitted'])
  })
  it('does not wait for the loop that a failFast inside left behind', () => {
    const inner = dag('inner', [{ name: 'l', template: 'plain', withItems: [1, 2], onExit: 'plain' }], {
      failFast: true,
    })
    const story = new Story(spec(dag('main', [{ name: 'a', template: 'inner' }]), inner)).play(() => ({ exitCode: 1 }))
    expect([story.phase, story.phases['wf.a']]).toEqual(['Failed', 'Failed'])
  })
  it('lets a task begin that was held back, rather than end without it', () => {
    const inner = dag(
      'inner',
      [
        { name: 'a', template: 'plain' },
        { name: 'b', template: 'plain', withItems: [1, 2] },
        { name: 'c', template: 'plain' },
      ],
      { parallelism: 1 },
    )
    const story = new Story(spec({ name: 'main', steps: [[{ name: 's', template: 'inner' }]] }, inner))
    story.end('wf[0].s.a', { exitCode: 1 })
    const again = story.reopened().play()
    expect(again.phases['wf[0].s.c']).toBe('Succeeded')
  })
})

describe('steps with failFast', () => {
  it('do not wait for a daemon that only ends with them', () => {
    const serves: Template = { ...plain, name: 'serves', daemon: true }
    const main: Template = {
      name: 'main',
      failFast: true,
      steps: [[{ name: 'd', template: 'serves' }], [{ name: 'a', template: 'plain', onExit: 'plain' }]],
    }
    const story = new Story(spec(main, serves))
    story.begin('wf[0].d')
    story.end('wf[1].a', { exitCode: 1 })
    expect([story.phases['wf'], story.phases['wf[0].d']]).toEqual(['Failed', 'Succeeded'])
    story.end('wf[0].d', { exitCode: 143 })
    expect(story.phase).toBe('Failed')
  })
  it('end when an exit hook of what failed is held back', () => {
    const story = new Story(
      spec(
        {
          name: 'main',
          steps: [[{ name: 's', template: 'inner', onExit: 'plain' }], [{ name: 'z', template: 'plain' }]],
          failFast: true,
        },
        dag('inner', [{ name: 't', template: 'plain' }]),
      ),
    ).play(() => ({ exitCode: 1 }))
    expect([story.phase, story.message]).toEqual([
      'Failed',
      'template has failed or errored children and failFast enabled',
    ])
  })
  it('give back the locks of what failed in them', () => {
    const locked = { ...plain, name: 'locked', synchronization: { mutexes: [{ name: 'm' }] } }
    const inner: Template = { name: 'inner', steps: [[{ name: 'l', template: 'locked' }]], failFast: true }
    const story = new Story(
      spec({ name: 'main', steps: [[{ name: 's', template: 'inner', withItems: [1, 2] }]] }, inner, locked),
    )
    story.end('wf[0].s(0:1)[0].l', { exitCode: 1 })
    story.tell({ kind: 'lookAgain' })
    expect([...story.pods.keys()]).toEqual(['wf[0].s(1:2)[0].l'])
  })
})

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

it.each(['steps', 'dag'] as const)(
  '%s wait for the exit hook of a daemon that dies while others still start',
  (kind) => {
    const serves: Template = { ...plain, name: 'serves', daemon: true }
    const loop = { name: 'd', template: 'serves', withItems: [1, 2], onExit: 'plain' }
    const main: Template = kind === 'dag' ? dag('main', [loop]) : { name: 'main', steps: [[loop]] }
    const [group, node] = kind === 'dag' ? ['wf', 'wf.d'] : ['wf[0]', 'wf[0]']
    const story = new Story(spec(main, serves))
    story.begin(`${group}.d(0:1)`)
    story.end(`${group}.d(0:1)`, { exitCode: 1 })
    story.begin(`${group}.d(1:2)`)
    expect([story.phases[`${group}.d(0:1).onExit`], story.phases[node]]).toEqual(['Pending', 'Running'])
    story.end(`${group}.d(0:1).onExit`)
    expect(story.phases[node]).toBe('Failed')
  },
)

it('an exit node that comes late to a loop changes nothing of what followed it, even after a restart', () => {
  const tasks = [
    { name: 'l', template: 'plain', withItems: [1, 2], onExit: 'plain' },
    { name: 'z', template: 'plain', dependencies: ['l'] },
  ]
  const story = new Story(spec(dag('main', tasks)))
  for (const name of ['wf.l(0:1)', 'wf.l(1:2)', 'wf.l(0:1).onExit', 'wf.l(1:2).onExit']) story.end(name)
  const again = story.reopened().play()
  expect(again.node('wf.l.onExit').children).toBeUndefined()
  expect(again.phase).toBe('Succeeded')
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

it('what is told twice of a pod while its workflow is suspended is not forgotten', () => {
  const serving: Template = { ...plain, name: 'serving', daemon: true }
  const main: Template = {
    name: 'main',
    steps: [[{ name: 'serve', template: 'serving' }], [{ name: 'use', template: 'plain' }]],
  }
  const story = new Story(spec(main, serving))
  story.ask({ kind: 'suspend' })
  story.begin('wf[0].serve')
  story.begin('wf[0].serve')
  story.ask({ kind: 'resume' })
  expect([...story.pods.keys()]).toContain('wf[1].use')
  for (const name of ['wf[1].use', 'wf[0].serve']) story.end(name)
  expect(story.phase).toBe('Succeeded')
})

it('an exit hook that waits for a lock in a group that an error ended does not outlast the workflow', () => {
  const hook: Template = { ...plain, name: 'hook', synchronization: { mutexes: [{ name: 'm' }] } }
  const group: WorkflowStep[] = [
    { name: 'a', template: 'plain', withItems: [1, 2], onExit: 'hook' },
    { name: 'b', template: 'plain', onExit: 'none' },
  ]
  const story = new Story(spec({ name: 'main', steps: [group] }, hook))
  for (const name of ['wf[0].a(0:1)', 'wf[0].a(1:2)', 'wf[0].b']) story.end(name)
  const hooks = () => ['0:1', '1:2'].map((item) => story.phases[`wf[0].a(${item}).onExit`])
  expect([story.phase, story.phases['wf[0]'], ...hooks()]).toEqual(['Running', 'Error', 'Pending', 'Pending'])
  story.end('wf[0].a(0:1).onExit')
  expect([story.phase, ...hooks()]).toEqual(['Failed', 'Succeeded', 'Omitted'])
})

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
  it('takes the daemons of steps that were over along when it ends by an error', () => {
    const serving: Template = { ...plain, name: 'serving', daemon: true }
    const story = new Story(spec(serving, steps([{ name: 'serve', template: 'serving' }], [b])))
    story.begin('wf[0].serve')
    expect([...story.pods.keys()]).toContain('wf[1].b')
    const again = story.reopened()
    const pods = ['wf[0].serve', 'wf[1].b'].map((name) => again.run.podIdOf(name))
    again.tell({ kind: 'claimFailed', claimName: 'work', message: 'no room', transient: false })
    expect(again.phase).toBe('Error')
    expect(again.phases).toMatchObject({ 'wf[0].serve': 'Failed', 'wf[1].b': 'Failed' })
    for (const kind of ['stopPod', 'removePod'] as const)
      expect(again.effects.flatMap((effect) => (effect.kind === kind ? [effect.pod] : [])).sort()).toEqual(pods.sort())
  })
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
