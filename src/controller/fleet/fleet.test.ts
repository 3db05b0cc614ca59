import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Workflow } from '../../resources/index.ts'
import { podIdOf, workflowUid } from '../../resources/index.ts'
import type { AlongStep, StoredObject } from '../port.ts'
import { noArchive } from '../archive/policy.ts'
import { doing, eventually, plainConfig } from '../controller.fixtures/house.ts'
import { Crew, endedAt } from './fleet.fixtures/crew.ts'
import type { CrewMember } from './fleet.fixtures/crew.ts'

let crew: Crew
beforeEach(() => {
  crew = new Crew()
})
afterEach(async () => {
  await crew.close()
})

type Spec = Workflow['spec']
const workflow = (name: string, spec: Partial<Spec> = {}, script: Parameters<typeof doing>[0] = {}): Workflow => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name, namespace: 'default' },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container: doing(script) }], ...spec },
})
const steps = (name: string, count: number, ms: number, more: Partial<Spec> = {}): Workflow =>
  workflow(name, {
    templates: [
      {
        name: 'main',
        steps: Array.from({ length: count }, (_, index) => [{ name: `s${index}`, template: 'work' }]),
      },
      { name: 'work', container: doing({ durationMs: ms }) },
    ],
    ...more,
  })
const mutexed = (name: string, ms: number): Workflow =>
  workflow(name, { synchronization: { mutexes: [{ name: 'one' }] } }, { durationMs: ms })
const submit = ({ controller }: CrewMember, given: Workflow) => controller.createWorkflow('default', given)
/** How often each container of the engine was begun. */
const beginnings = (engine = 'shared') => [...crew.engine(engine).starts.values()]

