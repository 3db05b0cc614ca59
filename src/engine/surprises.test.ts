/** What is easy to get wrong in Argo's semantics, as stories: what happens, and what must come of it. */
import { describe, expect, it } from 'vitest'
import type { Template, WorkflowSpec, WorkflowStep } from '../resources/index.ts'
import type { Operation } from './decision.ts'
import { type PodEnd, Story, storyWorld } from './testing/story.ts'
import { chain } from './testing/templates.ts'

const ok: Template = { name: 'ok', container: { image: 'x' } }
const bad: Template = { name: 'bad', container: { image: 'x' } }
const gives: Template = {
  name: 'gives',
  container: { image: 'x' },
  outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' }, globalName: 'g' }] },
}
const takes: Template = {
  name: 'takes',
  inputs: { parameters: [{ name: 'v', default: 'own' }] },
  container: { image: 'x', args: ['{{inputs.parameters.v}}'] },
}
const given = (value: string) => ({ parameters: [{ name: 'v', value }] })
const steps = (...groups: WorkflowStep[][]): Template => ({ name: 'main', steps: groups })
const dag = (tasks: NonNullable<Template['dag']>['tasks'], more: object = {}): Template => ({
  name: 'main',
  dag: { tasks, ...more },
})
const spec = (main: Template, more: Partial<WorkflowSpec> = {}): WorkflowSpec => ({
  entrypoint: 'main',
  templates: [main, ok, bad, gives, takes, ...(more.templates ?? [])],
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'templates')),
})
/** Pods of template `bad` fail; outputs have the value `made`. */
const fate = (plan: {
  spec: object
  outputParameters: readonly { name: string }[]
  identity: { name: string }
}): PodEnd => ({
  exitCode: plan.identity.name.includes('-bad-') ? 1 : 0,
  parameters: Object.fromEntries(plan.outputParameters.map(({ name }) => [name, 'made'])),
  result: 'printed',
})
const play = (workflow: WorkflowSpec) => new Story(workflow).play(fate)
const input = (story: Story, node: string) => story.node(node).inputs?.parameters?.[0]?.value

describe('a DAG is judged by its leaves', () => {
  const a = { name: 'a', template: 'bad' }
  it.each([
    ['B depends on failed A', [a, { name: 'b', template: 'ok', dependencies: ['a'] }], 'Failed', 'Omitted'],
    ['B runs on A.Failed', [a, { name: 'b', template: 'ok', depends: 'a.Failed' }], 'Succeeded', 'Succeeded'],
    [
      'A is forgiven and B depends on it',
      [
        { ...a, continueOn: { failed: true } },
        { name: 'b', template: 'ok', dependencies: ['a'] },
      ],
      'Succeeded',
      'Succeeded',
    ],
    [
      'A succeeds and B wants its failure',
      [
        { ...a, template: 'ok' },
        { name: 'b', template: 'ok', depends: 'a.Failed' },
      ],
      'Succeeded',
      'Omitted',
    ],
    [
      'A is skipped and B depends on it',
      [
        { ...a, when: '1 == 2' },
        { name: 'b', template: 'ok', dependencies: ['a'] },
      ],
      'Succeeded',
      'Succeeded',
    ],
    [
      'A is skipped and B wants its success',
      [
        { ...a, when: '1 == 2' },
        { name: 'b', template: 'ok', depends: 'a.Succeeded' },
      ],
      'Succeeded',
      'Omitted',
    ],
  ])('%s', (_what, tasks, phase, b) => {
    const story = play(spec(dag(tasks)))
    expect([story.phase, story.phases['wf.b'], story.message]).toEqual([phase, b, ''])
  })
  it('and tasks outside of its target have no node', () => {
    const tasks = ['a', 'b', 'c'].map((name) => ({ name, template: 'ok' }))
    expect(Object.keys(play(spec(dag(tasks, { target: 'a c' }))).phases).sort()).toEqual(['wf', 'wf.a', 'wf.c'])
  })
})

