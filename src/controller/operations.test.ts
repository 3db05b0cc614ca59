import { afterEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import { doing, ended, eventually, newHouse, until } from './controller.fixtures/house.ts'
import type { House } from './controller.fixtures/house.ts'
import type { RunningController } from './controller.ts'
import type { WatchEvent } from './port.ts'
import type { CommitFault } from '../store/index.ts'
import type { Store } from '../store/port.ts'

let house: House
afterEach(() => house.close())

const single = (name: string, container = doing(), more: Partial<Workflow['spec']> = {}): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container }], ...more },
})
const suspended = (name: string): Workflow => ({
  metadata: { name },
  spec: {
    entrypoint: 'main',
    templates: [
      { name: 'main', steps: [[{ name: 'wait', template: 'wait' }], [{ name: 'go', template: 'go' }]] },
      { name: 'wait', suspend: {} },
      { name: 'go', container: doing() },
    ],
  },
})
const isWaiting = (now: Workflow) =>
  Object.values(now.status?.nodes ?? {}).some((node) => node.type === 'Suspend' && node.phase === 'Running')

/** With a workflow `wf` that has failed and left memory. */
async function withFailed(): Promise<RunningController> {
  house = newHouse()
  const controller = await house.open({ config: { finishedKept: 0 } })
  await controller.createWorkflow('default', single('wf', doing({ exitCode: 1 })))
  await ended(controller, 'wf')
  await eventually(() => controller.snapshot().liveWorkflows === 0, 'it leaves memory')
  return controller
}

