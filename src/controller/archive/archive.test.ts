import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../store/port.ts'
import type { Workflow } from '../../resources/index.ts'
import { workflowUid } from '../../resources/index.ts'
import type { CommitFault } from '../../store/index.ts'
import { doing, ended, eventually, newHouse, plainConfig } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import type { RunningController } from '../controller.ts'
import { collectionOf } from '../history/history.ts'
import { noArchive } from './policy.ts'
import type { ArchiveConfig } from './policy.ts'

let house: House
beforeEach(() => {
  house = newHouse()
})
afterEach(() => house.close())

const open = (archive: Partial<ArchiveConfig>, more: Parameters<House['open']>[0] = {}) =>
  house.open({ ...more, config: { ...more.config, archive: { ...noArchive, ...archive } } })

const manifest = (
  name: string,
  more: { readonly labels?: Record<string, string>; readonly exitCode?: number } = {},
) => ({
  metadata: { name, ...(more.labels === undefined ? {} : { labels: more.labels }) },
  spec: {
    entrypoint: 'main',
    templates: [
      {
        name: 'main',
        container: doing({ exitCode: more.exitCode ?? 0, output: [`${name} says something`] } as never),
      },
    ],
  },
})
const run = async (controller: RunningController, name: string, more: Parameters<typeof manifest>[1] = {}) => {
  await controller.createWorkflow('default', manifest(name, more))
  return ended(controller, name)
}
const count = () => ({ hot: house.disk.workflows.size, archived: house.disk.archive.rows.size })
const movedTo = (hot: number, archived: number) =>
  eventually(() => count().hot === hot && count().archived === archived, `${hot} hot, ${archived} archived`)
const names = (items: readonly Workflow[]) => items.map(({ metadata }) => metadata.name ?? '')
const statusLabel = ({ metadata }: Workflow) => metadata.labels?.['workflows.argoproj.io/workflow-archiving-status']