describe('a reference to what a skipped step would have given', () => {
  const skipped = { name: 'a', template: 'gives', when: '1 == 2' }
  const refers = (value: string) => steps([skipped], [{ name: 'b', template: 'takes', arguments: given(value) }])
  it('takes the input’s default where it is the whole argument', () => {
    expect(input(play(spec(refers('{{steps.a.outputs.parameters.p}}'))), 'wf[1].b')).toBe('own')
  })
  it('is an error where it is a part of it', () => {
    const story = play(spec(refers('<{{steps.a.outputs.parameters.p}}>')))
    expect([story.phase, story.phases['wf[1]']]).toEqual(['Failed', 'Error'])
    expect(story.message).toContain('absent optional')
  })
  it('takes the producer’s default first', () => {
    const defaulted = {
      ...gives,
      name: 'defaulted',
      outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p', default: 'theirs' } }] },
    }
    const main = steps(
      [{ ...skipped, template: 'defaulted' }],
      [{ name: 'b', template: 'takes', arguments: given('{{steps.a.outputs.parameters.p}}') }],
    )
    expect(input(play(spec(main, { templates: [defaulted] })), 'wf[1].b')).toBe('theirs')
  })
})

describe('steps', () => {
  it('forgive a failure by continueOn, but not an error', () => {
    const main = steps([{ name: 'a', template: 'ok', continueOn: { failed: true } }])
    const failed = new Story(spec(main))
    failed.end('wf[0].a', { exitCode: 1 })
    const errored = new Story(spec(main))
    errored.end('wf[0].a', { collectError: 'gone' })
    expect([failed.phase, errored.phase, errored.phases['wf[0].a']]).toEqual(['Succeeded', 'Failed', 'Error'])
  })
  it('skip a loop over nothing under its bare name', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok', withParam: '[]' }])))
    expect(story.node('wf[0].a')).toMatchObject({ type: 'Skipped', phase: 'Skipped', message: 'Skipped, empty params' })
    expect(story.phase).toBe('Succeeded')
  })
  it('decide `when` before the rest of the step', () => {
    const story = play(
      spec(
        steps([
          { name: 'a', template: 'takes', when: '1 == 2', arguments: given('{{=int(steps.nobody.outputs.result)}}') },
        ]),
      ),
    )
    expect([story.phase, story.phases['wf[0].a']]).toEqual(['Succeeded', 'Skipped'])
  })
  it('name items by index and value', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok', withItems: ['x/y', { b: 1, a: 'z' }, 3] }])))
    expect(Object.keys(story.phases).filter((name) => name.includes('('))).toEqual([
      'wf[0].a(0:x/y)',
      'wf[0].a(1:a:z,b:1)',
      'wf[0].a(2:3)',
    ])
  })
})

describe('global outputs', () => {
  it('are seen by later steps and by the exit handler', () => {
    const main = steps(
      [{ name: 'a', template: 'gives' }],
      [{ name: 'b', template: 'takes', arguments: given('{{workflow.outputs.parameters.g}}') }],
    )
    const tell: Template = {
      name: 'tell',
      container: { image: 'x', args: ['{{workflow.outputs.parameters.g}} {{workflow.status}}'] },
    }
    const story = new Story(spec(main, { templates: [tell], onExit: 'tell' }))
    story.end('wf[0].a', { parameters: { p: 'made' } })
    expect(input(story, 'wf[1].b')).toBe('made')
    story.end('wf[1].b')
    expect(story.pods.get('wf.onExit')?.spec.containers[0]?.args).toEqual(['made Succeeded'])
    expect(story.run.status.outputs?.parameters).toEqual([{ name: 'g', value: 'made' }])
  })
})

describe('exit handlers and hooks', () => {
  it('a failed exit handler fails a workflow that succeeded, with its message', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok' }]), { onExit: 'bad' }))
    expect([story.phase, story.message]).toEqual(['Failed', 'main: Error (exit code 1)'])
  })
  it('a failed workflow keeps its own message', () => {
    const story = play(spec(steps([{ name: 'a', template: 'bad' }]), { onExit: 'ok' }))
    expect([story.phase, story.message]).toEqual(['Failed', `child '${story.node('wf[0].a').id}' failed`])
  })
  it('do not run for skipped steps, nor change the phase of theirs', () => {
    const main = steps([
      { name: 'a', template: 'ok', when: '1 == 2', onExit: 'ok' },
      { name: 'b', template: 'ok', onExit: 'bad' },
    ])
    const story = play(spec(main))
    expect([story.phase, story.phases['wf[0].a.onExit'], story.phases['wf[0].b.onExit']]).toEqual([
      'Succeeded',
      undefined,
      'Failed',
    ])
  })
  it('of a retried step run once, after its last attempt', () => {
    const retried = { ...bad, name: 'retried', retryStrategy: { limit: 1 } }
    const story = new Story(spec(steps([{ name: 'a', template: 'retried', onExit: 'ok' }]), { templates: [retried] }))
    story.end('wf[0].a(0)', { exitCode: 1 })
    expect(story.phases['wf[0].a.onExit']).toBeUndefined()
    story.end('wf[0].a(1)', { exitCode: 1 })
    expect([...story.pods.keys()]).toEqual(['wf[0].a.onExit'])
    expect(story.node('wf[0].a')).toMatchObject({ type: 'Retry', phase: 'Failed', message: 'No more retries left' })
  })
  it('are exempt from the workflow’s deadline', () => {
    const story = new Story(spec(steps([{ name: 'a', template: 'ok' }]), { activeDeadlineSeconds: 10, onExit: 'ok' }))
    story.begin('wf[0].a')
    story.pass(11_000)
    expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: 'Step exceeded its deadline' })
    story.end('wf[0].a', { exitCode: 143 })
    expect(story.pods.get('wf.onExit')?.activeDeadlineMs).toBeNull()
  })
})

