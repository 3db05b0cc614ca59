/** What cannot be evaluated or started, and where it is told: on the node, on what encloses it, on the workflow. */
import { describe, expect, it } from 'vitest'
import type { DAGTask, Template, WorkflowSpec, WorkflowStep } from '../resources/index.ts'
import { lockTable } from './lock-table.ts'
import { Story, storyWorld } from './testing/story.ts'

const plain: Template = { name: 'plain', container: { image: 'x' } }
const wants: Template = { name: 'wants', inputs: { parameters: [{ name: 'v' }] }, container: { image: 'x' } }
const steps = (...group: WorkflowStep[]): Template => ({ name: 'main', steps: [group] })
const dag = (...tasks: DAGTask[]): Template => ({ name: 'main', dag: { tasks } })
const spec = (main: Template, more: Partial<WorkflowSpec> = {}): WorkflowSpec => ({
  ...more,
  entrypoint: 'main',
  templates: [main, plain, wants, ...(more.templates ?? [])],
})
const fails = () => ({ exitCode: 1 })

describe('a retry strategy at fault', () => {
  const strategies: [NonNullable<Template['retryStrategy']>, string][] = [
    [{ limit: 2, backoff: { factor: 2 } }, 'no base duration specified for retryStrategy'],
    [{ limit: 2, retryPolicy: 'Sometimes' }, 'Sometimes is not a valid RetryPolicy'],
  ]
  it.each(strategies)('makes the Retry node Error and goes up to the group: %j', (retryStrategy, text) => {
    const retried = { ...plain, name: 'retried', retryStrategy }
    const story = new Story(spec(steps({ name: 'a', template: 'retried' }), { templates: [retried] })).play(fails)
    expect(story.node('wf[0].a')).toMatchObject({ type: 'Retry', phase: 'Error', message: text })
    expect(story.node('wf[0]').message).toBe(`step group deemed errored due to child wf[0].a error: ${text}`)
    expect(story.phase).toBe('Failed')
  })
  it('makes the workflow Error where the entrypoint itself is retried', () => {
    const story = new Story({
      entrypoint: 'main',
      templates: [{ ...plain, name: 'main', retryStrategy: { expression: 'lastRetry.exitCode > 1' } }],
    }).play(fails)
    expect(story.phase).toBe('Error')
    expect(story.message).toMatch(/^error in entry template execution: /)
  })
  it('is asked about attempts that cannot be started, where an expression stands for the policy', () => {
    const retryStrategy = { limit: 1, expression: 'asInt(retries) < 5' }
    const retried: Template = {
      ...plain,
      name: 'retried',
      retryStrategy,
      container: { image: 'x', volumeMounts: [{ name: 'none', mountPath: '/n' }] },
    }
    const story = new Story(spec(steps({ name: 'a', template: 'retried' }), { templates: [retried] })).play()
    expect(story.phases['wf[0].a(1)']).toBe('Error')
    expect(story.node('wf[0].a')).toMatchObject({ phase: 'Error', message: 'No more retries left' })
  })
  it('tells the deadline that it may not exceed as Go prints it, in exit handlers too', () => {
    const retried = { ...plain, name: 'retried', retryStrategy: { limit: 2 } }
    const templates = [retried, plain]
    const handled = new Story({ entrypoint: 'plain', activeDeadlineSeconds: 10, onExit: 'retried', templates })
    handled.end('wf')
    handled.pass(20_000)
    handled.end('wf.onExit(0)', { exitCode: 1 })
    expect(handled.message).toBe('retry exceeded workflow deadline 2026-01-02 03:04:15 +0000 UTC')
  })
})

describe('a loop of steps', () => {
  it('that cannot be unrolled is told without the words about references', () => {
    const story = new Story(spec(steps({ name: 'a', template: 'plain', withParam: '{"no": "list"}' })))
    expect(story.node('wf[0]')).toMatchObject({ type: 'StepGroup', phase: 'Error' })
    expect(story.message).toMatch(/^withParam value could not be parsed as a JSON list: /)
  })
  it('whose items have an invalid condition tells the fault as it is', () => {
    const story = new Story(spec(steps({ name: 'a', template: 'plain', withItems: ['b'], when: '{{item}} == == x' })))
    expect(story.phases['wf[0].a(0:b)']).toBe('Error')
    expect(story.node('wf[0]').message).toBe(story.node('wf[0].a(0:b)').message)
  })
})