describe('finished workflows that leave the hot tables', () => {
  it('are read, listed, explained and retried as before, under their own UID', async () => {
    const controller = await open({ hotNewest: 0 })
    const failed = await run(controller, 'one', { exitCode: 3 })
    await movedTo(0, 1)
    const read = await controller.workflow('default', 'one')
    expect(read?.status?.nodes).toEqual(failed.status?.nodes)
    expect(read?.metadata).toMatchObject({ uid: failed.metadata.uid, name: 'one' })
    expect(statusLabel(read ?? failed)).toBe('Persisted')
    expect((await controller.workflowByUid(workflowUid(failed.metadata.uid ?? '')))?.metadata.name).toBe('one')
    expect(names((await controller.listWorkflows({ archive: 'merged' })).items)).toEqual(['one'])
    expect(names((await controller.listWorkflows({})).items)).toEqual([])
    expect((await controller.history('default', 'one')).entries.length).toBeGreaterThan(0)
    expect((await controller.explain('default', 'one')).sentences.join(' ')).toContain('one')
    await expect(controller.createWorkflow('default', manifest('one') as Workflow)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    const again = await controller.operate('default', 'one', { kind: 'retry' })
    expect(again.metadata.uid).toBe(failed.metadata.uid)
    expect(statusLabel(again)).toBeUndefined()
    await eventually(
      async () => (await controller.workflow('default', 'one'))?.status?.phase === 'Failed',
      'failed again',
    )
    await movedTo(0, 1)
    expect((await controller.history('default', 'one')).entries.some(({ requested }) => requested !== undefined)).toBe(
      true,
    )
  })
  it('take their history along, all of it, and bring it back when they are retried', async () => {
    const controller = await open({})
    const steps = Array.from({ length: 20 }, (_, index) => [{ name: `s${index}`, template: 'main' }])
    const { spec } = manifest('one', { exitCode: 3 })
    const long = { name: 'long', steps: [...steps, [{ name: 'last', template: 'fails' }]] }
    const [fails] = spec.templates
    const templates = [long, { ...manifest('one').spec.templates[0], name: 'main' }, { ...fails, name: 'fails' }]
    await controller.createWorkflow('default', { metadata: { name: 'one' }, spec: { entrypoint: 'long', templates } })
    const uid = workflowUid((await ended(controller, 'one')).metadata.uid ?? '')
    const pages = () => house.disk.collections.get(collectionOf(uid))?.size ?? 0
    const entries = async () => (await controller.history('default', 'one')).entries
    const before = await entries()
    const full = pages()
    expect(full).toBeGreaterThan(1)
    controller.reconfigure({ ...plainConfig, archive: { ...noArchive, hotNewest: 0 } })
    await movedTo(0, 1)
    expect(pages()).toBe(0)
    expect(await entries()).toEqual(before)
    controller.reconfigure({ ...plainConfig, archive: noArchive })
    await controller.operate('default', 'one', { kind: 'retry' })
    expect(pages()).toBeGreaterThanOrEqual(full)
    expect((await entries()).slice(0, before.length)).toEqual(before)
    await ended(controller, 'one')
  })
  it('are those that ended first, as many as are too many', async () => {
    const controller = await open({ hotNewest: 2 })
    for (const name of ['a', 'b', 'c', 'd']) await run(controller, name)
    await controller.drain()
    const next = await open({ hotNewest: 2 })
    await movedTo(2, 2)
    expect(names((await next.listWorkflows({ archive: 'merged' })).items).sort()).toEqual(['a', 'b', 'c', 'd'])
    expect([...house.disk.archive.rows.values()].map(({ name }) => name).sort()).toEqual(['a', 'b'])
    next.reconfigure({ ...plainConfig, archive: { ...noArchive, hotAgeMs: 1 } })
    await movedTo(0, 4)
  })
  it('are deleted with all they have where the archive is not kept', async () => {
    const controller = await open({ hotNewest: 0 })
    await run(controller, 'gone')
    await movedTo(0, 1)
    const told: string[] = []
    controller.watch(null, (event) => told.push(`${event.type} ${event.name}`))
    await controller.deleteWorkflow('default', 'gone')
    expect(count()).toEqual({ hot: 0, archived: 0 })
    expect(told).toEqual(['DELETED gone'])
    await expect(controller.deleteWorkflow('default', 'gone')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await controller.workflow('default', 'gone')).toBeNull()
  })
  it('are not those whose deletion waits for their artifacts: they are deleted', async () => {
    const controller = await open({})
    const { metadata, spec } = manifest('doomed')
    const artifactGC = { strategy: 'OnWorkflowDeletion' }
    await controller.createWorkflow('default', { metadata, spec: { ...spec, artifactGC } })
    await ended(controller, 'doomed')
    await eventually(() => controller.snapshot().liveWorkflows === 0, 'it leaves memory')
    await controller.deleteWorkflow('default', 'doomed', { background: true })
    controller.reconfigure({ ...plainConfig, archive: { ...noArchive, hotNewest: 0 } })
    const underWay = () => house.disk.collections.get('deletion')?.size ?? 0
    expect(underWay()).toBe(1)
    await eventually(() => underWay() === 0, 'its deletion is over')
    expect(count()).toEqual({ hot: 0, archived: 0 })
  })
  it('come in pages with those that are still hot, none twice and none left out', async () => {
    const controller = await open({ hotNewest: 3 })
    for (let i = 0; i < 8; i++) await run(controller, `w${i}`)
    await controller.drain()
    const next = await open({ hotNewest: 3 })
    await movedTo(3, 5)
    for (const limit of [1, 2, 3, 5, 8, 20]) {
      const seen: string[] = []
      let token: string | undefined
      do {
        const page: Awaited<ReturnType<RunningController['listWorkflows']>> = await next.listWorkflows({
          ...{ archive: 'merged', limit, fieldSelector: 'ext.showRemainingItemCount=true' },
          ...(token === undefined ? {} : { continue: token }),
        })
        seen.push(...names(page.items))
        expect(page.remaining, `limit ${limit}`).toBe(8 - seen.length)
        token = page.continue
      } while (token !== undefined)
      expect(seen.toSorted(), `limit ${limit}`).toEqual(Array.from({ length: 8 }, (_, i) => `w${i}`))
    }
    const byOffset = await next.listWorkflows({ archive: 'merged', limit: 2, continue: '4' })
    expect(byOffset.items).toHaveLength(2)
  })
  it('do not count twice for retention', async () => {
    const controller = await open({ hotNewest: 1 }, { config: { retention: { completed: 2, failed: 0, errored: 0 } } })
    for (const name of ['a', 'b', 'c', 'd']) await run(controller, name)
    await eventually(() => count().hot + count().archived === 2, 'two are left')
  })
})

describe('the archive that is kept', () => {
  it('has what was deleted, until it is deleted there', async () => {
    const controller = await open({ enabled: true, selector: [{ key: 'keep', operator: 'exists', values: [] }] })
    const kept = await run(controller, 'kept', { labels: { keep: 'yes' } })
    expect(statusLabel(kept)).toBe('Archived')
    expect(statusLabel(await run(controller, 'lost'))).toBeUndefined()
    expect(names((await controller.listWorkflows({ archive: 'only' })).items)).toEqual(['kept'])
    for (const name of ['kept', 'lost']) await controller.deleteWorkflow('default', name)
    expect(await controller.workflow('default', 'kept')).toBeNull()
    const found = await controller.workflow('default', 'kept', { archived: true })
    expect(statusLabel(found ?? kept)).toBe('Persisted')
    expect(await controller.workflow('default', 'lost', { archived: true })).toBeNull()
    const page = await controller.listWorkflows({ archive: 'only', labelSelector: 'keep=yes' })
    expect(names(page.items)).toEqual(['kept'])
    expect(await controller.archive.labelValues('keep')).toEqual(['yes'])
    const identity = { uid: kept.metadata.uid ?? '', namespace: 'default', name: '' }
    await controller.archive.delete(identity)
    await expect(controller.archive.delete(identity)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'not found' })
  })
  it('forgets one that is still there, which is then deleted for good', async () => {
    const controller = await open({ enabled: true })
    const { metadata } = await run(controller, 'one')
    await controller.archive.delete({ uid: metadata.uid ?? '', namespace: 'default', name: '' })
    expect((await controller.listWorkflows({ archive: 'only' })).items).toEqual([])
    expect(await controller.workflow('default', 'one')).not.toBeNull()
    await controller.deleteWorkflow('default', 'one')
    expect(count()).toEqual({ hot: 0, archived: 0 })
  })
  it('keeps what ttlStrategy and retention delete', async () => {
    const controller = await open({ enabled: true }, { config: { retention: { completed: 1 } } })
    for (const name of ['a', 'b', 'c']) await run(controller, name)
    await movedTo(1, 2)
    expect([...house.disk.archive.rows.values()].every(({ deleted }) => deleted)).toBe(true)
  })
  it('gives a workflow back to be retried, unless its name is taken', async () => {
    const controller = await open({ enabled: true })
    const { metadata } = await run(controller, 'one', { exitCode: 1 })
    const identity = { uid: metadata.uid ?? '', namespace: 'default', name: '' }
    await controller.deleteWorkflow('default', 'one')
    await run(controller, 'one')
    await expect(controller.archive.operate(identity, { kind: 'retry' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: 'Workflow already exists on cluster, use argo retry {name} instead',
    })
    await controller.deleteWorkflow('default', 'one')
    const told: string[] = []
    controller.watch(null, (event) => told.push(event.type))
    const back = await controller.archive.operate(identity, { kind: 'retry' })
    expect(back.metadata.uid).toBe(metadata.uid)
    expect(told[0]).toBe('ADDED')
    expect((await ended(controller, 'one')).status?.phase).toBe('Failed')
    expect(count().hot).toBe(1)
  })
  it('gives a workflow back only when what its deletion removes is gone', async () => {
    const controller = await open({ enabled: true })
    const { metadata } = await run(controller, 'one', { exitCode: 1 })
    const { uid = '' } = metadata
    await controller.deleteWorkflow('default', 'one')
    const leftover = (value: object | null) =>
      house.disk.apply([{ kind: 'putRecord', collection: 'leftover', key: `workflow/${uid}`, value }])
    await eventually(() => house.disk.collections.get('leftover')?.size !== 1, 'it is removed')
    leftover({ kind: 'workflow', uid, namespace: 'default', name: 'one' })
    const asked = controller.archive.operate({ uid, namespace: 'default', name: 'one' }, { kind: 'retry' })
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(count()).toEqual({ hot: 0, archived: 1 })
    leftover(null)
    expect((await asked).metadata.uid).toBe(uid)
    expect((await ended(controller, 'one')).status?.phase).toBe('Failed')
  })
  it('leaves what cannot be retried where it is, and resubmits it', async () => {
    const controller = await open({ enabled: true })
    const { metadata } = await run(controller, 'fine')
    await controller.deleteWorkflow('default', 'fine')
    const identity = { uid: '', namespace: 'default', name: 'fine' }
    await expect(controller.archive.operate(identity, { kind: 'retry' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(count()).toEqual({ hot: 0, archived: 1 })
    const next = await controller.archive.resubmit(identity, {})
    expect(next.metadata.uid).not.toBe(metadata.uid)
    expect(next.metadata.labels?.['workflows.argoproj.io/resubmitted-from-workflow']).toBe('fine')
    expect(statusLabel(next)).toBeUndefined()
  })
  it('deletes what is too old or too much', async () => {
    const controller = await open({ enabled: true })
    for (const name of ['a', 'b', 'c']) {
      await run(controller, name)
      await controller.deleteWorkflow('default', name)
    }
    controller.reconfigure({ ...plainConfig, archive: { ...noArchive, enabled: true, newest: 1 } })
    await movedTo(0, 1)
    expect([...house.disk.archive.rows.values()].map(({ name }) => name)).toEqual(['c'])
    controller.reconfigure({ ...plainConfig, archive: { ...noArchive, enabled: true, ttlMs: 1 } })
    await movedTo(0, 0)
  })
})

describe('an archived workflow whose artifacts cannot be deleted', () => {
  /** It lies where files are put and never deleted. */
  async function withKept(work: (controller: RunningController) => Promise<void>): Promise<void> {
    const server = createServer((request, response) => request.resume().on('end', () => response.end()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const controller = await open({ hotNewest: 0 })
      const http = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/out` }
      const main = {
        name: 'main',
        container: doing({ files: { '/tmp/out': 'content' } }),
        outputs: { artifacts: [{ name: 'out', path: '/tmp/out', http }] },
      }
      const spec = { entrypoint: 'main', artifactGC: { strategy: 'OnWorkflowDeletion' }, templates: [main] }
      await controller.createWorkflow('default', { metadata: { name: 'kept' }, spec })
      expect((await ended(controller, 'kept')).status?.phase).toBe('Succeeded')
      for (const name of ['b', 'c']) await run(controller, name)
      await movedTo(0, 3)
      await work(controller)
    } finally {
      server.close()
    }
  }
  const archived = () => [...house.disk.archive.rows.values()].map(({ name }) => name)

  it.each([{ newest: 0 }, { ttlMs: 1 }])('keeps no other from being deleted by %o', (limit) =>
    withKept(async (controller) => {
      controller.reconfigure({ ...plainConfig, archive: { ...noArchive, hotNewest: 0, ...limit } })
      await movedTo(0, 1)
      expect(archived()).toEqual(['kept'])
      expect((await controller.workflow('default', 'kept'))?.status?.phase).toBe('Succeeded')
      await expect(controller.deleteWorkflow('default', 'kept')).rejects.toMatchObject({
        code: 'INTERNAL',
        message: expect.stringMatching(/^artifacts of workflow kept could not be deleted: out: /) as string,
      })
      await controller.deleteWorkflow('default', 'kept', { force: true })
      expect(archived()).toEqual([])
    }),
  )
})

describe('a move that is cut off', () => {
  const wide = (name: string): Workflow => ({
    metadata: { name },
    spec: {
      entrypoint: 'main',
      templates: [
        { name: 'main', steps: [[{ name: 's', template: 'leaf', withSequence: { count: '2500' } }]] },
        { name: 'leaf', suspend: { duration: '0s' } },
      ],
    },
  })

  it.each([true, false])(
    'by a crash (commit stored: %s) at any of its commits loses nothing and doubles nothing',
    async (stored) => {
      const before = await open({})
      await before.createWorkflow('default', wide('wide'))
      const { status } = await ended(before, 'wide')
      const nodes = Object.keys(status?.nodes ?? {}).length
      expect(nodes).toBeGreaterThan(2500)
      await before.drain()
      const isMove = (changes: readonly Change[]) =>
        changes.some(({ kind }) => kind === 'stageParts' || kind === 'archiveWorkflow' || kind === 'sweepNodes')
      for (let crashAt = 1; crashAt <= 3; crashAt++) {
        let commits = 0
        const fault = (changes: readonly Change[]): CommitFault | null =>
          isMove(changes) && ++commits === crashAt ? { kind: 'crash', stored } : null
        await openCrashing(fault)
        await eventually(() => commits >= crashAt || count().archived === 1, `commit ${crashAt}`)
        expect(count().hot + count().archived).toBe(1)
      }
      const after = await open({ hotNewest: 0 })
      await movedTo(0, 1)
      const read = await after.workflow('default', 'wide')
      expect(Object.keys(read?.status?.nodes ?? {})).toHaveLength(nodes)
      expect(read?.status?.phase).toBe(status?.phase)
    },
  )

  /** Its controller is never drained: it is dead. */
  const openCrashing = (fault: (changes: readonly Change[]) => CommitFault | null) => open({ hotNewest: 0 }, { fault })

  it('by a store that refuses is made up for later', async () => {
    const controller = await open({})
    await run(controller, 'one')
    await controller.drain()
    let refused = 0
    const next = await open(
      { hotNewest: 0 },
      {
        fault: (changes) =>
          changes.some(({ kind }) => kind === 'archiveWorkflow') && refused++ === 0
            ? { kind: 'refuse', code: 'STORE_BUSY' }
            : null,
      },
    )
    await eventually(() => refused === 1, 'refused')
    expect(count()).toEqual({ hot: 1, archived: 0 })
    next.reconfigure({ ...plainConfig, archive: { ...noArchive, hotNewest: 0 } })
    await movedTo(0, 1)
  })
})
