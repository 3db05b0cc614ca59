/** Settings that change while workflows run, and what the controller says of itself. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Workflow } from '../resources/index.ts'
import { instant } from '../resources/index.ts'
import { doing, ended, eventually, newHouse, plainConfig } from './controller.fixtures/house.ts'
import type { House } from './controller.fixtures/house.ts'
import { ticksBetween } from './cron/schedule.ts'
import { LockWaits } from './lock-waits.ts'
import { Parallelism } from './parallelism.ts'
import { silentTelemetry } from './telemetry.ts'
import { Workqueue } from './workqueue.ts'

let house: House
beforeEach(() => {
  house = newHouse()
})
afterEach(() => house.close())

const workflow = (name: string, more: Partial<Workflow['spec']> = {}, script = doing()): Workflow => ({
  metadata: { name },
  spec: { entrypoint: 'main', templates: [{ name: 'main', container: script }], ...more },
})

it('lets more workflows begin when parallelism is raised, and puts back none when it is lowered', async () => {
  const controller = await house.open({ config: { parallelism: 1 } })
  for (const name of ['a', 'b', 'c'])
    await controller.createWorkflow('default', workflow(name, {}, doing({ forEver: true })))
  const running = async () =>
    (await controller.listWorkflows({})).items.filter(({ status }) => status?.phase === 'Running').length
  await eventually(async () => (await running()) === 1, 'one runs')
  expect(controller.snapshot().heldWorkflows).toBe(2)
  controller.reconfigure({ ...plainConfig, parallelism: 3 })
  await eventually(async () => (await running()) === 3, 'all run')
  controller.reconfigure({ ...plainConfig, parallelism: 1 })
  expect([await running(), controller.snapshot().heldWorkflows]).toEqual([3, 0])
})

it('goes by the new policy and the new defaults for what is created from then on', async () => {
  const controller = await house.open()
  const privileged = workflow('p', {
    templates: [{ name: 'main', container: { ...doing(), securityContext: { privileged: true } } }],
  })
  await expect(controller.createWorkflow('default', privileged)).rejects.toThrow(/privileged/)
  controller.reconfigure({
    ...plainConfig,
    policy: { ...plainConfig.policy, allowPrivileged: true },
    engine: { ...plainConfig.engine, workflowDefaults: { spec: { priority: 7 } } as never },
  })
  await controller.createWorkflow('default', privileged)
  expect((await ended(controller, 'p')).status?.phase).toBe('Succeeded')
})

it('deletes what a new retention no longer keeps', async () => {
  const controller = await house.open()
  for (const name of ['a', 'b', 'c']) {
    await controller.createWorkflow('default', workflow(name))
    await ended(controller, name)
  }
  controller.reconfigure({ ...plainConfig, retention: { completed: 1 } })
  await eventually(async () => (await controller.listWorkflows({})).items.length === 1, 'one is kept')
})

it('names the oldest unfinished workflows and counts those that stand still without an excuse', async () => {
  const controller = await house.open()
  const lock = (name: string, script = doing()) =>
    workflow(name, { synchronization: { mutexes: [{ name: 'm' }] } }, script)
  await controller.createWorkflow('default', lock('holder', doing({ forEver: true })))
  await controller.createWorkflow('default', lock('waiter'))
  await controller.createWorkflow('default', workflow('asked', { templates: [{ name: 'main', suspend: {} }] }))
  await eventually(() => controller.snapshot().pods.running === 1, 'one runs')
  await eventually(() => controller.snapshot().longestLockWaitSeconds > 0, 'one waits')
  expect(controller.oldestWorkflows(2)).toHaveLength(2)
  expect(
    controller
      .oldestWorkflows(9)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['asked', 'holder', 'waiter'])
  // One runs, one is suspended; the third has nothing to show for itself.
  expect(controller.stuckWorkflows([0, 3600])).toEqual([1, 0])
  const uid = (await controller.workflow('default', 'waiter'))?.metadata.uid ?? ''
  expect(controller.nameOf(uid)).toEqual({ workflow: 'waiter', namespace: 'default' })
  expect(controller.nameOf('nobody')).toBeNull()
})

it('admits by the new limits in the order of those that wait', () => {
  const parallelism = new Parallelism({ limit: 1, namespaceLimit: 0 })
  const applicant = (uid: string, priority: number) =>
    ({ uid, namespace: 'n', priority, createdAt: instant(0) }) as unknown as Parameters<Parallelism['ask']>[0]
  expect(parallelism.ask(applicant('a', 0))).toBe(true)
  for (const [uid, priority] of [
    ['b', 1],
    ['c', 3],
    ['d', 2],
  ] as const)
    parallelism.ask(applicant(uid, priority))
  expect(parallelism.setLimits({ limit: 3, namespaceLimit: 0 })).toEqual(['c', 'd'])
  expect(parallelism.setLimits({ limit: 0, namespaceLimit: 0 })).toEqual(['b'])
})

it('measures how long locks are waited for, and forgets who gives up', () => {
  let now = 0
  const told: [number, boolean][] = []
  const waits = new LockWaits({
    ...silentTelemetry,
    monotonicMs: () => now,
    lockWaited: (seconds, mutex) => told.push([seconds, mutex]),
  })
  const of = (holder: string) => ({ holder, workflowKey: 'n/w' })
  const ref = { kind: 'Mutex', name: 'n/Mutex/m', mutex: true } as const
  waits.answered(of('a'), { kind: 'waiting', lock: ref, message: '', holders: [] })
  now = 3000
  waits.answered(of('b'), { kind: 'waiting', lock: ref, message: '', holders: [] })
  now = 5000
  expect(waits.longestSeconds).toBe(5)
  waits.answered(of('a'), { kind: 'acquired', fresh: [ref] })
  waits.answered(of('c'), { kind: 'acquired', fresh: [ref] })
  expect([told, waits.longestSeconds]).toEqual([
    [
      [5, true],
      [0, true],
    ],
    2,
  ])
  waits.workflowLeft('n/w')
  expect(waits.longestSeconds).toBe(0)
})

it('knows how long the first in a queue has waited', () => {
  let now = 0
  const queue = new Workqueue<string>('workflow_queue', { ...silentTelemetry, monotonicMs: () => now })
  expect(queue.lagMs).toBe(0)
  queue.add('a')
  now = 10
  queue.add('b')
  now = 30
  expect(queue.lagMs).toBe(30)
  queue.take(1, () => true)
  expect(queue.lagMs).toBe(20)
})

it('counts the firings that lie between two moments', () => {
  const cron = { metadata: {}, spec: { schedules: ['*/5 * * * *'], workflowSpec: {} } } as never
  const at = (text: string) => instant(Date.parse(`2026-01-01T${text}Z`))
  expect(ticksBetween(cron, at('00:00:00'), at('00:16:00'), 'UTC')).toBe(3)
  expect(ticksBetween(cron, at('00:00:00'), at('00:05:00'), 'UTC')).toBe(0)
})
