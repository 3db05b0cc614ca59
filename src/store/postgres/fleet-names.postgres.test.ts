/** Controllers with names and the one without: who may be there with whom, and what the one finds that comes after the other. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import type { Change } from '../port.ts'
import { nodeRow, uidOf, workflowRow } from '../store.contract.ts'
import { administerPostgres } from './administration.ts'
import { openPostgresStore } from './store.ts'
import type { PostgresStore, PostgresStoreOptions } from './store.ts'

let server: PostgresServer
let schemas = 0
let schema = ''
const opened: PostgresStore[] = []
beforeAll(async () => {
  server = await startPostgres()
}, 300_000)
beforeEach(() => {
  schema = `names_${++schemas}`
})
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})
afterAll(() => server.stop())

const open = async (controller?: string, more: Partial<PostgresStoreOptions> = {}) => {
  const named = controller === undefined ? {} : { controller }
  const store = await openPostgresStore({ url: server.url, schema, sslMode: 'disable', ...named, ...more })
  opened.push(store)
  return store
}
const put = (number: number): Change[] => [
  { kind: 'putWorkflow', row: workflowRow(number) },
  { kind: 'putNodes', uid: uidOf(number), nodes: [nodeRow(`n-${number}`)] },
]
const controllers = async () => {
  const store = await administerPostgres({ url: server.url, schema, sslMode: 'disable' })
  try {
    return (await store.controllers()).map(({ name, isLive, workflows, locks }) => [name, isLive, workflows, locks])
  } finally {
    await store.close()
  }
}

describe('a controller without a name', () => {
  it('shuts those with names out, and they it, each with words who is there', async () => {
    const alone = await open()
    await expect(open('a')).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringMatching(/process \d+\), which has no name \(controller.name\)/) as string,
    })
    await alone.close()
    await open('a')
    await open('b')
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining('controllers with names (a, b) work on this database') as string,
    })
    const admin = await administerPostgres({ url: server.url, schema, sslMode: 'disable' })
    await expect(admin.migrate()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await admin.close()
  })
  it('stands by until they are gone, then owns what they owned; what they knew of each other is forgotten', async () => {
    const a = await open('a')
    await a.commit(put(1))
    await a.fleet?.locks.ask([
      {
        ...{ holder: 'default/wf-1', workflowUid: uidOf(1), workflowKey: 'default/wf-1', priority: 0, createdAt: 0 },
        locks: [{ name: 'm', limit: 1 }],
      },
    ])
    expect(await controllers()).toEqual([['a', true, 1, 1]])
    const said: string[] = []
    const standby = open(undefined, { wait: { say: (reason) => said.push(reason) } })
    await expect.poll(() => said[0]).toContain('standing by: controllers with names (a)')
    await a.close()
    const alone = await standby
    await alone.commit([{ kind: 'putNodes', uid: uidOf(1), nodes: [nodeRow('more')] }])
    expect(await alone.workflowByUid(uidOf(1))).not.toHaveProperty('owner')
    expect(await controllers()).toEqual([['controller', true, 1, 0]])
  })
  it('leaves its workflows to those with names, who take them over', async () => {
    const alone = await open()
    await alone.commit(put(1))
    await alone.close()
    const a = await open('a')
    expect(await a.fleet?.members()).toMatchObject([
      { name: 'a', isLive: true, workflows: 0 },
      { name: 'controller', isLive: false, workflows: 1 },
    ])
    await expect(a.commit(put(1))).rejects.toMatchObject({ code: 'STORE_NOT_OWNER' })
    expect(await a.fleet?.takeOver('controller')).toEqual([uidOf(1)])
    await a.commit(put(1))
  })
})

describe('a controller with a name', () => {
  it('stands by for one of the same name, and goes on with its workflows', async () => {
    const first = await open('a')
    await first.commit(put(1))
    const second = open('a', { wait: { say: () => undefined } })
    await first.close()
    await (await second).commit(put(1))
  })
  it('may not have any name', async () => {
    for (const name of ['', 'controller', 'Ä', 'a b', '-a', 'x'.repeat(64)])
      await expect(open(name)).rejects.toMatchObject({ code: 'BAD_CONTROLLER_NAME' })
  })
  it('finds every change in the log from where it began, alone or not', async () => {
    const a = await open('a')
    const lost: string[] = []
    const seen: string[] = []
    a.fleet?.follow(await a.currentVersion(), {
      lostTrack: (reason) => lost.push(reason),
      changes: (events) => seen.push(...events.map(({ name }) => name)),
    })
    for (let number = 1; number <= 3; number++) await a.commit(put(number))
    const b = await open('b')
    await b.commit(put(4))
    await expect.poll(() => seen).toEqual(['wf-4'])
    await b.close()
    await a.fleet?.trim()
    await a.commit(put(5))
    const again = await open('b')
    await again.commit(put(6))
    await expect.poll(() => seen).toEqual(['wf-4', 'wf-6'])
    expect(lost).toEqual([])
  })
})
