import { afterEach, describe, expect, it } from 'vitest'
import type { Template, Workflow } from '../../resources/index.ts'
import { doing, ended, eventually, newHouse, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import type { RunningController } from '../controller.ts'

let house: House
afterEach(() => house.close())

const forEver = doing({ forEver: true })
const workflow = (name: string, templates: readonly Template[], spec: Partial<Workflow['spec']> = {}): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [...templates], ...spec },
})
const single = (name: string, template: Partial<Template>, spec: Partial<Workflow['spec']> = {}): Workflow =>
  workflow(name, [{ name: 'main', container: forEver, ...template }], spec)
/** A DAG over templates `ok`, `bad` and `long`. */
const dag = (name: string, tasks: NonNullable<Template['dag']>['tasks'], more: Partial<Template['dag']> = {}) =>
  workflow(name, [
    { name: 'main', dag: { ...more, tasks } },
    { name: 'ok', container: doing() },
    { name: 'bad', container: doing({ exitCode: 3, stdout: 'line one\nthe last line\n' }) },
    { name: 'long', container: forEver },
  ])

async function opened(config: Parameters<House['open']>[0] = {}): Promise<RunningController> {
  house = newHouse()
  return house.open(config)
}
const textOf = async (controller: RunningController, name: string, node?: string): Promise<string> =>
  (await controller.explain('default', name, node)).sentences.join('\n')
const node = (now: Workflow, displayName: string) =>
  Object.values(now.status?.nodes ?? {}).find((one) => one.displayName === displayName)
const isRunning = (displayName: string) => (now: Workflow) => node(now, displayName)?.phase === 'Running'
const hasMessage = (displayName: string, text: string) => (now: Workflow) =>
  node(now, displayName)?.message?.includes(text) === true

