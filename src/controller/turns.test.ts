import { afterEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import type { CommitFault } from '../store/index.ts'
import type { Change } from '../store/port.ts'
import type { House } from './controller.fixtures/house.ts'
import { doing, ended, eventually, newHouse, until } from './controller.fixtures/house.ts'

let house: House
afterEach(() => house.close())

const single = (name: string, container = doing()): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container }] },
})
const phaseOf = (name: string): string | undefined =>
  [...house.disk.workflows.values()].find(({ row }) => row.name === name)?.row.phase

describe('a workflow that waits for its turn', () => {
  it('does not begin when it is suspended and resumed', async () => {
    house = newHouse()
    const controller = await house.open({ config: { parallelism: 1 } })
    await controller.createWorkflow('default', single('first', doing({ forEver: true })))
    await controller.createWorkflow('default', single('second'))
    await controller.operate('default', 'second', { kind: 'suspend' })
    const resumed = await controller.operate('default', 'second', { kind: 'resume' })
    expect(resumed.status?.phase).toBe('Pending')
    expect(Object.keys(resumed.status?.nodes ?? {})).toEqual([])
    await controller.operate('default', 'first', { kind: 'terminate' })
    expect((await ended(controller, 'second')).status?.phase).toBe('Succeeded')
  })

  it('is stored and shown as what it came to when it is terminated', async () => {
    house = newHouse()
    const controller = await house.open({ config: { parallelism: 1 } })
    await controller.createWorkflow('default', single('first', doing({ forEver: true })))
    await controller.createWorkflow('default', single('second'))
    const answer = await controller.operate('default', 'second', { kind: 'terminate' })
    expect(answer.status?.phase).toBe('Failed')
    expect(phaseOf('second')).toBe('Failed')
  })

  it('begins where its turn comes while it is being stored', async () => {
    house = newHouse()
    const gate = Promise.withResolvers<undefined>()
    const faults: CommitFault[] = [
      { kind: 'refuse', code: 'STORE_FULL' },
      { kind: 'delay', until: gate.promise },
    ]
    const controller = await house.open({ config: { parallelism: 1 }, fault: () => faults.shift() ?? null })
    const refused = controller.createWorkflow('default', single('first'))
    const created = controller.createWorkflow('default', single('second'))
    await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    gate.resolve(undefined)
    await created
    expect((await ended(controller, 'second')).status?.phase).toBe('Succeeded')
  })
})

const postponed = {
  phase: 'Pending',
  message: 'Workflow processing has been postponed because too many workflows are already running',
}
const failing = (name: string): Workflow => single(name, doing({ exitCode: 1 }))
const isOf = (name: string, changes: readonly Change[]): boolean =>
  changes.some((change) => change.kind === 'putWorkflow' && change.row.name === name)
const starts = () => [...house.engine.starts.values()].length

/** With a workflow `again` that has failed, and one that takes the only turn. */
async function withFull(limits: { readonly parallelism: number; readonly namespaceParallelism: number }) {
  house = newHouse()
  const controller = await house.open({ config: limits })
  await controller.createWorkflow('default', failing('again'))
  await ended(controller, 'again')
  await controller.createWorkflow('default', single('first', doing({ forEver: true })))
  await until(controller, 'first', ({ status }) => status?.phase === 'Running')
  return controller
}