describe('a hook at fault', () => {
  const broken = { x: { template: 'plain', expression: 'nope.nope > 1' } }
  it('is told on the group of its step as it is', () => {
    const story = new Story(spec(steps({ name: 'a', template: 'plain', hooks: broken })))
    story.begin('wf[0].a')
    expect(story.node('wf[0]').phase).toBe('Error')
    expect(story.node('wf[0]').message).not.toMatch(/deemed errored/)
  })
  it('is told on its task, and on the DAG if that is a target', () => {
    const story = new Story(spec(dag({ name: 'a', template: 'plain', hooks: broken })))
    story.begin('wf.a')
    const { message = '' } = story.node('wf.a')
    expect(message).not.toMatch(/errored/)
    expect(story.node('wf')).toMatchObject({ phase: 'Error', message })
    expect(story.message).toBe(`error in entry template execution: ${message}`)
  })
  it('does not hold up a loop', () => {
    const story = new Story(spec(dag({ name: 'a', template: 'plain', withItems: [1], hooks: broken }))).play()
    expect(story.phase).toBe('Error')
  })
  it('is nobody’s where it is the exit hook of a task that cannot be started', () => {
    const hooks = { exit: { template: 'wants', arguments: { parameters: [{ name: 'other', value: 'x' }] } } }
    const story = new Story(spec(dag({ name: 'a', template: 'plain', hooks }))).play()
    expect(story.phases).toEqual({ wf: 'Succeeded', 'wf.a': 'Succeeded', 'wf.a.onExit': 'Error' })
  })
  it('of a step takes the input’s default for an argument that will never be', () => {
    const gives: Template = {
      ...plain,
      name: 'gives',
      outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' } }] },
    }
    const takes: Template = { ...wants, name: 'takes', inputs: { parameters: [{ name: 'v', default: 'own' }] } }
    const value = '{{steps.a.outputs.parameters.p}}'
    const story = new Story({
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          steps: [
            [{ name: 'a', template: 'gives', when: 'false' }],
            [
              {
                name: 'b',
                template: 'plain',
                hooks: { exit: { template: 'takes', arguments: { parameters: [{ name: 'v', value }] } } },
              },
            ],
          ],
        },
        plain,
        gives,
        takes,
      ],
    }).play()
    expect(story.node('wf[1].b.onExit').inputs?.parameters?.[0]?.value).toBe('own')
  })
})

describe('an exit handler that cannot be started', () => {
  it.each([
    ['succeeded', 0],
    ['failed', 1],
  ])('makes a workflow that %s Error', (_word, exitCode) => {
    const story = new Story({ entrypoint: 'plain', onExit: 'wants', templates: [plain, wants] }).play(() => ({
      exitCode,
    }))
    expect([story.phase, story.message]).toEqual([
      'Error',
      'error in exit template execution : inputs.parameters.v was not supplied',
    ])
  })
})

describe('results of a loop that are no JSON', () => {
  const prints: Template = { name: 'prints', script: { image: 'x', command: ['sh'], source: 'true' } }
  const loop: DAGTask = { name: 'a', template: 'prints', withItems: [1] }
  const end = () => ({ result: 'abc' })
  it('make the DAG Error, not the loop', () => {
    const main: Template = {
      ...dag(loop),
      outputs: { parameters: [{ name: 'all', valueFrom: { parameter: '{{tasks.a.outputs.result}}' } }] },
    }
    const story = new Story(spec(main, { templates: [prints] })).play(end)
    expect(story.phases).toMatchObject({ wf: 'Error', 'wf.a': 'Succeeded' })
    expect(story.message).toMatch(/invalid character 'a' looking for beginning of value$/)
  })
  it('make those Error that come after it', () => {
    const after: DAGTask = {
      name: 'b',
      template: 'plain',
      dependencies: ['a'],
      when: "'{{tasks.a.outputs.result}}' != ''",
    }
    const story = new Story(spec(dag(loop, after), { templates: [prints] })).play(end)
    expect(story.phases).toEqual({ wf: 'Error', 'wf.a': 'Succeeded', 'wf.a(0:1)': 'Succeeded', 'wf.b': 'Error' })
  })
})

/** What comes second refers to an output that the first one does not leave. */
const waiting = (() => {
  const first = { name: 'a', template: 'plain', continueOn: { failed: true } }
  const second = (kind: 'steps' | 'tasks') => ({
    name: 'b',
    template: 'wants',
    arguments: { parameters: [{ name: 'v', value: `{{${kind}.a.outputs.parameters.p}}` }] },
  })
  return {
    steps: spec({ name: 'main', steps: [[first], [second('steps')]] }),
    dag: spec(dag(first, { ...second('tasks'), dependencies: ['a'] })),
  }
})()

it.each(['steps', 'dag'] as const)('the deadline ends %s that wait for an output that never comes', (kind) => {
  const story = new Story({ ...waiting[kind], activeDeadlineSeconds: 10 })
  story.end(kind === 'dag' ? 'wf.a' : 'wf[0].a', { exitCode: 1 })
  expect(story.phase).toBe('Running')
  story.pass(10_000)
  expect(story.phase).toBe(kind === 'dag' ? 'Error' : 'Failed')
  expect(story.node(kind === 'dag' ? 'wf.b' : 'wf[1]').message).toBe('Step exceeded its deadline')
})

