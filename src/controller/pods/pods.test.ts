import { afterEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../../resources/index.ts'
import { WorldError, workflowUid } from '../../resources/index.ts'
import { doing, ended, eventually, newHouse, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { defaultCapacity } from '../config.ts'

let house: House
afterEach(() => house.close())

type Spec = Workflow['spec']
const single = (
  container: NonNullable<NonNullable<Spec['templates']>[number]['container']>,
  more: Spec = {},
): Workflow => ({
  metadata: { name: 'wf' },
  spec: { entrypoint: 'main', ...more, templates: [{ name: 'main', container }] },
})
const root = (workflow: Workflow) => workflow.status?.nodes?.['wf']

describe('a pod that cannot start yet', () => {
  it('waits for a Secret and goes on as soon as it is there', async () => {
    house = newHouse()
    const controller = await house.open()
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }]
    await controller.createWorkflow('default', single({ ...doing(), env }))
    const waiting = await until(controller, 'wf', (now) => Boolean(root(now)?.message))
    expect(root(waiting)).toMatchObject({
      phase: 'Pending',
      message: 'CreateContainerConfigError: secret "s" not found',
    })
    await controller.createObject('Secret', 'default', { metadata: { name: 's' }, stringData: { k: 'v' } })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Succeeded')
  })

  it('is refused when a patch asks for what the policy forbids', async () => {
    house = newHouse()
    const controller = await house.open()
    const patch = '{"containers":[{"name":"main","securityContext":{"privileged":true}}]}'
    await controller.createWorkflow('default', single(doing(), { podSpecPatch: patch }))
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Error')
    expect(done.status?.message).toContain('privileged')
    expect(house.engine.starts.size).toBe(0)
  })
})

describe('a pod of which what stands cannot be started', () => {
  const script = { image: 'alpine', command: ['sh'], source: 'echo x' }
  const workflow: Workflow = {
    metadata: { name: 'wf' },
    spec: { entrypoint: 'main', templates: [{ name: 'main', script }] },
  }
  /** Tells of what is done to the pod. */
  const open = async (refusals: number) => {
    house = newHouse()
    const calls: string[] = []
    let left = refusals
    const controller = await house.open({
      arrange: (_store, runtime) => {
        for (const name of ['prepare', 'writeFiles', 'start', 'remove'] as const) {
          const call = runtime[name].bind(runtime) as (...args: unknown[]) => Promise<void>
          Object.assign(runtime, {
            [name]: async (...args: unknown[]) => {
              calls.push(name)
              if (name === 'start' && left-- > 0)
                throw new WorldError('POD_UNSTARTABLE', 'no such network', { retryable: true })
              return call(...args)
            },
          })
        }
      },
    })
    await controller.createWorkflow('default', workflow)
    return { done: await ended(controller, 'wf'), calls }
  }

  it('is removed and made anew with its files', async () => {
    const { done, calls } = await open(1)
    expect(done.status?.phase).toBe('Succeeded')
    const made = ['prepare', 'writeFiles', 'start']
    expect(calls.slice(0, 7)).toEqual([...made, 'remove', ...made])
  })

  it('ends in error where that does not help', async () => {
    const { done, calls } = await open(Infinity)
    expect(done.status).toMatchObject({ phase: 'Error', message: 'no such network' })
    expect(calls.filter((name) => name === 'start')).toHaveLength(4)
  })
})

