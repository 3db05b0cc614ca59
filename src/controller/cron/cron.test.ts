import { afterEach, describe, expect, it } from 'vitest'
import type { CronWorkflow } from '../../resources/index.ts'
import { WorldError, instant, rfc3339 } from '../../resources/index.ts'
import { doing, eventually, newHouse } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import type { Change, Store } from '../../store/port.ts'
import { scheduledChild } from './child.ts'
import { missedTick, nextTick } from './schedule.ts'
import { withCounted, withStarted } from './status.ts'

const cron = (spec: Partial<CronWorkflow['spec']>, status: CronWorkflow['status'] = {}): CronWorkflow => ({
  metadata: {
    name: 'tick',
    namespace: 'default',
    uid: 'u',
    labels: { mine: 'x', 'workflows.argoproj.io/creator': 'me' },
  },
  spec: {
    schedules: ['*/5 * * * *'],
    workflowSpec: { entrypoint: 'main', templates: [{ name: 'main', container: doing() }] },
    ...spec,
  },
  status,
})
const at = (text: string) => instant(Date.parse(text))

describe('the schedule', () => {
  it('is the earliest of all', () => {
    const both = cron({ schedules: ['0 * * * *', '*/20 * * * *'] })
    expect(nextTick(both, at('2026-01-01T00:05:00Z'), 'UTC')).toBe(at('2026-01-01T00:20:00Z'))
  })

  it.each([
    ['within the deadline', 600, '2026-01-01T00:00:00Z', '2026-01-01T00:10:00Z'],
    ['never without a deadline', 0, '2026-01-01T00:00:00Z', null],
    ['not when the last time is recent', 600, '2026-01-01T00:10:00Z', null],
    ['not beyond the deadline', 60, '2026-01-01T00:00:00Z', null],
    ['not if it never ran', 600, undefined, null],
  ])('catches up one missed time %s', (_case, startingDeadlineSeconds, lastScheduledTime, expected) => {
    const missed = missedTick(
      cron({ startingDeadlineSeconds }, { lastScheduledTime }),
      at('2026-01-01T00:12:00Z'),
      'UTC',
    )
    expect(missed).toBe(expected === null ? null : at(expected))
  })
})

it('names the child after the scheduled second and gives it labels of its own', () => {
  const child = scheduledChild(cron({ workflowMetadata: { labels: { a: 'b' } } }), at('2026-01-01T00:05:00Z'))
  expect(child.metadata.name).toBe('tick-1767225900')
  expect(child.metadata.labels).toEqual({
    a: 'b',
    'workflows.argoproj.io/creator': 'me',
    'workflows.argoproj.io/cron-workflow': 'tick',
  })
  expect(child.metadata.annotations).toEqual({ 'workflows.argoproj.io/scheduled-time': '2026-01-01T00:05:00Z' })
})

it('counts what has ended, drops what is gone and adopts what it does not list', () => {
  const child = (uid: string) => ({ metadata: { name: uid, namespace: 'default', uid }, spec: {} })
  let now = cron({})
  for (const uid of ['good', 'bad', 'gone', 'busy']) now = withStarted(now, child(uid), at('2026-01-01T00:05:00Z'))
  const phases: Record<string, string> = { good: 'Succeeded', bad: 'Error', busy: 'Running' }
  const counted = withCounted(now, (uid) => phases[uid], [child('other'), child('busy')])
  expect(counted.status?.active?.map(({ uid }) => uid)).toEqual(['busy', 'other'])
  expect(counted.status).toMatchObject({ succeeded: 1, failed: 1 })
})