describe.each([
  { parallelism: 1, namespaceParallelism: 0 },
  { parallelism: 0, namespaceParallelism: 1 },
])('a workflow that is retried where %o are under way', (limits) => {
  it('waits for its turn as a new one does', async () => {
    const controller = await withFull(limits)
    const retried = await controller.operate('default', 'again', { kind: 'retry' })
    expect(retried.status).toMatchObject(postponed)
    expect(retried.status?.startedAt).toBeUndefined()
    expect(JSON.stringify(await controller.explain('default', 'again'))).toMatch(/has not begun: at most 1/)
    await controller.createWorkflow('default', single('last'))
    expect((await controller.workflow('default', 'last'))?.status).toMatchObject(postponed)
    await controller.operate('default', 'first', { kind: 'terminate' })
    const [again, last] = await Promise.all([ended(controller, 'again'), ended(controller, 'last')])
    expect(again.status).toMatchObject({ phase: 'Failed', message: expect.stringContaining('exit code 1') as string })
    expect(last.status?.phase).toBe('Succeeded')
    expect(starts()).toBe(4)
  })

  it('waits on over a restart, and runs once when its turn has come', async () => {
    const before = await withFull(limits)
    await before.operate('default', 'again', { kind: 'retry' })
    await before.drain()
    const controller = await house.open({ config: limits })
    expect((await controller.workflow('default', 'again'))?.status).toMatchObject(postponed)
    expect(starts()).toBe(2)
    await controller.operate('default', 'first', { kind: 'terminate' })
    expect((await ended(controller, 'again')).status).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('exit code 1') as string,
    })
    expect(starts()).toBe(3)
  })

  it('is ended at once when it is terminated', async () => {
    const controller = await withFull(limits)
    await controller.operate('default', 'again', { kind: 'retry' })
    await controller.operate('default', 'again', { kind: 'terminate' })
    expect((await ended(controller, 'again')).status?.phase).toBe('Failed')
    expect(starts()).toBe(2)
    const retried = await controller.operate('default', 'again', { kind: 'retry' })
    expect(retried.status).toMatchObject(postponed)
  })

  it('has no turn, and leaves memory, if the retry could not be stored', async () => {
    let refusals = 0
    house = newHouse()
    const fault = (changes: readonly Change[]): CommitFault | null =>
      isOf('again', changes) && refusals-- > 0 ? { kind: 'refuse', code: 'STORE_FULL' } : null
    const controller = await house.open({ config: limits, fault })
    await controller.createWorkflow('default', failing('again'))
    await ended(controller, 'again')
    await controller.createWorkflow('default', single('first', doing({ forEver: true })))
    await eventually(() => starts() === 2 && controller.snapshot().liveWorkflows === 1, 'only the first is there')
    refusals = 1
    await expect(controller.operate('default', 'again', { kind: 'retry' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    await eventually(() => controller.snapshot().liveWorkflows === 1, 'it leaves memory')
    await controller.operate('default', 'first', { kind: 'terminate' })
    await controller.createWorkflow('default', single('next'))
    expect((await ended(controller, 'next')).status?.phase).toBe('Succeeded')
    expect((await controller.workflow('default', 'again'))?.status?.phase).toBe('Failed')
  })

  it('has its turn where only the answer of the store was lost', async () => {
    let isLost = false
    house = newHouse()
    const fault = (changes: readonly Change[]): CommitFault | null => {
      if (!isLost || !isOf('again', changes)) return null
      isLost = false
      return { kind: 'loseAnswer' }
    }
    const controller = await house.open({ config: limits, fault })
    await controller.createWorkflow('default', failing('again'))
    await ended(controller, 'again')
    await controller.createWorkflow('default', single('first', doing({ forEver: true })))
    await until(controller, 'first', ({ status }) => status?.phase === 'Running')
    await eventually(() => controller.snapshot().liveWorkflows === 1, 'it leaves memory')
    isLost = true
    await expect(controller.operate('default', 'again', { kind: 'retry' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    await until(controller, 'again', ({ status }) => status?.phase === 'Pending')
    expect(starts()).toBe(2)
    await controller.operate('default', 'first', { kind: 'terminate' })
    expect((await ended(controller, 'again')).status?.phase).toBe('Failed')
    expect(starts()).toBe(3)
  })
})

it('what waits for its turn over a restart is begun as a new one', async () => {
  house = newHouse()
  const before = await house.open({ config: { parallelism: 1 } })
  await before.createWorkflow('default', single('first', doing({ forEver: true })))
  const second = single('second')
  const workflowMetadata = { labels: { team: 'blue' } }
  await before.createWorkflow('default', { ...second, spec: { ...second.spec, workflowMetadata } })
  await before.drain()
  const controller = await house.open({ config: { parallelism: 1 } })
  await controller.operate('default', 'first', { kind: 'terminate' })
  expect((await ended(controller, 'second')).metadata.labels).toMatchObject({ team: 'blue' })
})

describe('what could not be done at once', () => {
  it('is done later: containers of a step that the engine refused for good are removed', async () => {
    house = newHouse()
    const controller = await house.open()
    const prepared = house.engine.create.bind(house.engine)
    house.engine.create = (request) => {
      prepared(request)
      throw Object.assign(new Error('409'), { code: 'ENGINE_REFUSED', retryable: false })
    }
    await controller.createWorkflow('default', single('wf'))
    expect((await ended(controller, 'wf')).status?.phase).toBe('Error')
    await eventually(() => house.engine.pods.size === 0, 'its containers are gone')
  })
})