describe('pods of one template', () => {
  const loop = (count: number, container = doing(), more: Spec = {}): Workflow => ({
    metadata: { name: 'wf' },
    spec: {
      entrypoint: 'main',
      ...more,
      templates: [
        { name: 'main', steps: [[{ name: 's', template: 'go', withSequence: { count: String(count) } }]] },
        { name: 'go', container },
      ],
    },
  })

  it('each start once, however often the engine refuses or its answer is lost', async () => {
    house = newHouse({ faults: { refused: 0.1, answerLost: 0.1 } })
    const controller = await house.open()
    await controller.createWorkflow('default', loop(30))
    expect((await ended(controller, 'wf')).status).toMatchObject({ phase: 'Succeeded', progress: '30/30' })
    expect(house.engine.starts.size).toBe(30)
    expect([...house.engine.starts.values()].every((count) => count === 1)).toBe(true)
  })

  it('wait for room one behind the other, and those that still wait end with their workflow', async () => {
    house = newHouse()
    const controller = await house.open({ config: { capacity: { ...defaultCapacity, containersMax: 2 } } })
    await controller.createWorkflow('default', loop(6, doing({ forEver: true })))
    const waiting = await until(controller, 'wf', ({ status }) => {
      const nodes = Object.values(status?.nodes ?? {})
      return nodes.filter(({ message }) => message?.includes('Too many pods') === true).length === 4
    })
    expect(Object.values(waiting.status?.nodes ?? {}).filter(({ type }) => type === 'Pod')).toHaveLength(6)
    await controller.operate('default', 'wf', { kind: 'terminate' })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Failed')
    expect(house.engine.starts.size).toBe(2)
    await eventually(() => house.engine.pods.size === 0, 'containers are removed')
    expect(controller.snapshot().capacity).toMatchObject({ waiting: 0, used: { containers: 0 } })
  })
})

describe('a pod under way', () => {
  it('is not started once its containers are gone, though who leads was asked before', async () => {
    house = newHouse()
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    const confirm = () => {
      if (house.engine.pods.size === 0) return Promise.resolve()
      asked.resolve()
      return answered.promise
    }
    const controller = await house.open({ confirm })
    await controller.createWorkflow('default', single(doing({ forEver: true })))
    await asked.promise
    for (const pod of [...house.engine.pods.values()]) house.engine.vanish(pod)
    expect((await ended(controller, 'wf')).status?.phase).toBe('Error')
    answered.resolve()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([house.engine.starts.size, house.engine.pods.size]).toEqual([0, 0])
  })

  it('reports the progress it writes', async () => {
    house = newHouse()
    const controller = await house.open()
    const script = { durationMs: 50, files: { '/var/run/argo/progress': '10/100\n70/100\n' } }
    await controller.createWorkflow(
      'default',
      single({ ...doing(script), env: [{ name: 'HINT', value: 'see $ARGO_PROGRESS_FILE' }] }),
    )
    const done = await ended(controller, 'wf')
    expect(root(done)?.progress).toBe('100/100')
    expect(done.status?.progress).toBe('100/100')
  })

  it('is stopped, and what it left is collected', async () => {
    house = newHouse()
    const controller = await house.open()
    const container = doing({ forEver: true, files: { '/tmp/p': 'kept' } })
    const workflow = single(container)
    const outputs = { parameters: [{ name: 'p', valueFrom: { path: '/tmp/p', default: 'none' } }] }
    await controller.createWorkflow('default', {
      ...workflow,
      spec: { ...workflow.spec, templates: [{ name: 'main', container, outputs }] },
    })
    await until(controller, 'wf', (now) => root(now)?.phase === 'Running')
    await controller.operate('default', 'wf', { kind: 'stop' })
    const done = await ended(controller, 'wf')
    expect(done.status).toMatchObject({ phase: 'Failed', message: "Stopped with strategy 'Stop'" })
    await eventually(() => house.engine.pods.size === 0, 'containers are removed')
  })

  it('is a daemon until the template that called it ends', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', {
      metadata: { name: 'wf' },
      spec: {
        entrypoint: 'main',
        templates: [
          { name: 'main', steps: [[{ name: 'serve', template: 'serve' }], [{ name: 'use', template: 'use' }]] },
          { name: 'serve', daemon: true, container: doing({ forEver: true }) },
          { name: 'use', container: doing() },
        ],
      },
    })
    const done = await ended(controller, 'wf')
    expect(done.status?.phase).toBe('Succeeded')
    await eventually(() => house.engine.pods.size === 0, 'containers are removed')
  })
})

