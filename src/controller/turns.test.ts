import { afterEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import type { CommitFault } from '../store/index.ts'
import type { House } from './controller.fixtures/house.ts'
import { doing, ended, eventually, newHouse } from './controller.fixtures/house.ts'

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