describe('several controllers on one store', () => {
  it('share new workflows evenly, and answer for each of them at every member', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.filter(({ isLive }) => isLive).length === 2, 'a sees b')
    for (let index = 0; index < 6; index += 1) await submit(a, steps(`wf-${index}`, 2, 150))
    const owners = await crew.owners()
    expect(owners['a']?.length).toBe(3)
    expect(owners['b']?.length).toBe(3)
    for (let index = 0; index < 6; index += 1)
      expect((await endedAt(index % 2 === 0 ? a : b, `wf-${index}`)).status?.phase).toBe('Succeeded')
  })

  it('finish what a killed member had begun, and begin no container twice', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    for (let index = 0; index < 4; index += 1) await submit(a, steps(`wf-${index}`, 4, 200))
    await eventually(async () => ((await crew.owners())['b']?.length ?? 0) === 2, 'b has two')
    await eventually(() => beginnings().length >= 4, 'all have begun')
    b.crash()
    for (let index = 0; index < 4; index += 1) expect((await endedAt(a, `wf-${index}`)).status?.phase).toBe('Succeeded')
    expect(beginnings().every((times) => times === 1)).toBe(true)
    expect(beginnings().length).toBe(16)
    expect(a.controller.fleet()).toMatchObject({ takeOvers: 1, takenOver: 2 })
  })

  it('do what a killed member was still to do', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    const ttlStrategy = { secondsAfterCompletion: 4 }
    for (let index = 0; index < 4; index += 1) await submit(a, workflow(`wf-${index}`, { ttlStrategy }))
    for (let index = 0; index < 4; index += 1) await endedAt(a, `wf-${index}`)
    b.crash()
    await eventually(async () => (await a.member.store.workflows({})).length === 0, 'all expire')
  })

  it('hand over at once when one leaves', async () => {
    const [a, b] = [
      await crew.open('a', { takeOverAfterMs: 60_000 }),
      await crew.open('b', { takeOverAfterMs: 60_000 }),
    ]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    for (let index = 0; index < 4; index += 1) await submit(a, steps(`wf-${index}`, 3, 150))
    await eventually(() => beginnings().length >= 4, 'all have begun')
    await b.leave()
    for (let index = 0; index < 4; index += 1) expect((await endedAt(a, `wf-${index}`)).status?.phase).toBe('Succeeded')
    expect(beginnings().every((times) => times === 1)).toBe(true)
  })

  it('hand over only when nothing of theirs is under way at the engine any more', async () => {
    const a = await crew.open('a', { takeOverAfterMs: 60_000 })
    const b = await crew.open('b', { takeOverAfterMs: 60_000 })
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    for (const name of ['one', 'two']) await submit(a, workflow(name, {}, { forEver: true }))
    await eventually(() => beginnings().length === 2, 'both have begun')
    expect((await crew.owners())['b']).toEqual(['two'])
    const order: string[] = []
    b.runtime.letGo = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('the engine has nothing more to do')
    }
    const { fleet } = b.member
    const handOver = fleet.handOver.bind(fleet)
    fleet.handOver = (uids, to) => {
      order.push(`${uids.length} to ${to}`)
      return handOver(uids, to)
    }
    await b.leave()
    expect(order.slice(0, 2)).toEqual(['the engine has nothing more to do', '1 to a'])
    const { a: own = [], ...others } = await crew.owners()
    expect([own.toSorted(), others]).toEqual([['one', 'two'], {}])
  })

  it('leave workflows of a member whose engine nobody else reaches until it is back', async () => {
    const a = await crew.open('a', { engine: 'one' })
    const b = await crew.open('b', { engine: 'two', labels: { disk: 'fast' } })
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    await submit(a, steps('far', 3, 200, { nodeSelector: { disk: 'fast' } }))
    await eventually(() => beginnings('two').length > 0, 'it runs at b')
    b.crash()
    await eventually(() => a.controller.fleet()?.orphans === 1, 'a says that nobody has it')
    expect((await a.controller.explain('default', 'far')).sentences[0]).toContain(
      'belongs to controller b, which is gone',
    )
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect((await crew.owners())['b']).toEqual(['far'])
    await crew.open('b', { engine: 'two', labels: { disk: 'fast' } })
    expect((await endedAt(a, 'far')).status?.phase).toBe('Succeeded')
    expect(beginnings('two').every((times) => times === 1)).toBe(true)
  })

  it('let go of their containers when they are cut off, and lose what another took over meanwhile', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    for (let index = 0; index < 4; index += 1) await submit(a, steps(`wf-${index}`, 4, 150))
    await eventually(() => beginnings().length >= 4, 'all have begun')
    b.member.cut()
    await eventually(() => b.controller.health().isFenced, 'b says that another may have taken over')
    for (let index = 0; index < 4; index += 1) expect((await endedAt(a, `wf-${index}`)).status?.phase).toBe('Succeeded')
    b.member.heal()
    await eventually(() => b.isLost(), 'b knows that it has lost them')
    expect(beginnings().every((times) => times === 1)).toBe(true)
  })

  it('send a new workflow to a member whose engine fits its nodeSelector', async () => {
    const a = await crew.open('a', { engine: 'one' })
    await crew.open('b', { engine: 'two', labels: { gpu: 'yes' } })
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    for (let index = 0; index < 3; index += 1)
      await submit(a, workflow(`wf-${index}`, { nodeSelector: { gpu: 'yes' } }, { durationMs: 50 }))
    for (let index = 0; index < 3; index += 1) await endedAt(a, `wf-${index}`)
    expect([beginnings('one').length, beginnings('two').length]).toEqual([0, 3])
  })
})