describe('stop', () => {
  const after: DAGTask = { name: 'b', template: 'plain', dependencies: ['a'] }
  it('ends a DAG before the results of its pods are there, so that nothing after them begins', () => {
    const story = new Story(spec(dag({ name: 'a', template: 'plain' }, after)))
    story.begin('wf.a')
    story.ask({ kind: 'stop' })
    expect([story.phase, story.phases['wf']]).toEqual(['Running', 'Failed'])
    story.end('wf.a', { exitCode: 143 })
    expect(story.phases).toEqual({ wf: 'Failed', 'wf.a': 'Failed' })
    expect(story.phase).toBe('Failed')
  })
  it('ends a DAG while the exit handler of an inner task still runs, but not while that of a target does', () => {
    const guarded: DAGTask = { name: 'a', template: 'plain', onExit: 'plain' }
    const phaseOf = (...tasks: DAGTask[]) => {
      const story = new Story(spec(dag(...tasks)))
      story.begin('wf.a')
      story.ask({ kind: 'stop' })
      const phase = story.phases['wf']
      story.end('wf.a', { exitCode: 143 })
      story.end('wf.a.onExit')
      expect([story.phase, story.phases['wf.a.onExit'], story.phases['wf.b']]).toEqual([
        'Failed',
        'Succeeded',
        undefined,
      ])
      return phase
    }
    expect([phaseOf(guarded, after), phaseOf(guarded)]).toEqual(['Failed', 'Running'])
  })
  it('lets a group of steps wait for the results of its pods', () => {
    const story = new Story(spec(steps({ name: 'a', template: 'plain' })))
    story.begin('wf[0].a')
    story.ask({ kind: 'stop' })
    expect([story.phases['wf[0].a'], story.phases['wf[0]']]).toEqual(['Failed', 'Running'])
    story.end('wf[0].a', { exitCode: 143 })
    expect([story.phase, story.phases['wf[0]']]).toEqual(['Failed', 'Failed'])
  })
  it.each(['stop', 'terminate'] as const)('%s ends steps that wait for an output that never comes', (kind) => {
    const story = new Story(waiting.steps)
    story.end('wf[0].a', { exitCode: 1 })
    expect(story.phases).toMatchObject({ wf: 'Running', 'wf[1]': 'Running' })
    story.ask({ kind })
    expect(story.phase).toBe('Failed')
    expect(story.node('wf[1]').message).toBe(`Stopped with strategy '${kind === 'stop' ? 'Stop' : 'Terminate'}'`)
  })
  it('ends steps that come to such an output only after it', () => {
    const story = new Story(waiting.steps)
    story.begin('wf[0].a')
    story.ask({ kind: 'stop' })
    story.end('wf[0].a', { exitCode: 143 })
    expect([story.phase, story.phases['wf[1]'], story.phases['wf[1].b']]).toEqual(['Failed', 'Failed', undefined])
  })
  it('ends a DAG that waits for such an output, but one of an exit handler only with terminate', () => {
    const story = new Story(waiting.dag)
    story.end('wf.a', { exitCode: 1 })
    expect(story.phase).toBe('Running')
    story.ask({ kind: 'stop' })
    expect(story.phase).toBe('Failed')

    const handled = new Story({ ...waiting.dag, entrypoint: 'plain', onExit: 'main' })
    handled.end('wf')
    handled.end('wf.onExit.a', { exitCode: 1 })
    handled.ask({ kind: 'stop' })
    expect(handled.phase).toBe('Running')
    handled.ask({ kind: 'terminate' })
    expect([handled.phase, handled.phases['wf.onExit.b']]).toEqual(['Error', 'Error'])
  })
  it.each(['stop', 'terminate'] as const)('%s ends a workflow that is suspended', (kind) => {
    const story = new Story(spec(steps({ name: 'a', template: 'plain' }), { suspend: true, onExit: 'plain' }))
    expect(story.ask({ kind })).not.toHaveProperty('refused')
    story.play()
    expect([story.phase, story.phases['wf.onExit']]).toEqual(['Failed', kind === 'stop' ? 'Succeeded' : undefined])
    expect(story.run.workflow.spec?.suspend).toBe(true)
  })
  it('lets a workflow that waits for its lock wait on, terminate does not', () => {
    const locks = lockTable(() => ({ limit: 1 }))
    const wanted = { synchronization: { mutexes: [{ name: 'm' }] } }
    const holder = new Story({ entrypoint: 'plain', templates: [plain], ...wanted }, storyWorld({ locks }), {
      name: 'holder',
      uid: 'h',
    })
    const waiter = new Story({ entrypoint: 'plain', templates: [plain], ...wanted }, storyWorld({ locks }), {
      name: 'waiter',
      uid: 'w',
    })
    expect([holder.phase, waiter.phase]).toEqual(['Running', 'Pending'])
    waiter.ask({ kind: 'stop' })
    expect(waiter.phase).toBe('Pending')
    waiter.ask({ kind: 'terminate' })
    expect([waiter.phase, waiter.message]).toEqual(['Failed', "Stopped with strategy 'Terminate'"])
  })
})