describe('a cron workflow', () => {
  let house: House
  afterEach(() => house.close())

  it('starts children, keeps a short history and goes with them', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject(
      'CronWorkflow',
      'default',
      cron({ schedules: ['@every 1s'], successfulJobsHistoryLimit: 1 }),
    )
    const names = async () =>
      (await controller.listWorkflows({ namespace: 'default' })).items.map((item) => item.metadata.name ?? '')
    const seen = new Set<string>()
    await eventually(async () => {
      for (const name of await names()) seen.add(name)
      return seen.size >= 3
    }, 'three children')
    const status = (controller.object('CronWorkflow', 'default', 'tick') as CronWorkflow).status
    expect(status?.phase).toBe('Active')
    expect(status?.succeeded ?? 0).toBeGreaterThanOrEqual(1)
    expect((await names()).length).toBeLessThanOrEqual(2)
    await controller.deleteObject('CronWorkflow', 'default', 'tick')
    expect(await names()).toEqual([])
  })

  it('that forbids a second child sees one that a crash kept from being noted', async () => {
    house = newHouse()
    const controller = await house.open()
    const forbidding = cron({
      schedules: ['@every 1s'],
      concurrencyPolicy: 'Forbid',
      suspend: true,
      workflowSpec: { entrypoint: 'main', templates: [{ name: 'main', container: doing({ durationMs: 600_000 }) }] },
    })
    const created = (await controller.createObject('CronWorkflow', 'default', forbidding)) as CronWorkflow
    await controller.createWorkflow('default', scheduledChild(created, at('2026-01-01T00:00:00Z')))
    const now = () => controller.object('CronWorkflow', 'default', 'tick') as CronWorkflow
    await controller.updateObject('CronWorkflow', 'default', 'tick', {
      ...now(),
      spec: { ...now().spec, suspend: false },
    })
    await eventually(() => (now().status?.active?.length ?? 0) > 0, 'it has an active child')
    const { items } = await controller.listWorkflows({ namespace: 'default' })
    expect(now().status?.active?.map(({ uid }) => uid)).toEqual(items.map(({ metadata }) => metadata.uid))
    expect(items).toHaveLength(1)
  })

  it('starts nothing for a tick whose child a crash kept from being noted', async () => {
    house = newHouse()
    const controller = await house.open()
    const day = 86_400_000
    const yearly = cron({ schedules: ['0 0 1 1 *'], startingDeadlineSeconds: 400 * 86_400, suspend: true })
    const created = (await controller.createObject('CronWorkflow', 'default', yearly)) as CronWorkflow
    const tick = missedTick(
      { ...created, status: { lastScheduledTime: rfc3339(instant(Date.now() - 400 * day)) } },
      instant(Date.now()),
      'UTC',
    )
    const child = await controller.createWorkflow('default', scheduledChild(created, tick ?? instant(0)))
    const now = () => controller.object('CronWorkflow', 'default', 'tick') as CronWorkflow
    await controller.updateObject('CronWorkflow', 'default', 'tick', {
      ...now(),
      spec: { ...now().spec, suspend: false },
      status: { lastScheduledTime: rfc3339(instant((tick ?? 0) - day)) },
    })
    await eventually(() => now().status?.lastScheduledTime === rfc3339(tick ?? instant(0)), 'the tick is noted')
    const { items } = await controller.listWorkflows({ namespace: 'default' })
    expect(items.map(({ metadata }) => metadata.uid)).toEqual([child.metadata.uid])
  })

  it.each([null, { kind: 'loseAnswer' }] as const)(
    'notes a tick in the commit of its child (fault: %o)',
    async (what) => {
      house = newHouse()
      const together: boolean[] = []
      const fault = (changes: readonly Change[]) => {
        const isTick = changes.some((change) => change.kind === 'putWorkflow' && change.row.name.startsWith('tick-'))
        if (!isTick || together.length > 0) return null
        together.push(changes.some((change) => change.kind === 'putObject' && change.row.kind === 'CronWorkflow'))
        isAway = what !== null
        return what
      }
      // What is read at once after an answer was lost may fail as well.
      let isAway = false
      const arrange = (store: Store) => {
        const read = store.object.bind(store)
        store.object = (...key) => {
          if (!isAway) return read(...key)
          isAway = false
          return Promise.reject(new WorldError('STORE_DOWN', 'away', { retryable: true }))
        }
      }
      const controller = await house.open({ fault, arrange })
      const long = { entrypoint: 'main', templates: [{ name: 'main', container: doing({ durationMs: 600_000 }) }] }
      const forbidding = cron({ schedules: ['@every 1s'], concurrencyPolicy: 'Forbid', workflowSpec: long })
      await controller.createObject('CronWorkflow', 'default', forbidding)
      const statusNow = () => (controller.object('CronWorkflow', 'default', 'tick') as CronWorkflow).status
      await eventually(() => statusNow()?.lastScheduledTime !== undefined, 'the tick is noted')
      expect(together).toEqual([true])
      const { lastScheduledTime = '', active = [] } = statusNow() ?? {}
      expect(active.map(({ name }) => name)).toEqual([`tick-${Date.parse(lastScheduledTime) / 1000}`])
      const { items } = await controller.listWorkflows({ namespace: 'default' })
      expect(items.map(({ metadata }) => metadata.uid)).toEqual(active.map(({ uid }) => uid))
    },
  )

  it('stops when its strategy says so', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject(
      'CronWorkflow',
      'default',
      cron({ schedules: ['@every 1s'], stopStrategy: { expression: 'cronworkflow.succeeded >= 1' } }),
    )
    await eventually(
      () => (controller.object('CronWorkflow', 'default', 'tick') as CronWorkflow).status?.phase === 'Stopped',
      'stopped',
    )
    expect(controller.object('CronWorkflow', 'default', 'tick')?.metadata?.labels).toMatchObject({
      'cronworkflows.argoproj.io/completed': 'true',
    })
  })

  it.each([
    [
      'a condition that cannot be read',
      { when: '{{cronworkflow.nothing}} == 1' },
      'SubmissionError',
      'run policy error: ',
    ],
    ['a spec that is wrong', { workflowSpec: { entrypoint: 'none', templates: [] } }, 'SpecError', ''],
  ])('says what is wrong with %s', async (_what, spec, type, text) => {
    house = newHouse()
    const controller = await house.open()
    const object = cron({ schedules: ['@every 1s'], ...spec })
    // As if a newer version had let it in.
    if (type === 'SpecError') {
      await controller
        .createObject(
          'CronWorkflow',
          'default',
          cron({ schedules: ['@every 1s'], suspend: true, workflowSpec: { workflowTemplateRef: { name: 't' } } }),
        )
        .catch(() => {})
      await controller.createObject('WorkflowTemplate', 'default', {
        metadata: { name: 't' },
        spec: { entrypoint: 'main', templates: [{ name: 'main', container: doing() }] },
      })
      await controller
        .createObject(
          'CronWorkflow',
          'default',
          cron({ schedules: ['@every 1s'], workflowSpec: { workflowTemplateRef: { name: 't' } } }),
        )
        .catch(() => {})
      await controller.deleteObject('WorkflowTemplate', 'default', 't')
    } else await controller.createObject('CronWorkflow', 'default', object)
    const conditions = () =>
      (controller.object('CronWorkflow', 'default', 'tick') as CronWorkflow).status?.conditions ?? []
    await eventually(() => conditions().length > 0, 'a condition')
    expect(conditions()[0]).toMatchObject({ type, status: 'True' })
    expect(conditions()[0]?.message).toContain(text)
  })
})