describe('locks of several controllers', () => {
  it('give a mutex to one holder at a time, whichever member has it', async () => {
    const crews = [await crew.open('a'), await crew.open('b'), await crew.open('c')]
    const [a] = crews
    if (a === undefined) return
    await eventually(() => a.controller.fleet()?.members.length === 3, 'a sees both')
    for (let index = 0; index < 9; index += 1) await submit(a, mutexed(`wf-${index}`, 60))
    for (let index = 0; index < 9; index += 1) expect((await endedAt(a, `wf-${index}`)).status?.phase).toBe('Succeeded')
    expect(crew.runningMost()).toBe(1)
    expect(new Set(Object.values(await crew.owners()))).toEqual(new Set())
  })

  it('tell who waits in Argo’s words', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    await submit(a, mutexed('first', 600))
    await eventually(() => beginnings().length === 1, 'the first runs')
    await submit(b, mutexed('second', 10))
    await eventually(
      async () => (await a.controller.workflow('default', 'second'))?.status?.message?.includes('0/1') === true,
      'the second waits',
    )
    const second = await a.controller.workflow('default', 'second')
    expect(second?.status?.message).toBe('Waiting for default/Mutex/one lock. Lock status: 0/1')
    expect(second?.status?.synchronization?.mutex?.waiting).toEqual([
      { mutex: 'default/Mutex/one', holder: 'default/first' },
    ])
    await endedAt(b, 'second')
  })

  it('give a semaphore’s new limit to all when its ConfigMap changes anywhere', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'limits', namespace: 'default' } }
    await a.controller.createObject('ConfigMap', 'default', { ...map, data: { slots: '1' } })
    await eventually(() => b.controller.object('ConfigMap', 'default', 'limits') !== null, 'b knows the limits')
    const synchronization = { semaphores: [{ configMapKeyRef: { name: 'limits', key: 'slots' } }] }
    for (let index = 0; index < 6; index += 1)
      await submit(a, workflow(`wf-${index}`, { synchronization }, { durationMs: 250 }))
    await eventually(() => beginnings().length === 1, 'one runs')
    await b.controller.updateObject(
      'ConfigMap',
      'default',
      'limits',
      { ...map, data: { slots: '3' } },
      {
        upsert: true,
      },
    )
    for (let index = 0; index < 6; index += 1) await endedAt(b, `wf-${index}`)
    expect(crew.runningMost()).toBe(3)
  })

  it('go with the workflows when their member is killed', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    for (let index = 0; index < 6; index += 1) await submit(a, mutexed(`wf-${index}`, 150))
    await eventually(() => beginnings().length >= 2, 'some have run')
    b.crash()
    for (let index = 0; index < 6; index += 1) expect((await endedAt(a, `wf-${index}`)).status?.phase).toBe('Succeeded')
    expect(crew.runningMost()).toBe(1)
    expect(beginnings().length).toBe(6)
  })
})

describe('a workflow that has become another’s', () => {
  it('takes its locks and its turn along: who had it gives none of them back', async () => {
    const config = { parallelism: 5 }
    const [a, b] = [await crew.open('a', { config }), await crew.open('b', { config })]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    const synchronization = { mutexes: [{ name: 'one' }] }
    const { metadata } = await submit(a, workflow('wf', { synchronization }, { forEver: true }))
    await eventually(() => beginnings().length === 1, 'it runs')
    expect(await crew.owners()).toEqual({ a: ['wf'] })
    const returned: string[] = []
    const { fleet } = a.member
    const leave = fleet.locks.leave.bind(fleet.locks)
    Object.assign(fleet.locks, {
      leave: (leaving: Parameters<typeof leave>[0]) => {
        returned.push(...leaving.map(({ holder }) => holder))
        return leave(leaving)
      },
    })
    await fleet.handOver([workflowUid(metadata.uid ?? '')], 'b')
    await eventually(() => b.controller.fleet()?.owned === 1, 'b has it')
    // Whether it is done by the new owner or refused, it makes the old one look.
    await a.controller.operate('default', 'wf', { kind: 'suspend' }).catch(() => undefined)
    await eventually(() => a.controller.fleet()?.owned === 0, 'a knows that it is another’s')
    for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(returned).toEqual([])
    expect([...crew.disk.fleet.claims.keys()].toSorted()).toEqual(['default/wf', `turn/${metadata.uid ?? ''}`])
    await b.controller.operate('default', 'wf', { kind: 'terminate' })
    await endedAt(b, 'wf')
  })
})

