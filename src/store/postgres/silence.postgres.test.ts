/** Who is frozen keeps its connections: the others see that it says nothing, and go on without it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import { openClient, Silence } from '../../postgres/index.ts'
import { uidOf, workflowRow } from '../store.contract.ts'
import { holdersOf, lockClass } from './lease.ts'
import { openPostgresStore, sessionOf } from './store.ts'
import type { PostgresStore, PostgresStoreOptions } from './store.ts'

let server: PostgresServer
let schemas = 0
let schema = ''
const stores: PostgresStore[] = []
const children: ChildProcess[] = []
const clients: pg.Client[] = []
beforeAll(async () => {
  server = await startPostgres()
}, 300_000)
beforeEach(() => {
  schema = `silence_${++schemas}`
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const store of stores.splice(0)) await store.close()
  for (const client of clients.splice(0)) await client.end().catch(() => undefined)
})
afterAll(() => server.stop())

const patience = { timeout: 60_000 }
const silentMs = 5_000

const open = async (more: Partial<PostgresStoreOptions>) => {
  const store = await openPostgresStore({ url: server.url, schema, sslMode: 'disable', silentMs, ...more })
  stores.push(store)
  return store
}
/** A process that works; what it says, by lines. */
const holder = async (...name: readonly string[]) => {
  const program = join(import.meta.dirname, 'silence.fixtures', 'holder.ts')
  const child = spawn(process.execPath, [program, server.url, schema, ...name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line))
  await expect.poll(() => said, patience).toContain('ready')
  return { child, said }
}
const connect = async () => {
  const client = new pg.Client(server.url)
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

describe('a controller that is frozen', () => {
  it('without a name is replaced by who stands by, and commits nothing more once it wakes up', async () => {
    const { child, said } = await holder()
    const heard: string[] = []
    const standby = open({ wait: { say: (reason) => heard.push(reason) } })
    await expect.poll(() => heard.length, patience).toBeGreaterThan(0)
    child.kill('SIGSTOP')
    const store = await standby
    expect(heard.at(-1)).toContain('said nothing for 5 s and was cut off')
    await store.commit([{ kind: 'putWorkflow', row: workflowRow(3) }])
    expect(said).not.toContain('lost')
    child.kill('SIGCONT')
    await expect.poll(() => said, patience).toContain('refused STORE_LOCKED')
    expect((await store.workflows({})).map(({ name }) => name).toSorted()).toEqual(['wf-1', 'wf-3'])
  }, 120_000)

  it('with a name is gone for the others, who take its workflows and roles; it is told when it wakes up', async () => {
    const { child, said } = await holder('a')
    await expect.poll(() => said, patience).toContain('ticks')
    const b = await open({ controller: 'b' })
    let isOurs = false
    b.fleet?.role('cron', (now) => (isOurs = now))
    const isLive = async () => (await b.fleet?.members())?.find(({ name }) => name === 'a')?.isLive
    expect(await isLive()).toBe(true)
    expect(await b.fleet?.takeOver('a')).toEqual([])
    child.kill('SIGSTOP')
    await expect.poll(isLive, patience).toBe(false)
    expect(await b.fleet?.takeOver('a')).toEqual([uidOf(1)])
    await expect.poll(() => isOurs, patience).toBe(true)
    child.kill('SIGCONT')
    await expect.poll(() => said, patience).toContain('refused STORE_LOCKED')
  }, 120_000)
})

describe('who asks whether the right to write is still ours', () => {
  /** When the connection that commits was last asked something, as the server tells. */
  const askedAt = async () => {
    const { rows } = await (
      await connect()
    ).query<{ at: string }>(
      "SELECT query_start::text AS at FROM pg_stat_activity WHERE application_name = 'drydock writer' AND query <> ''",
    )
    return rows.map(({ at }) => at)
  }
  const waits = async () => {
    const { rows } = await (
      await connect()
    ).query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'drydock writer' AND wait_event_type = 'Lock'")
    return rows.length === 1
  }
  const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

  it('asks again where the answer has lain there while this process stood still', async () => {
    const store = await open({})
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const before = await askedAt()
    expect(before).toHaveLength(1)
    const first = store.confirm?.()
    await new Promise((resolve) => setImmediate(resolve)) // it is sent
    const sent = Date.now()
    standStill(1_500)
    await first
    const [at = ''] = await askedAt()
    expect(at).not.toEqual(before[0])
    expect(Date.parse(at)).toBeGreaterThan(sent + 1_000)
  })

  it('does so after a commit, too, and asks nothing where the answer is new', async () => {
    const store = await open({})
    const isEnough = async () => {
      await store.commit([{ kind: 'putWorkflow', row: workflowRow(1) }])
      const committed = await askedAt()
      await store.confirm?.()
      return (await askedAt()).join() === committed.join()
    }
    // Where the machine is busy more than a second may go by between the two.
    await expect.poll(isEnough, patience).toBe(true)
    const other = await connect()
    const holding = other.query(
      `BEGIN; SELECT 1 FROM ${schema}.counter WHERE name = 'resource_version' FOR UPDATE; SELECT pg_sleep(2); COMMIT`,
    )
    const late = store.commit([{ kind: 'putWorkflow', row: workflowRow(2) }])
    await expect.poll(waits, { interval: 20 }).toBe(true)
    const [sent] = await askedAt()
    standStill(3_000)
    await Promise.all([late, holding])
    await store.confirm?.()
    expect(await askedAt()).not.toEqual([sent])
  })
})

it('who is frozen in the middle of a transaction holds up the commits of others for seconds only', async () => {
  const store = await open({})
  const frozen = await openClient(sessionOf({ url: server.url, schema, sslMode: 'disable' }))
  clients.push(frozen)
  await frozen.query('BEGIN')
  await frozen.query("SELECT 1 FROM counter WHERE name = 'resource_version' FOR UPDATE")
  expect(await store.commit([{ kind: 'putWorkflow', row: workflowRow(1) }])).toMatchObject({ resourceVersion: 1 })
  await expect(frozen.query('SELECT 1')).rejects.toThrow()
})

describe('a holder of a lock', () => {
  const key = () => `${schema}/holder`
  const lock = async () => {
    const client = await connect()
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [lockClass, key()])
    return client
  }
  const look = async (rounds: number, between: () => Promise<unknown> = async () => undefined) => {
    const other = await connect()
    let nowMs = 0
    const silence = new Silence(10_000, () => nowMs)
    const ended: string[] = []
    for (let round = 0; round < rounds; round++) {
      ended.push(...(await silence.look(other, holdersOf([key()]))))
      nowMs += 1_000
      await between()
    }
    return ended
  }

  it('is ended once it was seen to say nothing for so long', async () => {
    const client = await lock()
    expect(await look(10)).toEqual([])
    expect(await look(11)).toEqual([key()])
    await expect(client.query('SELECT 1')).rejects.toThrow()
  })
  it('is left alone while it says something from time to time', async () => {
    const client = await lock()
    expect(await look(40, () => client.query('SELECT 1'))).toEqual([])
    await client.query('SELECT 1')
  })
  it('is left alone while it waits for the server', async () => {
    const client = await lock()
    const waiting = client.query('SELECT pg_sleep(20)').catch(() => undefined)
    const other = await connect()
    const isActive = async () =>
      (await other.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)' AND state = 'active'"))
        .rowCount
    await expect.poll(isActive, patience).toBe(1)
    expect(await look(40)).toEqual([])
    await other.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)'")
    await waiting
    await client.query('SELECT 1')
  })
  it('is not taken for silent by one that was frozen itself', async () => {
    await lock()
    const other = await connect()
    let nowMs = 0
    const silence = new Silence(10_000, () => nowMs)
    await silence.look(other, holdersOf([key()]))
    nowMs += 3_600_000
    expect(await silence.look(other, holdersOf([key()]))).toEqual([])
  })
})
