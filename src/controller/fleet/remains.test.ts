import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../../resources/index.ts'
import { workflowUid } from '../../resources/index.ts'
import { doing, eventually } from '../controller.fixtures/house.ts'
import { storeError } from '../../store/fault.ts'
import { Crew, endedAt } from './fleet.fixtures/crew.ts'
import type { CrewMember } from './fleet.fixtures/crew.ts'

let crew: Crew
beforeEach(() => {
  crew = new Crew()
})
afterEach(() => crew.close())

const workflow = (name: string, spec: Partial<Workflow['spec']> = {}): Workflow => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name, namespace: 'default' },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container: doing() }], ...spec },
})
const submit = ({ controller }: CrewMember, given: Workflow) => controller.createWorkflow('default', given)
const gone = 'e0000000-0000-4000-8000-000000000000'

describe('what a member leaves behind that dies', () => {
  it('is the turn of a workflow that it had not stored: who takes over gives it back', async () => {
    const config = { parallelism: 1 }
    const [a, b] = [await crew.open('a', { config }), await crew.open('b', { config })]
    await submit(a, workflow('first'))
    await endedAt(a, 'first')
    const wish = {
      holder: `turn/${gone}`,
      workflowUid: workflowUid(gone),
      workflowKey: gone,
      priority: 0,
      createdAt: 0,
    }
    await b.member.fleet.locks.ask([{ ...wish, locks: [{ name: 'turn/all', limit: 1 }] }])
    b.crash()
    await submit(a, workflow('second'))
    expect((await endedAt(a, 'second')).status?.phase).toBe('Succeeded')
    await eventually(() => crew.disk.fleet.claims.size === 0, 'no turn is left')
  })

  it('is the lock of a workflow that it had deleted: who takes over gives it back', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    const name = 'default/Mutex/one'
    const held = { holder: 'default/gone/gone', workflowUid: workflowUid(gone), workflowKey: 'default/gone' }
    await b.member.fleet.locks.restore([{ ...held, locks: [{ name, limit: 1 }] }])
    b.crash()
    await submit(a, workflow('next', { synchronization: { mutexes: [{ name: 'one' }] } }))
    expect((await endedAt(a, 'next')).status?.phase).toBe('Succeeded')
    await eventually(() => crew.disk.fleet.claims.size === 0, 'no lock is left')
  })

  it('is what a workflow waits for that it had asked for: once that is deleted, who is given it gives it back', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    const locks = [{ name: 'default/Mutex/one', limit: 1 }]
    const late = { holder: 'default/late/late', workflowKey: 'default/late', workflowUid: workflowUid(gone) }
    const held = { ...late, holder: 'default/held/held', workflowKey: 'default/held' }
    await b.member.fleet.locks.restore([{ ...held, locks }])
    await a.member.fleet.locks.ask([{ ...late, locks, priority: 0, createdAt: 0 }])
    await b.member.fleet.locks.leave([{ holder: held.holder }])
    await eventually(() => crew.disk.fleet.claims.size === 0, 'no lock is left')
    expect(await a.member.fleet.locks.standing()).toEqual([])
  })

  it('is gone through although the store fails meanwhile', async () => {
    const a = await crew.open('a')
    let failures = 0
    const { nodes } = a.member.store
    a.member.store.nodes = (uid) => {
      failures -= 1
      if (failures >= 0) throw storeError({ code: 'STORE_DOWN', message: 'the database is away' })
      return Reflect.apply(nodes, a.member.store, [uid])
    }
    const b = await crew.open('b')
    await eventually(() => b.controller.fleet()?.members.length === 2, 'b sees a')
    for (const index of [0, 1]) await submit(b, workflow(`wf-${index}`, { templates: slow }))
    await eventually(async () => ((await crew.owners())['b']?.length ?? 0) === 1, 'b has one')
    await eventually(() => crew.engine().starts.size === 2, 'both have begun')
    failures = 3
    b.crash()
    for (const index of [0, 1]) expect((await endedAt(a, `wf-${index}`)).status?.phase).toBe('Succeeded')
    expect(failures).toBeLessThan(0)
  })
})

it('a workflow of whose creation only the answer was lost comes into memory once', async () => {
  const a = await crew.open('a')
  const { store } = a.member
  const [commit, read] = [store.commit.bind(store), store.workflowByUid.bind(store)]
  const looked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  let [commits, looks] = [0, 0]
  store.commit = async (changes) => {
    const committed = await commit(changes)
    if ((commits += 1) === 1) throw storeError({ code: 'STORE_DOWN', message: 'the answer is lost' })
    return committed
  }
  store.workflowByUid = async (uid) => {
    looked.resolve()
    if ((looks += 1) === 1) await goOn.promise
    return read(uid)
  }
  const created = submit(a, workflow('wf', { templates: slow }))
  await looked.promise
  for (const uid of crew.disk.workflows.keys()) crew.disk.fleet.hand(uid, 'a')
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(a.controller.snapshot().liveWorkflows).toBe(0)
  goOn.resolve()
  await created
  expect((await endedAt(a, 'wf')).status?.phase).toBe('Succeeded')
  expect(crew.engine().starts.size).toBe(1)
})

const slow = [{ name: 'main', container: doing({ durationMs: 1_500 }) }]

describe('what a member leaves behind that ends', () => {
  it('is the time at which a finished workflow expires: another deletes it then', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => b.controller.fleet()?.members.length === 2, 'b sees a')
    for (const index of [0, 1]) await submit(b, workflow(`wf-${index}`, { ttlStrategy: { secondsAfterCompletion: 2 } }))
    for (const index of [0, 1]) await endedAt(b, `wf-${index}`)
    await b.leave()
    for (const index of [0, 1]) {
      const isGone = async () => (await a.controller.workflow('default', `wf-${index}`)) === null
      await eventually(isGone, `wf-${index} is deleted`)
    }
  })

  it('is no reason to delete another workflow of the same name', async () => {
    const a = await crew.open('a')
    await submit(a, workflow('wf'))
    await endedAt(a, 'wf')
    const due = { at: Date.now() + 300, namespace: 'default', name: 'wf', member: 'away' }
    crew.disk.apply([{ kind: 'putRecord', collection: 'ttl', key: gone, value: due }])
    await crew.open('b')
    await eventually(() => crew.disk.collections.get('ttl')?.has(gone) !== true, 'the record is struck out')
    expect((await a.controller.workflow('default', 'wf'))?.status?.phase).toBe('Succeeded')
  })
})