describe('an explanation of what waits', () => {
  it('names the lock and the node that holds it', async () => {
    const controller = await opened()
    const locked = { synchronization: { mutexes: [{ name: 'build' }] } }
    await controller.createWorkflow('default', single('first', locked))
    await until(controller, 'first', isRunning('first'))
    await controller.createWorkflow('default', single('second', locked))
    await until(controller, 'second', hasMessage('second', 'Waiting for'))
    const told = await controller.explain('default', 'second')
    expect(told.sentences).toContain(
      'second waits for the mutex build of namespace default, which node first of workflow first holds.',
    )
    expect(told.waits).toMatchObject([{ kind: 'lock', node: 'second', on: 'default/Mutex/build' }])
  })

  it('names the lock that the whole workflow waits for', async () => {
    const controller = await opened()
    const spec = { synchronization: { mutexes: [{ name: 'all' }] } }
    await controller.createWorkflow('default', single('first', {}, spec))
    await until(controller, 'first', isRunning('first'))
    await controller.createWorkflow('default', single('second', {}, spec))
    await until(controller, 'second', ({ status }) => status?.message?.includes('Waiting for') === true)
    expect(await textOf(controller, 'second')).toContain(
      'second waits for the mutex all of namespace default, which workflow first holds.',
    )
  })

  it('says the limit of a semaphore', async () => {
    const controller = await opened()
    await controller.createObject('ConfigMap', 'default', { metadata: { name: 'limits' }, data: { db: '1' } })
    const locked = { synchronization: { semaphores: [{ configMapKeyRef: { name: 'limits', key: 'db' } }] } }
    await controller.createWorkflow('default', single('first', locked))
    await until(controller, 'first', isRunning('first'))
    await controller.createWorkflow('default', single('second', locked))
    await until(controller, 'second', hasMessage('second', 'Waiting for'))
    expect(await textOf(controller, 'second', 'second')).toContain(
      'the semaphore limits/db of namespace default (limit 1), which node first of workflow first holds',
    )
  })

  it('says which pods fill the parallelism of the workflow', async () => {
    const controller = await opened()
    const two = dag('wf', [
      { name: 'a', template: 'long' },
      { name: 'b', template: 'long' },
    ])
    await controller.createWorkflow('default', { ...two, spec: { ...two.spec, parallelism: 1 } })
    await until(controller, 'wf', isRunning('a'))
    const told = await controller.explain('default', 'wf', 'b')
    expect(told.sentences).toEqual([
      'b waits for its turn: the workflow’s parallelism is 1, and 1 pods are under way (a).',
    ])
    expect(told.waits).toMatchObject([{ kind: 'parallelism', node: 'b' }])
  })

  it('says which nodes fill the parallelism of a template', async () => {
    const controller = await opened()
    const two = dag('wf', [
      { name: 'a', template: 'long' },
      { name: 'b', template: 'long' },
    ])
    const [main, ...others] = two.spec.templates ?? []
    await controller.createWorkflow('default', {
      ...two,
      spec: { ...two.spec, templates: [{ ...main, parallelism: 1 }, ...others] },
    })
    await until(controller, 'wf', isRunning('a'))
    expect(await textOf(controller, 'wf')).toContain(
      'b waits for its turn: template main runs at most 1 at once, and 1 are under way (a).',
    )
  })

  it('says which tasks a task depends on and how they stand', async () => {
    const controller = await opened()
    await controller.createWorkflow(
      'default',
      dag('wf', [
        { name: 'a', template: 'long' },
        { name: 'b', template: 'ok', depends: 'a.Succeeded || a.Failed' },
        { name: 'c', template: 'ok', depends: 'a && b' },
      ]),
    )
    await until(controller, 'wf', isRunning('a'))
    expect(await textOf(controller, 'wf', 'b')).toBe(
      'b has not begun: it depends on “a.Succeeded || a.Failed”, and a is Running.',
    )
    expect(await textOf(controller, 'wf', 'c')).toBe(
      'c has not begun: it depends on “a && b”, and a is Running and b has not begun.',
    )
  })

  it('says which group of steps comes first', async () => {
    const controller = await opened()
    const steps = [[{ name: 'a', template: 'long' }], [{ name: 'b', template: 'long' }]]
    await controller.createWorkflow(
      'default',
      workflow('wf', [
        { name: 'main', steps },
        { name: 'long', container: forEver },
      ]),
    )
    await until(controller, 'wf', isRunning('a'))
    expect(await textOf(controller, 'wf', 'b')).toBe(
      'b has not begun: it is in group 2 of wf, which comes when the group before it has ended (a is Running).',
    )
  })

  it('says until when a retry backs off, and why', async () => {
    const controller = await opened()
    const retryStrategy = { limit: '3', backoff: { duration: '1h' } }
    await controller.createWorkflow('default', single('wf', { container: doing({ exitCode: 7 }), retryStrategy }))
    await until(controller, 'wf', hasMessage('wf', 'Backoff'))
    const told = await controller.explain('default', 'wf')
    const [wait] = told.waits
    expect(wait).toMatchObject({ kind: 'backoff', node: 'wf' })
    const leftMs = Date.parse(wait?.until ?? '') - Date.now()
    expect(leftMs).toBeGreaterThan(3_500_000)
    expect(leftMs).toBeLessThanOrEqual(3_600_000)
    expect(wait?.text).toMatch(
      /^wf failed once of at most 4, last with main: Error \(exit code 7\)\. It is retried at 20/,
    )
  })

  it('says that an image cannot be pulled, in the words of the engine', async () => {
    const controller = await opened()
    const container = doing({ imageError: 'ErrImagePull: no such host' })
    await controller.createWorkflow('default', single('wf', { container }))
    await until(controller, 'wf', hasMessage('wf', 'ErrImagePull'))
    const told = await controller.explain('default', 'wf')
    expect(told.sentences).toContain(
      'wf cannot start: its image cannot be had. ErrImagePull: no such host. It is tried again and again.',
    )
    expect(told.waits).toMatchObject([{ kind: 'image' }])
  })

  it('says how much of the host is taken where there is no room', async () => {
    const controller = await opened({
      config: { capacity: { cpus: 2, memoryBytes: null, containersMax: 10, oversized: 'wait' } },
    })
    const container = { ...forEver, resources: { requests: { cpu: '1500m' } } }
    await controller.createWorkflow('default', single('first', { container }))
    await until(controller, 'first', isRunning('first'))
    await controller.createWorkflow('default', single('second', { container }))
    await until(controller, 'second', hasMessage('second', 'Unschedulable'))
    const told = await controller.explain('default', 'second')
    expect(told.waits).toMatchObject([{ kind: 'capacity', node: 'second' }])
    expect(told.waits[0]?.text).toContain('Taken are 1.5 of 2 cores')
    expect(told.waits[0]?.text).toContain('one pod waits')
  })

  it('says what a pod refers to that is not there', async () => {
    const controller = await opened()
    const container = { ...forEver, env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }] }
    await controller.createWorkflow('default', single('wf', { container }))
    await until(controller, 'wf', hasMessage('wf', 'none'))
    const told = await controller.explain('default', 'wf')
    expect(told.waits).toMatchObject([{ kind: 'configuration' }])
    expect(told.sentences.join(' ')).toMatch(/wf waits for something it refers to: .*none/)
  })

  it('says that the daemon runs no more workflows at once', async () => {
    const controller = await opened({ config: { parallelism: 1 } })
    await controller.createWorkflow('default', single('first', {}))
    await until(controller, 'first', isRunning('first'))
    await controller.createWorkflow('default', single('second', {}))
    expect(await textOf(controller, 'second')).toBe(
      'second has not begun: at most 1 workflows run at once (parallelism), and 1 are under way.',
    )
  })

  it('says who must resume a workflow or a step that is suspended', async () => {
    const controller = await opened()
    await controller.createWorkflow('default', single('whole', {}, { suspend: true }))
    await eventually(
      async () => (await controller.workflow('default', 'whole'))?.status?.phase === 'Running',
      'it is looked at',
    )
    expect(await textOf(controller, 'whole')).toContain(
      'It is suspended as a whole: nothing new begins until drydock resume -n default whole.',
    )
    await controller.createWorkflow('default', workflow('step', [{ name: 'main', suspend: {} }]))
    await until(controller, 'step', isRunning('step'))
    expect(await textOf(controller, 'step')).toContain(
      'step waits for a person: drydock resume -n default step --node-field-selector id=step.',
    )
    await controller.createWorkflow('default', workflow('timed', [{ name: 'main', suspend: { duration: '1h' } }]))
    await until(controller, 'timed', isRunning('timed'))
    expect((await controller.explain('default', 'timed', 'timed')).waits).toMatchObject([{ kind: 'time' }])
  })

  it('says how much time the deadline leaves', async () => {
    const controller = await opened()
    await controller.createWorkflow('default', single('wf', {}, { activeDeadlineSeconds: 3600 }))
    await until(controller, 'wf', isRunning('wf'))
    expect(await textOf(controller, 'wf')).toMatch(/It has until 20\S+ \(activeDeadlineSeconds 3600\): .* are left\./)
  })

  it('says how long a container has been under way', async () => {
    const controller = await opened()
    await controller.createWorkflow('default', single('wf', {}))
    await until(controller, 'wf', isRunning('wf'))
    expect(await textOf(controller, 'wf')).toMatch(/wf has been under way for \d+ second/)
  })
})

