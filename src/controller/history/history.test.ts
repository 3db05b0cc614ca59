import { afterEach, describe, expect, it } from 'vitest'
import { openMemoryStore } from '../../store/index.ts'
import type { Workflow } from '../../resources/index.ts'
import { workflowUid } from '../../resources/index.ts'
import { doing, ended, eventually, newHouse, until } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { collectionOf } from './history.ts'

let house: House
afterEach(() => house.close())

const chain = (name: string, length: number): Workflow => ({
  metadata: { name },
  spec: {
    entrypoint: 'main',
    templates: [
      { name: 'main', steps: Array.from({ length }, (_, index) => [{ name: `s${index}`, template: 'go' }]) },
      { name: 'go', container: doing() },
    ],
  },
})
const single = (name: string, container = doing(), more: Partial<Workflow['spec']> = {}): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container }], ...more },
})

describe('the history of a workflow', () => {
  it('tells what was observed, what changed by it and what was begun, in order', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf', doing({ exitCode: 4 })))
    await ended(controller, 'wf')
    const { entries, missing } = await controller.history('default', 'wf')
    expect(missing).toBe(0)
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index))
    expect(entries[0]).toMatchObject({
      workflow: { phase: 'Running' },
      nodes: [{ node: 'wf', name: 'wf', phase: 'Pending' }],
      effects: [{ kind: 'runPod', targets: ['wf'], count: 1 }],
    })
    expect(entries.at(-1)).toMatchObject({
      observed: expect.arrayContaining([{ kind: 'podFinished', node: 'wf', name: 'wf', detail: 'main 4' }]) as unknown,
      workflow: { phase: 'Failed' },
      nodes: [{ node: 'wf', phase: 'Failed', message: 'main: Error (exit code 4)' }],
    })
  })

  it('has no entry for a decision that changed nothing', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', single('wf', doing({ forEver: true })))
    await until(controller, 'wf', ({ status }) => status?.nodes?.['wf']?.phase === 'Running')
    const before = (await controller.history('default', 'wf')).entries.length
    await controller.operate('default', 'wf', { kind: 'edit', labels: { a: 'b' } })
    expect((await controller.history('default', 'wf')).entries.at(-1)?.requested).toEqual(['edit labels'])
    await controller.createObject('ConfigMap', 'default', { metadata: { name: 'other' } })
    expect((await controller.history('default', 'wf')).entries).toHaveLength(before + 1)
  })

  it('keeps the first entries and the newest ones of a long workflow, and says how many are missing', async () => {
    house = newHouse()
    const controller = await house.open({ config: { history: { first: 8, newest: 16 } } })
    await controller.createWorkflow('default', chain('wf', 100))
    await ended(controller, 'wf')
    const { entries, missing } = await controller.history('default', 'wf')
    expect(missing).toBeGreaterThan(20)
    expect(entries.slice(0, 8).map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const rest = entries.slice(8).map(({ sequence }) => sequence)
    expect(rest).toEqual(rest.map((_, index) => (rest[0] ?? 0) + index))
    expect(rest.length).toBeGreaterThanOrEqual(16)
    expect(rest.length).toBeLessThanOrEqual(16 * 2 + 8)
    expect(entries.at(-1)).toMatchObject({ workflow: { phase: 'Succeeded' } })
  })

  it('goes on after a restart and after a retry, and stays when the workflow has left memory', async () => {
    house = newHouse()
    const first = await house.open()
    await first.createWorkflow('default', single('wf', doing({ forEver: true })))
    await until(first, 'wf', ({ status }) => status?.nodes?.['wf']?.phase === 'Running')
    await first.drain()
    const second = await house.open({ config: { finishedKept: 0 } })
    await second.operate('default', 'wf', { kind: 'terminate' })
    await ended(second, 'wf')
    await eventually(() => second.snapshot().liveWorkflows === 0, 'it leaves memory')
    await second.operate('default', 'wf', { kind: 'retry', parameters: ['password=hunter2'] })
    await until(second, 'wf', ({ status }) => status?.nodes?.['wf']?.phase === 'Running')
    const { entries } = await second.history('default', 'wf')
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index))
    expect(entries.flatMap(({ requested = [] }) => requested)).toEqual(['terminate', 'retry with parameters password'])
    expect(JSON.stringify(entries)).not.toContain('hunter2')
  })

  it('holds no values of secrets, parameters or outputs', async () => {
    house = newHouse()
    const controller = await house.open()
    const secret = 'c2VjcmV0LXZhbHVl'
    await controller.createObject('Secret', 'default', { metadata: { name: 's' }, data: { k: secret } })
    const container = {
      ...doing({ stdout: 'output-value\n' }),
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
    }
    const workflow = single('wf', container, { arguments: { parameters: [{ name: 'p', value: 'parameter-value' }] } })
    await controller.createWorkflow('default', workflow)
    await ended(controller, 'wf')
    const uid = workflowUid((await controller.workflow('default', 'wf'))?.metadata.uid ?? '')
    const row = await openMemoryStore({ disk: house.disk }).workflowByUid(uid)
    const text = JSON.stringify([row?.internal, (await controller.history('default', 'wf')).entries])
    for (const value of [secret, 'secret-value', 'output-value', 'parameter-value']) expect(text).not.toContain(value)
  })

  it('lies in the commit of its decision: one whose commit is refused is told once, with what is tried again', async () => {
    house = newHouse()
    let refusals = 0
    const controller = await house.open({
      fault: (changes) => {
        const isEnd = changes.some((change) => change.kind === 'putWorkflow' && change.row.phase === 'Succeeded')
        if (!isEnd || refusals > 0) return null
        refusals += 1
        return refusals === 1 ? { kind: 'refuse', code: 'STORE_BUSY' } : null
      },
    })
    await controller.createWorkflow('default', single('wf'))
    await ended(controller, 'wf')
    const { entries } = await controller.history('default', 'wf')
    expect(refusals).toBe(1)
    expect(entries.filter(({ workflow }) => workflow?.phase === 'Succeeded')).toHaveLength(1)
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index))
  })

  it('goes with the workflow', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', chain('wf', 20))
    const uid = workflowUid((await ended(controller, 'wf')).metadata.uid ?? '')
    const store = openMemoryStore({ disk: house.disk })
    expect((await store.records(collectionOf(uid))).size).toBeGreaterThan(1)
    await eventually(() => controller.snapshot().liveWorkflows === 0, 'it leaves memory')
    await controller.deleteWorkflow('default', 'wf')
    expect((await store.records(collectionOf(uid))).size).toBe(0)
    await expect(controller.history('default', 'wf')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('is not written where the settings keep none', async () => {
    house = newHouse()
    const controller = await house.open({ config: { history: { first: 20, newest: 0 } } })
    await controller.createWorkflow('default', single('wf'))
    await ended(controller, 'wf')
    expect((await controller.history('default', 'wf')).entries).toEqual([])
  })
})
