/** What much of one workflow, or a workflow that is never at rest, must not hold up. */
import { setImmediate as afterTurn } from 'node:timers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import { defaultCapacity } from './config.ts'
import type { House } from './controller.fixtures/house.ts'
import { doing, ended, newHouse, until } from './controller.fixtures/house.ts'

let house: House
beforeEach(() => {
  house = newHouse()
})
afterEach(() => house.close())

const workflow = (name: string, steps: readonly (readonly object[])[]): Workflow =>
  ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name },
    spec: {
      entrypoint: 'main',
      templates: [
        { name: 'main', steps },
        { name: 'one', container: doing() },
      ],
    },
  }) as Workflow

const doneOf = ({ status }: Workflow): number => Number(status?.progress?.split('/')[0] ?? 0)

it('has started once it has asked for what its workflows want, though one of them never comes to rest', async () => {
  const length = 400
  const first = await house.open()
  await first.createWorkflow(
    'default',
    workflow(
      'chain',
      Array.from({ length }, (_, index) => [{ name: `s${index}`, template: 'one' }]),
    ),
  )
  await until(first, 'chain', (one) => doneOf(one) >= 3)
  await first.drain()
  const next = await house.open()
  expect(next.readiness().reasons).not.toContain('the controller is starting')
  const found = await next.workflow('default', 'chain')
  expect(found?.status?.phase).toBe('Running')
  expect((await ended(next, 'chain')).status?.progress).toBe(`${length}/${length}`)
})

it('lets others have their turn while it asks for a thousand pods and hears of their ends', async () => {
  const width = 1_000
  const controller = await house.open({ config: { capacity: { ...defaultCapacity, containersMax: 10 * width } } })
  let [before, most, isOver] = [0, 0, false]
  const look = () => {
    most = Math.max(most, house.engine.startCount - before)
    before = house.engine.startCount
    if (!isOver) afterTurn(look)
  }
  look()
  const sequence = { name: 's', template: 'one', withSequence: { count: String(width) } }
  await controller.createWorkflow('default', workflow('wide', [[sequence], [{ ...sequence, name: 't' }]]))
  const last = await ended(controller, 'wide')
  isOver = true
  expect(last.status).toMatchObject({ phase: 'Succeeded', progress: `${2 * width}/${2 * width}` })
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(300)
})
