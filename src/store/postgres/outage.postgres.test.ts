import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import type { Change } from '../port.ts'
import { nodeRow, uidOf, workflowRow } from '../store.contract.ts'
import { proxyTo } from './outage.fixtures/proxy.ts'
import type { Proxy } from './outage.fixtures/proxy.ts'
import { openPostgresStore } from './store.ts'
import type { PostgresStore, PostgresStoreOptions } from './store.ts'

let server: PostgresServer
let proxy: Proxy
let schemas = 0
let schema = ''
const open: PostgresStore[] = []
beforeAll(async () => {
  server = await startPostgres()
  proxy = await proxyTo(server.url)
}, 300_000)
afterEach(async () => {
  proxy.become('fine')
  for (const store of open.splice(0)) await store.close()
})
afterAll(() => {
  proxy.close()
  server.stop()
})
const nextSchema = () => (schema = `outage_${++schemas}`)
const opened = async (more: Partial<PostgresStoreOptions> = {}) => {
  const store = await openPostgresStore({ url: proxy.url, schema, stallMs: 600, sslMode: 'disable', ...more })
  open.push(store)
  return store
}
const sql = async <T extends object>(text: string): Promise<readonly T[]> => {
  const client = new pg.Client(server.url)
  await client.connect()
  try {
    return (await client.query<T>(text)).rows
  } finally {
    await client.end()
  }
}
const terminate = () =>
  sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'drydock%'`)
const put = (number: number): Change[] => [
  { kind: 'putWorkflow', row: workflowRow(number) },
  { kind: 'putNodes', uid: uidOf(number), nodes: [nodeRow(`n-${number}`)] },
]

/** Each outage lasts until its second half. */
const outages: Record<string, () => Promise<void>> = {
  'is stopped and started': async () => {
    server.shutDown()
    await sleep(300)
    server.start()
  },
  'crashes and starts': async () => {
    server.kill()
    await sleep(300)
    server.start()
  },
  'ends every connection': async () => void (await terminate()),
  'is cut off': async () => {
    proxy.become('refused')
    proxy.cut()
    await sleep(300)
    proxy.become('fine')
  },
  'answers no more, and connections stall': async () => {
    proxy.become('stalled')
    await sleep(1_500)
    proxy.become('fine')
  },
}

describe('while the server', () => {
  it.each(Object.keys(outages))('%s, commits wait; each is stored once and none fails', async (kind) => {
    nextSchema()
    const told: (string | null)[] = []
    // A connection that is soon taken for stalled would be so, too, where this whole process stands still.
    const stallMs = kind.includes('stall') ? 600 : 20_000
    const store = await opened({ stallMs, onHealth: (reason) => told.push(reason) })
    const commits: Promise<{ readonly resourceVersion: number }>[] = []
    let isOver = false
    const load = (async () => {
      for (let number = 0; !isOver || commits.length < 50; number++) {
        commits.push(store.commit(put(number)))
        await sleep(3)
      }
    })()
    await sleep(100)
    await outages[kind]?.()
    await sleep(200)
    isOver = true
    await load
    const versions = (await Promise.all(commits)).map(({ resourceVersion }) => resourceVersion)
    expect(versions).toEqual(commits.map((_, i) => i + 1))
    expect(await store.currentVersion()).toBe(commits.length)
    expect(await store.countWorkflows({})).toBe(commits.length)
    expect((await store.nodes(uidOf(3))).map(({ id }) => id)).toEqual(['n-3'])
    expect(store.health()).toEqual({ isUp: true })
    expect(stallMs === 600 ? [told[0], told.at(-1)] : told).toEqual([expect.stringContaining('does not answer'), null])
  })

  it('is away, the store says so, reads fail after a while, and a daemon that must end is not held up', async () => {
    nextSchema()
    const store = await opened()
    await store.commit(put(1))
    proxy.become('refused')
    proxy.cut()
    const waiting = store.commit(put(2))
    const refused = expect(waiting).rejects.toMatchObject({ code: 'STORE_DOWN' })
    await expect(store.currentVersion()).rejects.toMatchObject({ code: 'STORE_DOWN', retryable: true })
    expect(store.health()).toMatchObject({ isUp: false, reason: expect.stringContaining('does not answer') as string })
    store.giveUp()
    await refused
    await store.close()
  })
})

it('knows of a commit whose answer was lost that it is stored, and does not store it again', async () => {
  nextSchema()
  const store = await opened()
  await store.commit(put(1))
  proxy.muteAfter('commit\0')
  const commit = store.commit([...put(2), { kind: 'putRecord', collection: 'c', key: 'k', value: 1 }])
  const isStored = async () => (await sql(`SELECT 1 FROM ${schema}.record WHERE key = 'k'`)).length > 0
  await expect.poll(isStored).toBe(true)
  const [before] = await sql<{ xmin: string }>(`SELECT xmin::text FROM ${schema}.record`)
  expect((await commit).resourceVersion).toBe(2)
  expect((await commit).versions).toEqual(new Map([['Workflow/default/wf-2', 2]]))
  expect(await sql(`SELECT xmin::text FROM ${schema}.record`)).toEqual([before])
  expect((await store.commit(put(3))).resourceVersion).toBe(3)
})

it.each([
  ['a portion of it', 'INSERT INTO node SELECT'],
  ['its end', 'COMMIT\0'],
])('stores a commit of thousands of nodes once, where the answer to %s is lost', async (_what, request) => {
  nextSchema()
  const store = await opened({ stallMs: 3_000 })
  await store.commit(put(1))
  proxy.muteAfter(request)
  const nodes = Array.from({ length: 25_000 }, (_, i) => nodeRow(`m-${i}`))
  const commit = store.commit([
    { kind: 'putWorkflow', row: workflowRow(2) },
    { kind: 'putNodes', uid: uidOf(2), nodes },
  ])
  expect((await commit).resourceVersion).toBe(2)
  expect((await sql<{ n: string }>(`SELECT count(*) AS n FROM ${schema}.node`))[0]?.n).toBe('25001')
  expect((await store.commit(put(3))).resourceVersion).toBe(3)
})

describe('of two daemons', () => {
  it('one works; the other is refused, or stands by and takes over when the first ends', async () => {
    nextSchema()
    const first = await opened()
    await expect(opened()).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining('process') as string,
    })
    const said: string[] = []
    const second = opened({ wait: { say: (reason) => said.push(reason) } })
    while (said.length === 0) await sleep(20)
    expect(said[0]).toContain('standing by')
    await first.commit(put(1))
    await first.close()
    expect((await (await second).commit(put(2))).resourceVersion).toBe(2)
  })

  it('the one that was cut off commits no more once the other has taken over, and is told', async () => {
    nextSchema()
    const lost: string[] = []
    const first = await opened({ onLost: (reason) => lost.push(reason) })
    await first.commit(put(1))
    const [old] = await sql<{ epoch: string }>(`SELECT epoch FROM ${schema}.lease`)
    const second = opened({ url: server.url, wait: { say: () => undefined } })
    proxy.become('refused')
    proxy.cut()
    const late = first.commit(put(2))
    const refused = expect(late).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: false })
    await (await second).commit(put(3))
    proxy.become('fine')
    await refused
    expect(lost).toEqual([expect.stringContaining('has taken over')])
    expect(first.health()).toMatchObject({ isUp: false })
    await expect(first.commit(put(4))).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    expect((await (await second).workflows({})).map(({ name }) => name)).toEqual(['wf-3', 'wf-1'])
    const nulls = Array.from({ length: 39 }, () => 'NULL').join(', ')
    const stale = `SET search_path = ${schema}; SELECT drydock_commit('controller', ${old?.epoch ?? ''}, 9, 1, ${nulls})`
    await expect(sql(stale)).rejects.toMatchObject({ code: 'DRY01' })
  })

  it('the one that was cut off goes on no more where the other took over and has ended since, either', async () => {
    nextSchema()
    const lost: string[] = []
    const first = await opened({ onLost: (reason) => lost.push(reason) })
    await first.commit(put(1))
    const second = opened({ url: server.url, wait: { say: () => undefined } })
    proxy.become('refused')
    proxy.cut()
    await (await second).commit([{ kind: 'deleteWorkflow', uid: uidOf(1) }])
    await (await second).close()
    const late = first.commit([{ kind: 'putWorkflow', row: workflowRow(1, { phase: 'Failed' }) }])
    const refused = expect(late).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: false })
    proxy.become('fine')
    await refused
    expect(lost).toEqual([expect.stringContaining('has taken over')])
    expect(await sql(`SELECT 1 FROM ${schema}.workflow`)).toEqual([])
  })

  it('one whose stalled connection still holds the lock ends it and goes on', async () => {
    nextSchema()
    const store = await opened()
    proxy.become('stalled')
    const commit = store.commit(put(1))
    await sleep(700)
    proxy.become('fine')
    expect((await commit).resourceVersion).toBe(1)
    expect(Number((await sql<{ epoch: string }>(`SELECT epoch FROM ${schema}.lease`))[0]?.epoch)).toBeGreaterThan(1)
  })
})