describe('an explanation of what ended', () => {
  it('shows the condition of a skipped step as written and as evaluated', async () => {
    const controller = await opened()
    await controller.createWorkflow(
      'default',
      workflow('wf', [
        {
          name: 'main',
          steps: [
            [{ name: 'flip', template: 'flip' }],
            [{ name: 'heads', template: 'flip', when: '{{steps.flip.outputs.result}} == heads' }],
          ],
        },
        { name: 'flip', script: { ...doing({ stdout: 'tails\n' }), source: '' } },
      ]),
    )
    await ended(controller, 'wf')
    const text = await textOf(controller, 'wf', 'heads')
    expect(text).toMatch(
      /heads was skipped: its condition \(when\) “\{\{steps\.flip\.outputs\.result\}\} == heads” came to “.* == heads”, which is false\./,
    )
  })

  it('shows the expression that omitted a task, and how the others stand', async () => {
    const controller = await opened()
    await controller.createWorkflow(
      'default',
      dag('wf', [
        { name: 'a', template: 'ok' },
        { name: 'b', template: 'ok', depends: 'a.Failed' },
      ]),
    )
    await ended(controller, 'wf')
    expect(await textOf(controller, 'wf', 'b')).toContain(
      'b was omitted: it depends on “a.Failed”, which is false: a is Succeeded.',
    )
  })

  it('gives the exit code and the last lines of what failed, of the node and of the workflow', async () => {
    const controller = await opened()
    await controller.createWorkflow('default', dag('wf', [{ name: 'a', template: 'bad' }]))
    await ended(controller, 'wf')
    const ofNode = await controller.explain('default', 'wf', 'a')
    expect(ofNode.sentences.join('\n')).toMatch(/a failed.*: main: Error \(exit code 3\)\.\nIt is not retried/)
    expect(ofNode.log).toEqual(['line one', 'the last line'])
    const ofAll = await controller.explain('default', 'wf')
    expect(ofAll.sentences.join('\n')).toContain('What failed first: a: main: Error (exit code 3).')
    expect(ofAll.log).toEqual(['line one', 'the last line'])
    expect(ofAll.waits).toEqual([])
  })

  it('lists the attempts of what was retried in vain', async () => {
    const controller = await opened()
    const container = doing({ exitCode: 1 })
    await controller.createWorkflow('default', single('wf', { container, retryStrategy: { limit: '1' } }))
    await ended(controller, 'wf')
    const text = await textOf(controller, 'wf', 'wf')
    expect(text).toContain('the retries of its strategy are used up. No more retries left.')
    expect(text).toContain('It was tried 2 times of at most 2.')
    expect(text).toContain('Attempt 2: main: Error (exit code 1).')
  })

  it('says that a deadline ended it', async () => {
    const controller = await opened()
    await controller.createWorkflow('default', single('wf', {}, { activeDeadlineSeconds: 1 }))
    await ended(controller, 'wf')
    expect(await textOf(controller, 'wf', 'wf')).toMatch(
      /wf failed after .*(the workflow’s activeDeadlineSeconds was over|longer than its activeDeadlineSeconds)/,
    )
  })

  it('says what came of the exit handler', async () => {
    const controller = await opened()
    await controller.createWorkflow(
      'default',
      workflow(
        'wf',
        [
          { name: 'main', container: doing() },
          { name: 'bye', container: doing({ exitCode: 2 }) },
        ],
        { onExit: 'bye' },
      ),
    )
    await ended(controller, 'wf')
    expect(await textOf(controller, 'wf')).toContain('Its exit handler failed: main: Error (exit code 2).')
    expect(await textOf(controller, 'wf', 'wf.onExit')).toContain('wf.onExit is the workflow’s exit handler.')
  })

  it('says that a task never began where its DAG ended before', async () => {
    const controller = await opened()
    await controller.createWorkflow(
      'default',
      dag('wf', [
        { name: 'a', template: 'bad' },
        { name: 'b', template: 'ok', depends: 'a' },
        { name: 'c', template: 'ok', depends: 'b' },
      ]),
    )
    await ended(controller, 'wf')
    expect(await textOf(controller, 'wf', 'b')).toMatch(/b (was omitted|never began)/)
  })

  it('knows nothing of a node that there is not', async () => {
    const controller = await opened()
    await controller.createWorkflow('default', dag('wf', [{ name: 'a', template: 'ok' }]))
    await ended(controller, 'wf')
    await expect(controller.explain('default', 'wf', 'none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(controller.explain('default', 'none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
