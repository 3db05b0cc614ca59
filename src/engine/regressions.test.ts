/** Runs that once hung or lost something, found by the property tests: each a row that failed before. */
import { describe, expect, it } from 'vitest'
import type { Template, WorkflowStep } from '../resources/index.ts'
import { Story } from './testing/story.ts'
import { dag, plain, spec } from './testing/templates.ts'

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

it.each([
  ['a node', {}, ''],
  ['a retried node', { retryStrategy: { limit: 2 } }, '(0)'],
])('a deadline gives back the locks below %s that had had to wait for its own', (_what, more, attempt) => {
  const mutex = (name: string) => ({ synchronization: { mutexes: [{ name }] } })
  const retried = { ...plain, name: 'retried', ...mutex('m'), retryStrategy: { limit: 2, backoff: { duration: '5s' } } }
  const steps = [[{ name: 's', template: 'plain', onExit: 'retried' }]]
  const inner: Template = { name: 'inner', ...mutex('k'), ...more, steps }
  const calls = ['a', 'b'].map((name) => ({ name, template: 'inner' }))
  const main = spec({ name: 'main', steps: [calls] }, inner, retried)
  const story = new Story({ ...main, activeDeadlineSeconds: 3, onExit: 'retried' })
  const [first, second] = [`wf[0].a${attempt}[0].s`, `wf[0].b${attempt}[0].s`]
  story.end(first)
  story.end(`${first}.onExit(0)`)
  story.tell({ kind: 'lookAgain' })
  story.end(second)
  story.end(`${second}.onExit(0)`, { exitCode: 1 })
  expect(story.phases['wf[0].b']).toBe('Pending')
  expect(story.node(`${second}.onExit`).message).toContain('Backoff')
  story.pass(3_000)
  story.play()
  expect([story.phases['wf[0].b'], story.phases['wf.onExit'], story.phase]).toEqual(['Failed', 'Succeeded', 'Failed'])
})

it('a deadline gives back the locks of what runs below a node that had had to wait for its own', () => {
  const mutex = (name: string) => ({ synchronization: { mutexes: [{ name }] } })
  const locked = { ...plain, name: 'locked', ...mutex('m') }
  const inner: Template = { name: 'inner', ...mutex('k'), steps: [[{ name: 's', template: 'locked' }]] }
  const calls = ['a', 'b'].map((name) => ({ name, template: 'inner' }))
  const main = spec({ name: 'main', steps: [calls] }, inner, locked)
  const story = new Story({ ...main, activeDeadlineSeconds: 3, onExit: 'locked' })
  story.end('wf[0].a[0].s')
  story.tell({ kind: 'lookAgain' })
  story.begin('wf[0].b[0].s')
  story.pass(3_000)
  expect([...story.pods.keys()]).toContain('wf.onExit')
  story.play()
  expect([story.phases['wf[0].b'], story.phase]).toEqual(['Failed', 'Failed'])
})

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
