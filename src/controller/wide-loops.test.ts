import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import { workflowUid } from '../resources/index.ts'
import type { CommitFault } from '../store/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { isPieceId } from '../store/long-lists.ts'
import type { Change } from '../store/port.ts'
import type { House } from './controller.fixtures/house.ts'
import { doing, ended, eventually, newHouse, plainConfig, until } from './controller.fixtures/house.ts'

let house: House
beforeEach(() => {
  house = newHouse()
})
afterEach(() => house.close())

const config = {
  engine: { ...plainConfig.engine, newNodesMax: 10 },
  longLists: { most: 8, per: 5, piecesAtOnce: 2 },
}
const width = 47

const wide = (loop: object, template: object): Workflow => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name: 'wide' },
  spec: {
    entrypoint: 'main',
    templates: [
      { name: 'main', ...loop },
      { name: 'one', ...template },
    ],
  },
})
const sequence = { template: 'one', withSequence: { count: String(width) } }
const asSteps = { steps: [[{ name: 's', ...sequence }]] }
const asDag = { dag: { tasks: [{ name: 's', ...sequence }] } }

/** What a reader of the store has of it, other than by the controller. */
async function stored(): Promise<Record<string, readonly string[]>> {
  const store = openMemoryStore({ disk: house.disk })
  const row = await store.workflow('default', 'wide')
  const nodes = await store.nodes(workflowUid(row?.uid ?? ''))
  await store.close()
  return Object.fromEntries(
    nodes.flatMap(({ node }) => (node.children === undefined ? [] : [[node.type, node.children]])),
  )
}

it.each([
  ['steps', asSteps, 'StepGroup'],
  ['a DAG', asDag, 'TaskGroup'],
])(
  'makes few nodes of a wide loop in %s with each decision, though none of them needs a container',
  async (_, loop, type) => {
    const made: number[] = []
    const known = new Set<string>()
    const fault = (changes: readonly Change[]): CommitFault | null => {
      const nodes = changes.flatMap((change) => (change.kind === 'putNodes' ? change.nodes.map(({ id }) => id) : []))
      const fresh = nodes.filter((id) => !known.has(id))
      for (const id of fresh) known.add(id)
      made.push(fresh.length)
      return null
    }
    const controller = await house.open({ config, fault })
    await controller.createWorkflow('default', wide(loop, { suspend: { duration: '0' } }))
    const { status } = await ended(controller, 'wide')
    expect(status?.phase).toBe('Succeeded')
    expect(Math.max(...made)).toBeLessThanOrEqual(config.engine.newNodesMax + 2)
    expect((await stored())[type]).toHaveLength(width)
  },
)

it('has lists in pieces that a restart in the middle and lost answers leave whole', async () => {
  let calls = 0
  const fault = (): CommitFault | null => ((calls += 1) % 7 === 0 ? { kind: 'loseAnswer' } : null)
  const first = await house.open({ config, fault })
  const spec = wide(asSteps, { container: doing({ exitCode: 0 }) })
  await first.createWorkflow('default', { ...spec, spec: { ...spec.spec, parallelism: 3 } })
  await until(first, 'wide', ({ status }) => Number((status?.progress ?? '0/0').split('/')[0]) >= 20)
  await first.drain()
  const half = await stored()
  expect(half['StepGroup']?.length).toBeGreaterThan(config.longLists.most)
  const second = await house.open({ config, fault })
  const whole = await ended(second, 'wide')
  expect(whole.status).toMatchObject({ phase: 'Succeeded', progress: `${width}/${width}` })
  const nodes = Object.values(whole.status?.nodes ?? {})
  const children = nodes.find(({ type }) => type === 'StepGroup')?.children
  expect(new Set(children).size).toBe(width)
  const outbound = nodes.find(({ type }) => type === 'Steps')?.outboundNodes
  expect([...(outbound ?? [])].sort()).toEqual([...(children ?? [])].sort())
  await eventually(async () => (await stored())['StepGroup']?.length === width, 'the last list is stored')
  expect((await stored())['StepGroup']).toEqual(children)
  expect(
    [...house.disk.workflows.values()].flatMap(({ nodes: rows }) => [...rows.keys()].filter(isPieceId)).length,
  ).toBe(20)
  await second.deleteWorkflow('default', 'wide', {})
  await eventually(() => house.disk.workflows.size === 0, 'it is gone with its pieces')
})