describe('podGC', () => {
  it('keeps the containers it says, also over a restart', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single(doing({ exitCode: 1 }), { podGC: { strategy: 'OnPodSuccess' } }))
    await ended(controller, 'wf')
    await controller.drain()
    const second = await house.open()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(house.engine.pods.size).toBe(1)
    await second.deleteWorkflow('default', 'wf')
    await eventually(() => house.engine.pods.size === 0, 'containers are removed with the workflow')
  })
})

describe('a restart', () => {
  const suspendedAndOpenedAnew = async (workflow: Workflow) => {
    const first = await house.open()
    const data = { key: 'value' }
    await first.createObject('ConfigMap', 'default', {
      metadata: { name: 'settings', labels: { 'workflows.argoproj.io/configmap-type': 'Parameter' } },
      data,
    })
    await first.createWorkflow('default', workflow)
    await until(first, 'wf', (now) => root(now)?.phase === 'Running')
    await first.operate('default', 'wf', { kind: 'suspend' })
    const nobodys: Workflow = { ...single(doing({ forEver: true })), metadata: { name: 'nobodys' } }
    const { metadata } = await first.createWorkflow('default', nobodys)
    await eventually(() => house.engine.starts.size === 2, 'both run')
    await first.drain()
    house.disk.workflows.delete(workflowUid(metadata.uid ?? ''))
    const second = await house.open()
    await eventually(() => house.engine.pods.size === 1, 'what nobody wants has been removed')
    return second
  }

  it('stops a container of a suspended workflow that is terminated then', async () => {
    house = newHouse()
    const controller = await suspendedAndOpenedAnew(single(doing({ forEver: true })))
    await controller.operate('default', 'wf', { kind: 'terminate' })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Failed')
    await eventually(() => house.engine.pods.size === 0, 'it is removed')
  })

  it('leaves no container of a suspended workflow that ends before anybody asks for it again', async () => {
    house = newHouse()
    const parameters = [{ name: 'p', valueFrom: { configMapKeyRef: { name: 'settings', key: 'key' } } }]
    const templates = [{ name: 'main', inputs: { parameters }, container: doing({ forEver: true }) }]
    const controller = await suspendedAndOpenedAnew({
      metadata: { name: 'wf' },
      spec: { entrypoint: 'main', templates },
    })
    await controller.deleteObject('ConfigMap', 'default', 'settings')
    await controller.operate('default', 'wf', { kind: 'resume' })
    expect((await ended(controller, 'wf')).status?.phase).toBe('Error')
    await eventually(() => house.engine.pods.size === 0, 'it is removed')
  })

  it('removes what it cannot go on with before its step ends, as another may have asked for its start', async () => {
    house = newHouse()
    const onItsWay = Promise.withResolvers<void>()
    const first = await house.open({
      arrange: (_store, runtime) => {
        runtime.start = () => onItsWay.promise
      },
    })
    await first.createWorkflow('default', single(doing()))
    await eventually(() => house.engine.pods.size === 1, 'its containers are there')
    onItsWay.reject(new WorldError('ENGINE_AWAY', 'nobody heard the answer', { retryable: true }))
    await first.drain()
    const standing: number[] = []
    const second = await house.open({
      arrange: (store, runtime) => {
        runtime.prepare = () => Promise.reject(new WorldError('ENGINE_REFUSED', 'no such image', { retryable: false }))
        const commit = store.commit.bind(store)
        store.commit = (changes) => {
          const hasEnded = changes.some((change) => change.kind === 'putWorkflow' && change.row.phase === 'Error')
          if (hasEnded) standing.push(house.engine.pods.size)
          return commit(changes)
        }
      },
    })
    expect((await ended(second, 'wf')).status).toMatchObject({ phase: 'Error', message: 'no such image' })
    expect(standing[0]).toBe(0)
  })

  it('removes containers that nobody wants', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single(doing({ forEver: true })))
    await until(controller, 'wf', (now) => root(now)?.phase === 'Running')
    await controller.drain()
    for (const uid of [...house.disk.workflows.keys()]) house.disk.workflows.delete(uid)
    await house.open()
    await eventually(() => house.engine.pods.size === 0, 'containers are removed')
  })
})