describe('retries', () => {
  const retried = (strategy: NonNullable<Template['retryStrategy']>) =>
    spec(steps([{ name: 'a', template: 'r' }]), { templates: [{ ...ok, name: 'r', retryStrategy: strategy }] })
  it.each([
    ['OnFailure is the default: an error is not tried again', {}, { collectError: 'gone' }, 1],
    ['OnError does not try a failure again', { retryPolicy: 'OnError' }, { exitCode: 1 }, 1],
    ['Always tries both again', { retryPolicy: 'Always' }, { collectError: 'gone' }, 3],
    ['an expression alone means Always', { expression: 'true' }, { collectError: 'gone' }, 3],
    ['an expression may end it', { expression: 'asInt(lastRetry.exitCode) > 1' }, { exitCode: 1 }, 1],
  ] as const)('%s', (_what, strategy, end, attempts) => {
    const story = new Story(retried({ limit: 2, ...strategy })).play(() => end)
    expect(story.node('wf[0].a').children).toHaveLength(attempts)
  })
  it('wait as the backoff says, within maxDuration', () => {
    const story = new Story(retried({ limit: 5, backoff: { duration: '10', factor: 2, maxDuration: '25' } }))
    story.end('wf[0].a(0)', { exitCode: 1 })
    expect(story.node('wf[0].a').message).toContain('Backoff for 10')
    story.pass(10_000)
    story.end('wf[0].a(1)', { exitCode: 1 })
    expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: 'Backoff would exceed max duration limit' })
  })
  it('begin as long as maxDuration lasts, and run no longer', () => {
    const story = new Story(retried({ limit: 5, backoff: { duration: '10', maxDuration: '20500ms' } }))
    story.end('wf[0].a(0)', { exitCode: 1 })
    story.pass(10_000)
    story.end('wf[0].a(1)', { exitCode: 1 })
    story.pass(10_000)
    expect(story.pods.get('wf[0].a(2)')?.activeDeadlineMs).toBe(500)
    story.end('wf[0].a(2)', { exitCode: 1, afterMs: 501 })
    expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: 'Max duration limit exceeded' })
  })
  it('wrap every template where the spec asks for it', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok' }]), { retryStrategy: { limit: 1 } }))
    expect([story.node('wf').type, story.node('wf(0)').type, story.node('wf(0)[0].a').type]).toEqual([
      'Retry',
      'Steps',
      'Retry',
    ])
  })
})

describe('daemons', () => {
  const server = { ...ok, name: 'server', daemon: true }
  const main = steps(
    [{ name: 'd', template: 'server' }],
    [{ name: 'a', template: 'takes', arguments: given('{{steps.d.ip}}') }],
  )
  it('let the next group begin when they are ready, and succeed when it ends', () => {
    const story = new Story(spec(main, { templates: [server] }))
    story.begin('wf[0].d')
    expect(input(story, 'wf[1].a')).toBe('10.0.0.9')
    story.end('wf[1].a')
    expect([story.phases['wf[0].d'], story.phases['wf']]).toEqual(['Succeeded', 'Succeeded'])
  })
  it('fail where they end by themselves', () => {
    const story = new Story(spec(main, { templates: [server] }))
    story.begin('wf[0].d')
    story.end('wf[0].d', { exitCode: 0 })
    expect(story.phases['wf[0].d']).toBe('Failed')
  })
})