describe('what a workflow waits for', () => {
  it('is every lock of the block, with those who have it now', () => {
    const locks = lockTable(() => ({ limit: 1 }))
    const template = (name: string, mutexes: string[]): Template => ({
      ...plain,
      name,
      synchronization: {
        semaphores: [{ configMapKeyRef: { name: 'limits', key: 'k' } }],
        mutexes: mutexes.map((mutex) => ({ name: mutex })),
      },
    })
    const world = storyWorld({ locks })
    new Story({ entrypoint: 'x', templates: [template('x', ['m'])] }, world, { name: 'holder', uid: 'h' })
    const waiter = new Story({ entrypoint: 'x', templates: [template('x', ['m', 'free'])] }, world)
    expect(waiter.run.status.synchronization).toEqual({
      semaphore: { waiting: [{ semaphore: 'default/ConfigMap/limits/k', holders: ['default/holder/holder'] }] },
      mutex: { waiting: [{ mutex: 'default/Mutex/m', holder: 'default/holder/holder' }] },
    })
    expect(waiter.node('wf')).toMatchObject({
      message: 'Waiting for default/ConfigMap/limits/k lock. Lock status: 0/1',
      synchronizationStatus: { waiting: 'default/ConfigMap/limits/k' },
    })
  })
})

describe('a metric at fault', () => {
  const gauge = (value: string, realtime = true) => ({ name: 'm', help: 'h', gauge: { realtime, value } })
  it.each([
    [gauge('{{status}}'), "'status' is not available as a real time metric"],
    [gauge('5'), 'real time metrics can only be used with metric variables'],
    [{ ...gauge('{{duration}}'), help: '' }, "metric 'm' must contain a help string under 'help: ' field"],
    [gauge('{{nope}}'), "unable to substitute parameters for metric 'm': failed to resolve {{nope}}"],
    [gauge('many', false), `could not construct metric 'm': strconv.ParseFloat: parsing "many": invalid syntax`],
    [{ ...gauge('1', false), when: '1 == == 1' }, /^unable to compute 'when' clause for metric 'wf': /],
  ])('is told in a condition: %j', (metric, text) => {
    const metered = { ...plain, name: 'metered', metrics: { prometheus: [metric] } }
    const story = new Story({ entrypoint: 'metered', templates: [metered] }).play()
    const condition = story.run.status.conditions?.find(({ type }) => type === 'MetricsError')
    expect(condition?.message).toMatch(text)
    expect(story.phase).toBe('Succeeded')
  })
})

describe('a suspend node', () => {
  const waits = (input: object): Template => ({
    name: 'waits',
    inputs: { parameters: [{ name: 'v', ...input }] },
    suspend: { duration: '5' },
    outputs: { parameters: [{ name: 'v', valueFrom: { supplied: {} } }] },
  })
  it('shows the default of the input of the same name as that of its output, and takes it in the end', () => {
    const story = new Story({ entrypoint: 'waits', templates: [waits({ default: 'own' })] })
    expect(story.node('wf').outputs?.parameters?.[0]?.valueFrom?.default).toBe('own')
    story.pass(6000)
    expect(story.node('wf')).toMatchObject({
      phase: 'Succeeded',
      outputs: { parameters: [{ name: 'v', value: 'own' }] },
    })
  })
  it('takes no default from the choices that its input offers', () => {
    const story = new Story({ entrypoint: 'waits', templates: [waits({ value: '{"enum": ["a", "b"]}' })] })
    expect(story.node('wf').inputs?.parameters?.[0]).toMatchObject({ enum: ['a', 'b'], default: 'a' })
    story.pass(6000)
    expect(story.message).toMatch(/raw output parameter 'v' has not been set and does not have a default value$/)
  })
})

it('outputs of a steps template have values only, wherever they came from', () => {
  const gives: Template = {
    ...plain,
    name: 'gives',
    outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' } }] },
  }
  const outputs = { parameters: [{ name: 'q', valueFrom: { parameter: '{{steps.a.outputs.parameters.p}}' } }] }
  const main: Template = { ...steps({ name: 'a', template: 'gives' }), outputs }
  const story = new Story(spec(main, { templates: [gives] })).play(() => ({ parameters: { p: 'made' } }))
  expect(story.node('wf').outputs).toEqual({ parameters: [{ name: 'q', value: 'made' }] })
})