describe('turns of several controllers', () => {
  it('count workflows of all members, also after one was killed', async () => {
    const config = { parallelism: 2 }
    const [a, b] = [await crew.open('a', { config }), await crew.open('b', { config })]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    for (let index = 0; index < 8; index += 1) await submit(a, workflow(`wf-${index}`, {}, { durationMs: 120 }))
    await eventually(() => beginnings().length >= 3, 'some have run')
    b.crash()
    for (let index = 0; index < 8; index += 1) expect((await endedAt(a, `wf-${index}`)).status?.phase).toBe('Succeeded')
    expect(crew.runningMost()).toBe(2)
  })

  it('count what is retried, too, also where its owner was killed while it waited', async () => {
    const config = { parallelism: 1 }
    const [a, b] = [await crew.open('a', { config }), await crew.open('b', { config })]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    const names = ['wf-0', 'wf-1', 'wf-2', 'wf-3']
    for (const name of names) await submit(a, workflow(name, {}, { durationMs: 60, exitCode: 1 }))
    for (const name of names) await endedAt(a, name)
    await submit(a, workflow('full', {}, { forEver: true }))
    await eventually(() => beginnings().length === 5, 'it takes the only turn')
    for (const name of names) {
      const retried = await a.controller.operate('default', name, { kind: 'retry' })
      expect(retried.status).toMatchObject({ phase: 'Pending', nodes: {} })
    }
    b.crash()
    await eventually(() => a.controller.fleet()?.owned === 5, 'a has taken over')
    expect(beginnings().length).toBe(5)
    await a.controller.operate('default', 'full', { kind: 'terminate' })
    for (const name of names) expect((await endedAt(a, name)).status?.phase).toBe('Failed')
    expect(beginnings().length).toBe(9)
    expect(crew.runningMost()).toBe(1)
  })
})

