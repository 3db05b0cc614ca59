import { afterEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import { doing, ended, eventually, newHouse, testRandom, until } from './controller.fixtures/house.ts'
import type { House } from './controller.fixtures/house.ts'

let house: House
afterEach(() => house.close())

const workflow = (name: string, spec: Workflow['spec']): Workflow => ({ metadata: { name }, spec })

const chain = (name: string): Workflow =>
  workflow(name, {
    entrypoint: 'main',
    templates: [
      {
        name: 'main',
        steps: [
          [{ name: 'a', template: 'say' }],
          [
            {
              name: 'b',
              template: 'hear',
              arguments: { parameters: [{ name: 'word', value: '{{steps.a.outputs.parameters.word}}' }] },
            },
          ],
        ],
      },
      {
        name: 'say',
        container: doing({ files: { '/tmp/word': 'hello\n' } }),
        outputs: { parameters: [{ name: 'word', valueFrom: { path: '/tmp/word' } }] },
      },
      { name: 'hear', inputs: { parameters: [{ name: 'word' }] }, container: doing() },
    ],
  })

const single = (name: string, container = doing()): Workflow =>
  workflow(name, { entrypoint: 'main', templates: [{ name: 'main', container }] })

const nodeNamed = (of: Workflow, displayName: string) =>
  Object.values(of.status?.nodes ?? {}).find((node) => node.displayName === displayName)

describe('a workflow from creation to end', () => {
  it('runs its steps one after the other and passes a parameter', async () => {
    house = newHouse()
    const controller = await house.open()
    const created = await controller.createWorkflow('default', chain('wf'))
    expect(created.metadata).toMatchObject({ name: 'wf', namespace: 'default', generation: 1 })
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    expect(nodeNamed(done, 'b')?.inputs?.parameters).toMatchObject([{ name: 'word', value: 'hello' }])
    await eventually(() => house.engine.pods.size === 0, 'containers are removed')
  })

  it('fails with the text of its container', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf', doing({ exitCode: 3 })))
    const done = await ended(controller, 'wf')
    expect(done.status).toMatchObject({ phase: 'Failed', message: 'main: Error (exit code 3)' })
  })

  it('refuses a second one of the same name', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf'))
    await expect(controller.createWorkflow('default', single('wf'))).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: 'workflows.argoproj.io "wf" already exists',
    })
  })

  it('draws another name where the one that it drew is taken', async () => {
    house = newHouse()
    let draws = 0
    const lettersOfTwoNames = 10
    const random = { ...testRandom, next: () => ((draws += 1) <= lettersOfTwoNames ? 0.5 : testRandom.next()) }
    const controller = await house.open({ random })
    const drawn = { metadata: { generateName: 'wf-' }, spec: single('').spec } as Workflow
    const [one, two] = [
      await controller.createWorkflow('default', drawn),
      await controller.createWorkflow('default', drawn),
    ]
    expect(draws).toBeGreaterThan(lettersOfTwoNames)
    expect(one.metadata.name).not.toBe(two.metadata.name)
    for (const { metadata } of [one, two])
      expect((await ended(controller, metadata.name ?? '')).status?.phase).toBe('Succeeded')
  })

  it('is found in the store and among the logs after its end', async () => {
    house = newHouse()
    const controller = await house.open({ config: { finishedKept: 0 } })
    await controller.createWorkflow('default', single('wf', doing({ stdout: 'one\ntwo\n' })))
    await ended(controller, 'wf')
    await eventually(() => controller.snapshot().liveWorkflows === 0, 'the run leaves memory')
    const page = await controller.listWorkflows({ namespace: 'default', nodes: true })
    expect(page.items.map((item) => item.status?.phase)).toEqual(['Succeeded'])
    const lines: string[] = []
    for await (const { podName, content } of controller.logs('default', 'wf', {}, new AbortController().signal))
      lines.push(`${podName}: ${content}`)
    expect(lines).toEqual(['wf: one', 'wf: two'])
  })

  it('is deleted with its containers while it runs', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf', doing({ forEver: true })))
    await until(controller, 'wf', (now) => nodeNamed(now, 'wf')?.phase === 'Running')
    await controller.deleteWorkflow('default', 'wf')
    expect(await controller.workflow('default', 'wf')).toBeNull()
    await eventually(() => house.engine.pods.size === 0, 'containers are removed')
  })
})