describe('operations', () => {
  it('resume a suspended workflow, also after a restart', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', suspended('wf'))
    await until(first, 'wf', isWaiting)
    await first.drain()
    const second = await house.open()
    await second.operate('default', '@latest', { kind: 'resume' })
    expect((await ended(second, 'wf')).status?.phase).toBe('Succeeded')
  })

  it.each(['terminate', 'delete'] as const)(
    '%s a workflow of whose creation only the answer was lost',
    async (kind) => {
      house = newHouse()
      let isLost = false
      const fault = (): CommitFault | null => (isLost ? null : ((isLost = true), { kind: 'loseAnswer' }))
      const looked = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const arrange = (store: Store): void => {
        const read = store.workflowByUid.bind(store)
        store.workflowByUid = async (uid) => {
          const row = await read(uid)
          store.workflowByUid = read
          looked.resolve()
          await goOn.promise
          return row
        }
      }
      const controller = await house.open({ fault, arrange })
      const created = controller.createWorkflow('default', single('wf'))
      await looked.promise
      const done =
        kind === 'delete'
          ? controller.deleteWorkflow('default', 'wf')
          : controller.operate('default', 'wf', { kind }).then(() => undefined)
      await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 100))])
      goOn.resolve()
      await Promise.all([created, done])
      await eventually(() => controller.snapshot().liveWorkflows === 0, 'it leaves memory')
      const left = await controller.workflow('default', 'wf')
      expect(left?.status?.phase).toBe(kind === 'delete' ? undefined : 'Failed')
    },
  )

  it('retry a workflow that has failed and left memory', async () => {
    const controller = await withFailed()
    const again = await controller.operate('default', 'wf', { kind: 'retry' })
    expect(again.status?.phase).not.toBe('Failed')
    await eventually(() => house.engine.starts.size === 2, 'another pod is started')
    expect((await ended(controller, 'wf')).status?.phase).toBe('Failed')
  })

  it('count the retries of a workflow on which the engine broke', async () => {
    const controller = await withFailed()
    const [stored] = house.disk.workflows.values()
    if (stored === undefined) throw new Error('nothing is stored')
    // What no admission lets through.
    const body = stored.body.replace(/"templates":\[/, '"templates":7,"none":[')
    house.disk.workflows.set(stored.row.uid, { ...stored, body })
    await expect(controller.operate('default', 'wf', { kind: 'retry' })).rejects.toMatchObject({ code: 'INTERNAL' })
    await until(controller, 'wf', ({ status }) => status?.phase === 'Error')
    const { internal } = house.disk.workflows.get(stored.row.uid) ?? stored
    expect(JSON.parse(internal)).toMatchObject({ generation: 1 })
  })

  it('end with an error that is stored on the root node, too, where the engine breaks on the workflow', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', suspended('wf'))
    await until(first, 'wf', isWaiting)
    await first.drain()
    const [stored] = house.disk.workflows.values()
    if (stored === undefined) throw new Error('nothing is stored')
    // What no admission lets through.
    const body = stored.body.replace(/"templates":\[/, '"templates":7,"none":[')
    house.disk.workflows.set(stored.row.uid, { ...stored, body })
    const second = await house.open()
    const broken = { phase: 'Error', message: 'Workflow operation error', finishedAt: expect.any(String) as string }
    expect((await until(second, 'wf', ({ status }) => status?.phase === 'Error')).status?.nodes?.['wf']).toMatchObject(
      broken,
    )
    await second.drain()
    const third = await house.open()
    const { status } = (await third.workflow('default', 'wf')) ?? {}
    expect(status?.phase).toBe('Error')
    expect(status?.nodes?.['wf']).toMatchObject({ type: 'Steps', ...broken })
  })

  it('are refused with the codes and words of Argo', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf'))
    await ended(controller, 'wf')
    await expect(controller.operate('default', 'wf', { kind: 'stop' })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'cannot shutdown a completed workflow: workflow: "wf", namespace: "default"',
    })
    await expect(controller.operate('default', 'wf', { kind: 'suspend' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(controller.operate('default', 'none', { kind: 'suspend' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'workflows.argoproj.io "none" not found',
    })
    expect((await controller.workflow('default', 'wf'))?.status?.phase).toBe('Succeeded')
  })

  it('resubmit under a new name', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf'))
    await ended(controller, 'wf')
    const next = await controller.resubmit('default', 'wf', {})
    expect(next.metadata.name).toMatch(/^wf-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    expect((await ended(controller, next.metadata.name ?? '')).status?.phase).toBe('Succeeded')
  })
})

describe('submitting', () => {
  it('from a template takes parameters, labels and a name', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject('WorkflowTemplate', 'default', {
      metadata: { name: 'tmpl' },
      spec: { ...single('').spec, arguments: { parameters: [{ name: 'a', value: '1' }] } },
    })
    const made = await controller.submitFrom('default', 'workflowtemplate', 'tmpl', {
      parameters: ['a=2=3', 'b=x'],
      labels: 'k=v',
      generateName: 'gen-',
    })
    expect(made.metadata.name).toMatch(/^gen-/)
    expect(made.metadata.labels).toMatchObject({ k: 'v', 'workflows.argoproj.io/workflow-template': 'tmpl' })
    expect(made.spec.arguments?.parameters).toEqual([
      { name: 'a', value: '2=3' },
      { name: 'b', value: 'x' },
    ])
    expect((await ended(controller, made.metadata.name ?? '')).status?.phase).toBe('Succeeded')
    await controller.createObject('WorkflowTemplate', 'default', {
      metadata: { name: 'choice' },
      spec: { ...single('').spec, arguments: { parameters: [{ name: 'a', value: 'x', enum: ['x', 'y'] }] } },
    })
    await expect(controller.submitFrom('default', 'wftmpl', 'choice', { parameters: ['a=z'] })).rejects.toMatchObject({
      message: 'spec.arguments.a.value should be present in spec.arguments.a.enum list',
    })
    await expect(controller.submitFrom('default', 'workflowtemplate', 'none', {})).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(controller.submitFrom('default', 'pod', 'x', {})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('is refused with the problem, and a dry run stores nothing', async () => {
    house = newHouse()
    const controller = await house.open()
    await expect(
      controller.createWorkflow('default', { metadata: { name: 'wf' }, spec: { entrypoint: 'none', templates: [] } }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const privileged = { ...doing(), securityContext: { privileged: true } }
    await expect(controller.createWorkflow('default', single('wf', privileged))).rejects.toMatchObject({
      problems: [{ rule: 'privileged' }],
    })
    const dry = await controller.createWorkflow('default', single('wf'), { dryRun: 'server' })
    expect(dry.metadata.uid).toBeDefined()
    expect((await controller.listWorkflows({})).items).toEqual([])
  })
})

describe('finished workflows', () => {
  it('are deleted when their time is over, also when the controller was away', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', single('wf', doing(), { ttlStrategy: { secondsAfterCompletion: 1 } }))
    await ended(first, 'wf')
    await first.drain()
    const second = await house.open()
    await eventually(async () => (await second.workflow('default', 'wf')) === null, 'it is deleted')
  })

  it('are kept up to the number that retention allows', async () => {
    house = newHouse()
    const controller = await house.open({ config: { retention: { completed: 1 } } })
    for (const name of ['a', 'b', 'c']) {
      await controller.createWorkflow('default', single(name))
      await until(controller, name, (now) => Boolean(now.status?.finishedAt)).catch(() => {})
    }
    await eventually(async () => (await controller.listWorkflows({})).items.length === 1, 'one is left')
  })
})

describe('locks', () => {
  it('are held over a restart and passed on when they are free', async () => {
    house = newHouse()
    const first = await house.open()
    const locked = { synchronization: { mutexes: [{ name: 'm' }] } }
    await first.createWorkflow('default', single('holder', doing({ durationMs: 400 }), locked))
    await until(first, 'holder', (now) => now.status?.nodes?.['holder']?.phase === 'Running')
    await first.createWorkflow('default', single('waiter', doing(), locked))
    await until(first, 'waiter', (now) => now.status?.phase === 'Pending')
    await first.drain()
    const second = await house.open()
    const waiting = await second.workflow('default', 'waiter')
    expect(waiting?.status?.message).toBe('Waiting for default/Mutex/m lock. Lock status: 0/1')
    expect((await ended(second, 'waiter')).status?.phase).toBe('Succeeded')
    expect((await second.workflow('default', 'holder'))?.status?.phase).toBe('Succeeded')
  })

  it('of a semaphore give way when its limit is raised', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject('ConfigMap', 'default', { metadata: { name: 'limits' }, data: { gpu: '1' } })
    const locked = { synchronization: { semaphores: [{ configMapKeyRef: { name: 'limits', key: 'gpu' } }] } }
    await controller.createWorkflow('default', single('holder', doing({ forEver: true }), locked))
    await until(controller, 'holder', (now) => now.status?.nodes?.['holder']?.phase === 'Running')
    await controller.createWorkflow('default', single('waiter', doing(), locked))
    await until(controller, 'waiter', (now) => now.status?.phase === 'Pending')
    await controller.syncLimit.update('default', { type: 'CONFIGMAP', cmName: 'limits', key: 'gpu', limit: 2 })
    expect((await ended(controller, 'waiter')).status?.phase).toBe('Succeeded')
  })
})

describe('watching', () => {
  it('sees each change once and in order, from any version the feed reaches back to', async () => {
    house = newHouse()
    const controller = await house.open()
    const before = controller.resourceVersion()
    const live: WatchEvent[] = []
    controller.watch(null, (event) => live.push(event))
    await controller.createWorkflow('default', single('wf'))
    await ended(controller, 'wf')
    await controller.deleteWorkflow('default', 'wf')
    const versions = live.map((event) => event.resourceVersion)
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
    expect([live[0]?.type, live.at(-1)?.type]).toEqual(['ADDED', 'DELETED'])
    expect((live.at(-1)?.object() as Workflow).status?.phase).toBe('Succeeded')
    const replayed: WatchEvent[] = []
    expect(controller.watch(before, (event) => replayed.push(event)).expired).toBe(false)
    expect(replayed.map((event) => event.resourceVersion)).toEqual(versions)
    expect(controller.watch(before - 1, () => {}).expired).toBe(true)
  })
})

describe('objects', () => {
  it('are updated only from their current version, and secrets are kept encoded', async () => {
    house = newHouse()
    const controller = await house.open()
    const made = await controller.createObject('Secret', 'default', { metadata: { name: 's' }, stringData: { k: 'v' } })
    expect(made).toMatchObject({ data: { k: Buffer.from('v').toString('base64') } })
    expect(made).not.toHaveProperty('stringData')
    const changed = { ...made, data: { k: 'Yg==' } }
    const updated = await controller.updateObject('Secret', 'default', 's', changed)
    expect(updated.metadata).toMatchObject({ uid: made.metadata?.uid, generation: 2 })
    await expect(controller.updateObject('Secret', 'default', 's', changed)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    await expect(controller.updateObject('Secret', 'default', 's', { metadata: { name: 's' } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await controller.updateObject(
      'Secret',
      'default',
      's',
      { metadata: { name: 's' }, data: { k: 'Yw==' } },
      { upsert: true },
    )
    const second = await house.open()
    expect(second.object('Secret', 'default', 's')).toMatchObject({ data: { k: 'Yw==' } })
  })
})

describe('lists', () => {
  it('are filtered by labels and fields and cut into pages', async () => {
    house = newHouse()
    const controller = await house.open()
    for (const name of ['a1', 'a2', 'b1']) {
      await controller.createWorkflow('default', {
        ...single(name),
        metadata: { name, labels: { first: name.slice(0, 1) } },
      })
      await ended(controller, name)
    }
    const names = async (query: object) =>
      (await controller.listWorkflows(query)).items.map((item) => item.metadata.name ?? '').sort()
    expect(await names({ labelSelector: 'first in (a)' })).toEqual(['a1', 'a2'])
    expect(await names({ labelSelector: 'first!=a' })).toEqual(['b1'])
    expect(await names({ labelSelector: 'workflows.argoproj.io/phase in (Failed)' })).toEqual([])
    expect(await names({ fieldSelector: 'metadata.name=a1' })).toEqual(['a1'])
    expect(await names({ fieldSelector: 'metadata.name=1', nameFilter: 'Contains' })).toEqual(['a1', 'b1'])
    const page = await controller.listWorkflows({ limit: 2, fieldSelector: 'ext.showRemainingItemCount=true' })
    expect([page.items.length, page.continue, page.remaining]).toEqual([2, '2', 1])
    const rest = await controller.listWorkflows({ limit: 2, continue: '2' })
    expect([rest.items.length, rest.continue]).toEqual([1, undefined])
    await expect(controller.listWorkflows({ fieldSelector: 'spec.other=1' })).rejects.toMatchObject({
      message: 'unsupported requirement spec.other=1',
    })
    await expect(controller.listWorkflows({ continue: 'x' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

it('follows the logs of pods that come later, until the workflow has ended', async () => {
  house = newHouse()
  const controller = await house.open()
  await controller.createWorkflow('default', {
    metadata: { name: 'wf' },
    spec: {
      entrypoint: 'main',
      templates: [
        { name: 'main', steps: [[{ name: 'a', template: 'a' }], [{ name: 'b', template: 'b' }]] },
        { name: 'a', container: doing({ durationMs: 50, stdout: 'from a\n' }) },
        { name: 'b', container: doing({ durationMs: 50, stdout: 'from b\n' }) },
      ],
    },
  })
  const lines: string[] = []
  for await (const { content } of controller.logs('default', 'wf', { follow: true }, AbortSignal.timeout(8000)))
    lines.push(content)
  expect(lines).toEqual(['from a', 'from b'])
})