describe('operations at another member', () => {
  it('stop, retry and delete the workflow as its owner would', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    await submit(a, steps('one', 3, 300))
    await submit(a, steps('two', 3, 300))
    await eventually(() => beginnings().length >= 2, 'both run')
    const owners = await crew.owners()
    expect(owners).toEqual({ a: ['one'], b: ['two'] })
    const stopped = await a.controller.operate('default', 'two', { kind: 'terminate' })
    expect(stopped.spec?.shutdown).toBe('Terminate')
    expect((await endedAt(a, 'two')).status?.phase).toBe('Failed')
    await expect(a.controller.operate('default', 'two', { kind: 'stop' })).rejects.toThrow(/shutdown/)
    await a.controller.operate('default', 'two', { kind: 'retry' } as never)
    expect((await endedAt(b, 'two')).status?.phase).toBe('Succeeded')
    await b.controller.deleteWorkflow('default', 'one')
    await eventually(async () => (await a.controller.workflow('default', 'one')) === null, 'one is gone')
    await a.controller.editWorkflow('default', 'two', (current) => ({
      ...current,
      metadata: { ...current.metadata, labels: { ...current.metadata.labels, seen: 'yes' } },
    }))
    expect((await b.controller.workflow('default', 'two'))?.metadata.labels?.['seen']).toBe('yes')
    expect(a.controller.fleet()?.forwarded).toBeGreaterThan(2)
  })

  it('delete in the background what the leader would archive meanwhile', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => b.controller.fleet()?.members.length === 2, 'b sees a')
    await submit(b, workflow('doomed', { artifactGC: { strategy: 'OnWorkflowDeletion' } }))
    await endedAt(b, 'doomed')
    const liveAt = ({ controller }: CrewMember) => controller.snapshot().liveWorkflows
    await eventually(() => liveAt(a) + liveAt(b) === 0, 'it leaves memory')
    await b.controller.deleteWorkflow('default', 'doomed', { background: true })
    a.controller.reconfigure({ ...plainConfig, archive: { ...noArchive, hotNewest: 0 } })
    const underWay = () => crew.disk.collections.get('deletion')?.size ?? 0
    expect(underWay()).toBe(1)
    await eventually(() => underWay() === 0, 'its deletion is over')
    expect([crew.disk.workflows.size, crew.disk.archive.rows.size]).toEqual([0, 0])
  })

  it('keep no logs of a workflow that another member has deleted', async () => {
    const [, b] = [await crew.open('a', { engine: 'one' }), await crew.open('b', { engine: 'two' })]
    await eventually(() => b.controller.fleet()?.members.length === 2, 'b sees a')
    await submit(b, workflow('gone', {}, {}))
    await submit(b, workflow('kept', {}, {}))
    const [gone, kept] = [await endedAt(b, 'gone'), await endedAt(b, 'kept')]
    // As if both had begun there, on another engine than the one they ended on.
    const logs = ['one', 'two'].map((name) => crew.engine(name).logs)
    for (const { metadata } of [gone, kept])
      for (const of of logs) of.set(podIdOf(`${metadata.uid ?? ''}.0`), new Map())
    const having = ({ metadata }: Workflow) =>
      logs.map((of) => [...of.keys()].some((id) => id.startsWith(`${metadata.uid ?? ''}.`)))
    await b.controller.deleteWorkflow('default', 'gone', {})
    await eventually(() => !having(gone).includes(true), 'no member has logs of it')
    expect(having(kept)).toEqual([true, true])
  })

  it('keep no logs of a workflow that was deleted while they were away', async () => {
    const [a, b] = [await crew.open('a', { engine: 'one' }), await crew.open('b', { engine: 'two' })]
    await eventually(() => b.controller.fleet()?.members.length === 2, 'b sees a')
    await submit(b, workflow('gone', {}, {}))
    await submit(b, workflow('kept', {}, {}))
    const [gone, kept] = [await endedAt(b, 'gone'), await endedAt(b, 'kept')]
    const { logs } = crew.engine('one')
    for (const { metadata } of [gone, kept]) logs.set(podIdOf(`${metadata.uid ?? ''}.0`), new Map())
    a.crash()
    await b.controller.deleteWorkflow('default', 'gone', {})
    expect(logs.has(podIdOf(`${gone.metadata.uid ?? ''}.0`))).toBe(true)
    await crew.open('a', { engine: 'one' })
    await eventually(() => !logs.has(podIdOf(`${gone.metadata.uid ?? ''}.0`)), 'they are taken away')
    expect(logs.has(podIdOf(`${kept.metadata.uid ?? ''}.0`))).toBe(true)
  })

  it('tell watchers everywhere what any member does', async () => {
    const [a, b] = [await crew.open('a'), await crew.open('b')]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    const phases = new Map<string, Set<string>>()
    const watching = b.controller.watch(null, (event) => {
      if (event.kind !== 'Workflow') return
      const { status } = event.object() as Workflow
      phases.set(event.name, (phases.get(event.name) ?? new Set()).add(status?.phase ?? ''))
    })
    for (let index = 0; index < 4; index += 1) await submit(a, workflow(`wf-${index}`, {}, { durationMs: 100 }))
    await eventually(
      () => phases.size === 4 && [...phases.values()].every((seen) => seen.has('Succeeded')),
      'all ends were told',
    )
    watching.close()
  })
})