describe('suspend', () => {
  const ask: Template = {
    name: 'ask',
    suspend: {},
    outputs: { parameters: [{ name: 'p', valueFrom: { supplied: {} } }] },
  }
  const main = steps(
    [{ name: 'q', template: 'ask' }],
    [{ name: 'a', template: 'takes', arguments: given('{{steps.q.outputs.parameters.p}}') }],
  )
  it('is not resumed without a value that nobody supplied', () => {
    const story = new Story(spec(main, { templates: [ask] }))
    expect(story.ask({ kind: 'resume' })).toMatchObject({
      refused: true,
      message: "raw output parameter 'p' has not been set and does not have a default value",
    })
    expect(story.phases['wf[0].q']).toBe('Running')
  })
  it('hands on what was set, once', () => {
    const story = new Story(spec(main, { templates: [ask] }))
    const set: Operation = { kind: 'set', nodeFieldSelector: 'displayName=q', outputParameters: { p: 'yes' } }
    story.ask(set)
    expect(story.ask(set)).toMatchObject({ refused: true })
    story.ask({ kind: 'resume' })
    expect(input(story, 'wf[1].a')).toBe('yes')
  })
  it('takes a number without a unit as seconds', () => {
    const story = new Story(
      spec(steps([{ name: 'q', template: 'nap' }]), { templates: [{ name: 'nap', suspend: { duration: '20' } }] }),
    )
    story.pass(19_000)
    expect(story.phase).toBe('Running')
    story.pass(1000)
    expect(story.phase).toBe('Succeeded')
  })
})

describe('shutdown', () => {
  const kinds: Record<string, Template> = {
    pod: { ...ok, name: 't' },
    suspend: { name: 't', suspend: {} },
    http: { name: 't', http: { url: 'http://x' } },
    locked: { ...ok, name: 't', synchronization: { mutexes: [{ name: 'busy' }] } },
  }
  const text = {
    pod: 'workflow shutdown with strategy:  Stop',
    suspend: "Stopped with strategy 'Stop'",
    http: "Stopped with strategy 'Stop'",
    locked: "Stopped with strategy 'Stop'",
  }
  it.each(Object.entries(kinds))(
    'by Stop ends a running %s, runs exit handlers, and has the last word',
    (kind, template) => {
      const world = storyWorld()
      world.locks.restore('default/other', 'other', { kind: 'Mutex', mutex: true, name: 'default/Mutex/busy' })
      const story = new Story(
        spec(steps([{ name: 'a', template: 't', onExit: 'ok' }]), { templates: [template], onExit: 'ok' }),
        world,
      )
      if (kind === 'pod') story.begin('wf[0].a')
      story.ask({ kind: 'stop' })
      expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: text[kind as keyof typeof text] })
      story.play()
      expect([story.phases['wf[0].a.onExit'], story.phases['wf.onExit']]).toEqual(['Succeeded', 'Succeeded'])
      expect([story.phase, story.message]).toEqual(['Failed', "Stopped with strategy 'Stop'"])
    },
  )
  it('by Terminate runs no exit handler', () => {
    const story = new Story(spec(steps([{ name: 'a', template: 'ok', onExit: 'ok' }]), { onExit: 'ok' }))
    story.begin('wf[0].a')
    story.ask({ kind: 'terminate' })
    story.play()
    expect(Object.keys(story.phases).filter((name) => name.includes('onExit'))).toEqual([])
    expect(story.message).toBe("Stopped with strategy 'Terminate'")
  })
})

describe('timeouts', () => {
  it('count from the node’s creation, pending included', () => {
    const story = new Story(
      spec(steps([{ name: 'a', template: 't' }]), { templates: [{ ...ok, name: 't', timeout: '10s' }] }),
    )
    expect(story.pods.get('wf[0].a')?.activeDeadlineMs).toBe(10_000)
    story.pass(10_000)
    expect([story.phases['wf[0].a'], story.node('wf[0]').message]).toEqual(['Failed', 'timeout'])
  })
  it('that are nearly over let what runs go on after a restart', () => {
    const before = new Story(
      spec(steps([{ name: 'a', template: 't' }]), { templates: [{ ...ok, name: 't', timeout: '10s' }] }),
    )
    before.begin('wf[0].a')
    before.pass(9_500)
    const story = before.reopened()
    expect(story.pods.get('wf[0].a')?.activeDeadlineMs).toBe(500)
    story.end('wf[0].a')
    expect(story.phase).toBe('Succeeded')
  })
  it('of activeDeadlineSeconds are the pod’s own, and a failure', () => {
    const story = new Story(
      spec(steps([{ name: 'a', template: 't' }]), { templates: [{ ...ok, name: 't', activeDeadlineSeconds: 7 }] }),
    )
    expect(story.pods.get('wf[0].a')?.activeDeadlineMs).toBe(7000)
  })
})

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