describe('a controller that is started again', () => {
  it('adopts what runs and repeats nothing', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow(
      'default',
      workflow('wf', {
        entrypoint: 'main',
        templates: [
          {
            name: 'main',
            steps: [
              [{ name: 'a', template: 'quick' }],
              [{ name: 'b', template: 'slow' }],
              [{ name: 'c', template: 'quick' }],
            ],
          },
          { name: 'quick', container: doing() },
          { name: 'slow', container: doing({ durationMs: 300 }) },
        ],
      }),
    )
    await until(first, 'wf', (now) => nodeNamed(now, 'b')?.phase === 'Running')
    await first.drain()
    const second = await house.open()
    const done = await ended(second, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    expect([...house.engine.starts.values()]).toEqual([1, 1, 1])
  })

  it('collects what has ended meanwhile', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', single('wf', doing({ durationMs: 50, exitCode: 4 })))
    await until(first, 'wf', (now) => nodeNamed(now, 'wf')?.phase === 'Running')
    await first.drain()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const second = await house.open()
    expect((await ended(second, 'wf')).status).toMatchObject({ phase: 'Failed', message: 'main: Error (exit code 4)' })
  })

  it('says of a pod whose containers vanished that it was deleted', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', single('wf', doing({ forEver: true })))
    await until(first, 'wf', (now) => nodeNamed(now, 'wf')?.phase === 'Running')
    await first.drain()
    house.engine.pods.clear()
    const second = await house.open()
    expect((await ended(second, 'wf')).status).toMatchObject({ phase: 'Error', message: 'pod deleted' })
  })
})

describe('a store that fails', () => {
  it('is tried again, and nothing was done in between', async () => {
    house = newHouse()
    let failures = 0
    const controller = await house.open({
      fault: (changes) => {
        const isStep = changes.some((change) => change.kind === 'putNodes')
        if (!isStep || failures >= 3) return null
        failures += 1
        return { kind: 'refuse', code: 'STORE_BUSY' }
      },
    })
    await controller.createWorkflow('default', chain('wf'))
    const done = await ended(controller, 'wf')
    expect(failures).toBe(3)
    expect(done.status?.phase).toBe('Succeeded')
    expect([...house.engine.starts.values()]).toEqual([1, 1])
  })
})

describe('limits', () => {
  it('let one workflow begin at a time, the more urgent one first', async () => {
    house = newHouse()
    const controller = await house.open({ config: { parallelism: 1 } })
    await controller.createWorkflow('default', single('first', doing({ durationMs: 100 })))
    await controller.createWorkflow('default', single('second'))
    const urgent = single('urgent')
    await controller.createWorkflow('default', { ...urgent, spec: { ...urgent.spec, priority: 5 } })
    const waiting = await controller.workflow('default', 'second')
    expect(waiting?.status).toMatchObject({
      phase: 'Pending',
      message: 'Workflow processing has been postponed because too many workflows are already running',
    })
    const [second, pressing] = await Promise.all([ended(controller, 'second'), ended(controller, 'urgent')])
    expect(second.status?.message ?? '').toBe('')
    expect(Date.parse(pressing.status?.finishedAt ?? '')).toBeLessThanOrEqual(
      Date.parse(second.status?.startedAt ?? ''),
    )
  })

  it('keep a pod waiting that asks for more than the host has', async () => {
    house = newHouse()
    const controller = await house.open()
    const container = { ...doing(), resources: { requests: { cpu: '1000' } } }
    await controller.createWorkflow('default', single('wf', container))
    const waiting = await until(controller, 'wf', (now) => Boolean(nodeNamed(now, 'wf')?.message))
    expect(nodeNamed(waiting, 'wf')).toMatchObject({
      phase: 'Pending',
      message: 'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.',
    })
    await controller.operate('default', 'wf', { kind: 'terminate' })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Failed')
  })
})
