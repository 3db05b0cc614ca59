/** What a client sees is what is stored: nothing that a crash could take back. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Change } from '../store/port.ts'
import { doing, ended, eventually, newHouse, type House } from './controller.fixtures/house.ts'

let house: House
afterEach(() => house.close())

const workflow = (name: string) => ({
  apiVersion: 'argoproj.io/v1alpha1' as const,
  kind: 'Workflow' as const,
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container: doing({ durationMs: 20 }) }] },
})
const isEnd = (changes: readonly Change[]) =>
  changes.some((change) => change.kind === 'putWorkflow' && change.row.phase === 'Succeeded')

describe('a workflow whose end is on its way to the store', () => {
  it('is not told to have ended before a crash that takes the end back', async () => {
    house = newHouse()
    const lost = Promise.withResolvers<void>()
    let isUnderWay = false
    const dying = await house.open({
      fault: (changes) => {
        if (!isEnd(changes)) return null
        isUnderWay = true
        return { kind: 'delay', until: lost.promise }
      },
    })
    await dying.createWorkflow('default', workflow('lost'))
    await eventually(() => isUnderWay, 'the end is decided')
    const head = await dying.workflow('default', 'lost', { nodes: false })
    const whole = await dying.workflow('default', 'lost')
    const page = await dying.listWorkflows({ namespace: 'default', nodes: true })
    const seen = [head, whole, ...page.items].map((one) => one?.status?.phase)
    expect(seen).toEqual(['Running', 'Running', 'Running'])
    expect(Object.values(whole?.status?.nodes ?? {}).map(({ phase }) => phase)).not.toContain('Succeeded')
    // The commit never gets there; the next life takes up what was seen.
    const next = await house.open()
    expect((await ended(next, 'lost')).status?.phase).toBe('Succeeded')
    lost.reject(new Error('the process is gone'))
  })

  it('is told to have ended once it is stored, and not earlier, to those who read meanwhile', async () => {
    house = newHouse()
    const stored = Promise.withResolvers<void>()
    let isUnderWay = false
    const controller = await house.open({
      fault: (changes) => {
        if (!isEnd(changes)) return null
        isUnderWay = true
        return { kind: 'delay', until: stored.promise }
      },
    })
    let last: { readonly whenStored?: () => Promise<void> | null; readonly object: () => unknown } | null = null
    controller.watch(null, (event) => {
      if (event.kind === 'Workflow') last ??= event
    })
    await controller.createWorkflow('default', workflow('slow'))
    await eventually(() => isUnderWay, 'the end is decided')
    expect((await controller.workflow('default', 'slow', { nodes: false }))?.status?.phase).toBe('Running')
    const order: string[] = []
    const reading = controller.workflow('default', 'slow').then((read) => order.push(`read ${read?.status?.phase}`))
    const event = last as { whenStored?: () => Promise<void> | null } | null
    const told = (event?.whenStored?.() ?? Promise.reject(new Error('it says that it is stored'))).then(() =>
      order.push('told'),
    )
    order.push('stored')
    stored.resolve()
    await Promise.all([reading, told])
    expect(order.toSorted()).toEqual(['read Succeeded', 'stored', 'told'])
    expect(order[0]).toBe('stored')
  })
})