describe('schedules of several controllers', () => {
  it('tick once, and see children of all members', async () => {
    await crew.close()
    crew = new Crew({ speed: 60 })
    const options = { takeOverAfterMs: 12_000 }
    const [a, b] = [await crew.open('a', options), await crew.open('b', options)]
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    const cron = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'CronWorkflow',
      metadata: { name: 'tick', namespace: 'default' },
      spec: {
        schedules: ['* * * * *'],
        concurrencyPolicy: 'Allow',
        successfulJobsHistoryLimit: 50,
        workflowSpec: { entrypoint: 'main', templates: [{ name: 'main', container: doing({ durationMs: 20 }) }] },
      },
    }
    await b.controller.createObject('CronWorkflow', 'default', cron)
    await eventually(() => beginnings().length >= 3, 'three ticks')
    a.crash()
    const before = beginnings().length
    await eventually(() => beginnings().length >= before + 2, 'two more ticks')
    const children = await b.controller.listWorkflows({ namespace: 'default' })
    const names = children.items.map(({ metadata }) => metadata.name ?? '')
    expect(new Set(names).size).toBe(names.length)
    expect(beginnings().every((times) => times === 1)).toBe(true)
  }, 20_000)
})

it('a workflow is made along with a step of an object, and only where that is as it is expected to be', async () => {
  const [a, b] = [await crew.open('a'), await crew.open('b')]
  const made = await a.controller.createObject('ConfigMap', 'default', { metadata: { name: 'm' }, data: { last: '' } })
  const along = (object: StoredObject): AlongStep => ({
    ...{
      kind: 'ConfigMap',
      namespace: 'default',
      name: 'm',
      resourceVersion: Number(object.metadata?.resourceVersion),
    },
    step: (current, { metadata }) => ({ ...current, data: { last: metadata.name ?? '' } }),
  })
  await a.controller.createWorkflow('default', workflow('first'), { along: along(made) })
  const stepped = a.controller.object('ConfigMap', 'default', 'm') as StoredObject
  expect(stepped).toMatchObject({ data: { last: 'first' } })
  const changed = { code: 'FAILED_PRECONDITION', message: 'ConfigMap m has changed' }
  const behind = a.controller.createWorkflow('default', workflow('behind'), { along: along(made) })
  await expect(behind).rejects.toMatchObject(changed)
  const again = a.controller.createWorkflow('default', workflow('first'), { along: along(stepped) })
  await expect(again).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  await b.controller.deleteObject('ConfigMap', 'default', 'm')
  const late = a.controller.createWorkflow('default', workflow('late'), { along: along(stepped) })
  await expect(late).rejects.toMatchObject(changed)
  expect((await endedAt(a, 'first')).status?.phase).toBe('Succeeded')
  for (const name of ['behind', 'late']) expect(await b.controller.workflow('default', name)).toBeNull()
})

describe('capacity of an engine that two members reach', () => {
  it('is never passed, is given back when idle, and starves nobody', async () => {
    const capacity = { cpus: null, memoryBytes: null, containersMax: 4, oversized: 'wait' } as const
    const config = { capacity }
    const a = await crew.open('a', { config })
    await crew.open('b', { config })
    await eventually(() => a.controller.fleet()?.members.length === 2, 'a sees b')
    // All of it goes to one of them first.
    for (let index = 0; index < 2; index += 1) await submit(a, workflow(`warm-${index}`, {}, { durationMs: 10 }))
    for (let index = 0; index < 2; index += 1) await endedAt(a, `warm-${index}`)
    const wide = (name: string): Workflow =>
      workflow(name, {
        templates: [
          { name: 'main', steps: [[{ name: 'each', template: 'work', withSequence: { count: 24 } }]] },
          { name: 'work', container: doing({ durationMs: 80 }) },
        ],
      })
    await submit(a, wide('one'))
    await submit(a, wide('two'))
    const owners = await crew.owners()
    expect(Object.values(owners).map((names) => names.length)).toEqual([1, 1])
    const first = endedAt(a, 'one').then(() => performance.now())
    const second = endedAt(a, 'two').then(() => performance.now())
    const [endOne, endTwo] = await Promise.all([first, second])
    expect(Math.abs(endOne - endTwo)).toBeLessThan(1_500)
    expect(crew.runningMost()).toBe(4)
  })
})
