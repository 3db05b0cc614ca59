/** Three controllers as processes on one Postgres: two share the machine's engine, the third has one of its own. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import { ownEngine } from '../engines.ts'
import type { OwnEngine } from '../engines.ts'
import { instanceInStore, standing, sweep } from '../kill/engine.ts'
import { Lines, NamedDaemon, linesOf } from './controllers.fixtures/crew.ts'

const run = promisify(execFile)
const drydock = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')

let server: PostgresServer
let engine: OwnEngine
let lines: Lines
let a: NamedDaemon
let b: NamedDaemon
let c: NamedDaemon

beforeAll(async () => {
  server = await startPostgres()
  engine = await ownEngine({ name: 'fleet-e2e' })
  lines = await Lines.begin()
  const shared = {
    DATABASE_URL: server.url,
    DRYDOCK_STORE_SSL_MODE: 'disable',
    DRYDOCK_POLICY_HOST_PATHS: lines.folder,
    DRYDOCK_CONTROLLER_TAKE_OVER_AFTER: '2s',
    DRYDOCK_TABLE_URL: server.url,
    DRYDOCK_TABLE_SSL_MODE: 'disable',
  }
  const port = 27_460 + (process.pid % 400) * 4
  const open = (name: string, offset: number, more: Readonly<Record<string, string>> = {}) =>
    NamedDaemon.of(name, {
      ...shared,
      DRYDOCK_CONTROLLER_ADVERTISE: `http://127.0.0.1:${port + offset}`,
      DRYDOCK_SERVER_PORT: String(port + offset),
      ...more,
    })
  a = await open('a', 0)
  b = await open('b', 1)
  c = await open('c', 2, { DOCKER_HOST: engine.host })
  for (const one of [a, b, c]) one.daemon.spawn()
  await Promise.all([a, b, c].map((one) => one.daemon.url))
}, 300_000)

afterAll(async () => {
  const instance = await instanceInStore(server.url).catch(() => null)
  for (const one of [a, b, c]) await one.daemon.kill()
  server.stop()
  if (instance !== null) await sweep(instance)
  await engine.remove()
  for (const one of [a, b, c]) await one.daemon.clear()
  await lines.clear()
})

/** Inserted; answers how to read their phases. */
async function rowsOf(of: Lines, wanted: readonly string[]): Promise<() => Promise<readonly unknown[]>> {
  const query = async (sql: string, values: readonly unknown[]) => {
    const client = new pg.Client(server.url)
    await client.connect()
    return (await client.query<{ id: string; phase: string | null }>(sql, [...values]).finally(() => client.end())).rows
  }
  const insert = 'INSERT INTO workflow_manifests (manifest) SELECT * FROM jsonb_array_elements($1::jsonb) RETURNING id'
  const rows = await query(insert, [JSON.stringify(wanted.map((name) => of.workflow(name, 1)))])
  const ids = rows.map(({ id }) => id)
  return async () =>
    (await query('SELECT id, phase FROM workflow_manifests WHERE id = ANY ($1) ORDER BY id', [ids])).map(
      ({ phase }) => phase,
    )
}

const names = Array.from({ length: 30 }, (_, index) => `wf-${index}`)
const synchronization = (index: number): object =>
  index % 3 === 0
    ? { synchronization: { mutexes: [{ name: 'one' }] } }
    : index % 3 === 1
      ? { synchronization: { semaphores: [{ configMapKeyRef: { name: 'limits', key: 'slots' } }] } }
      : {}

/** Many that wait for one lock take their time: more of it than one thing that must come. */
async function allAre(wanted: Readonly<Record<string, string>>): Promise<void> {
  await expect
    .poll(() => c.phases(), { interval: 300, timeout: 300_000 })
    .toMatchObject(wanted)
    .catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await c.others()}`)
    })
}

it('30 workflows with a mutex and a semaphore write each line once though a member is killed', async () => {
  const live = async () => (await a.controllers()).items.filter((one) => one.isLive).length
  await expect.poll(live).toBe(3)
  const limits = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'limits', namespace: 'default' },
    data: { slots: '3' },
  }
  await b.ask('/api/v1/namespaces/default/configmaps', { method: 'POST', body: JSON.stringify(limits) })
  const members = [a, b, c]
  await Promise.all(
    names.map((name, index) => {
      const at = members[index % 3] ?? a
      return at.submit(lines.workflow(name, 3, { spec: synchronization(index) }))
    }),
  )
  await expect.poll(async () => (await lines.all()).length, { interval: 100 }).toBeGreaterThan(15)
  const owned = (await b.controllers()).items.find(({ name }) => name === 'a')?.workflows ?? 0
  expect(owned).toBeGreaterThan(0)
  const killedAt = performance.now()
  await a.daemon.kill()
  onTestFinished(async () => {
    a.daemon.spawn()
    await a.daemon.url
  })
  let looks = 0
  const left = async () => {
    looks += 1
    return (await b.controllers()).items.find(({ name }) => name === 'a')?.workflows ?? 0
  }
  await expect.poll(left, { interval: 50 }).toBe(0)
  process.stderr.write(`take-over of ${owned} workflows after ${Math.round(performance.now() - killedAt)} ms\n`)
  // Five seconds by looks every 50 ms: the busier the machine is, the longer each of them takes.
  expect(looks).toBeLessThanOrEqual(100)
  const succeeded = Object.fromEntries(names.map((name) => [name, 'Succeeded']))
  await allAre(succeeded)
  const written = (await lines.all()).filter((line) => line.startsWith('wf-'))
  expect([...written].sort()).toEqual(names.flatMap((name) => linesOf(name, 3)).sort())
})

it('a workflow is stopped, read and explained through a member that does not have it', async () => {
  for (const name of ['long-0', 'long-1', 'long-2']) await a.submit(lines.workflow(name, 1, { seconds: '60' }))
  await expect.poll(async () => (await lines.all()).filter((line) => line.startsWith('long-')).length).toBe(3)
  for (const name of ['long-0', 'long-1', 'long-2']) {
    for (const one of [a, b, c]) {
      const told = await one.ask<{ readonly sentences: readonly string[] }>(`/api/v1/workflows/default/${name}/explain`)
      expect(told.sentences.join(' ')).toMatch(/under way/)
    }
    await run(process.execPath, [drydock, 'stop', name, '--server', await b.daemon.url])
    await expect.poll(async () => (await c.workflow(name)).status?.phase).toBe('Failed')
  }
  const { stdout } = await run(process.execPath, [drydock, 'fleet', '--server', await c.daemon.url])
  for (const name of ['a', 'b', 'c']) expect(stdout).toMatch(new RegExp(`^${name}[ *]`, 'm'))
})

it('rows of one table are admitted once, and their states are written whoever runs the workflows', async () => {
  const phases = await rowsOf(
    lines,
    Array.from({ length: 12 }, (_, index) => `row-${index}`),
  )
  await expect.poll(phases, { interval: 300 }).toEqual(Array.from({ length: 12 }, () => 'Succeeded'))
  const written = (await lines.all()).filter((line) => line.startsWith('row-'))
  expect([...written].sort()).toEqual(Array.from({ length: 12 }, (_, index) => `row-${index}.0`).sort())
})

it('a member that is told to end hands its workflows over at once, and logs are read wherever they lie', async () => {
  const wanted = Array.from({ length: 6 }, (_, index) => `handed-${index}`)
  for (const name of wanted) await b.submit(lines.workflow(name, 4, { seconds: '0.7' }))
  const begun = async () => (await lines.all()).filter((line) => line.startsWith('handed-')).length
  await expect.poll(begun, { interval: 50 }).toBeGreaterThan(5)
  const stoppedAt = performance.now()
  await a.daemon.stop()
  process.stderr.write(`handed over and left after ${Math.round(performance.now() - stoppedAt)} ms\n`)
  const ofA = (await b.controllers()).items.find(({ name }) => name === 'a')?.workflows ?? 0
  expect(ofA).toBe(0)
  const succeeded = Object.fromEntries(wanted.map((name) => [name, 'Succeeded']))
  await allAre(succeeded)
  const written = (await lines.all()).filter((line) => line.startsWith('handed-'))
  expect([...written].sort()).toEqual(wanted.flatMap((name) => linesOf(name, 4)).sort())
  for (const name of wanted) expect(await b.log(name)).toEqual(await c.log(name))
  // The table is served by another member than before, or the same.
  const phases = await rowsOf(lines, ['after-0', 'after-1'])
  await expect.poll(phases, { interval: 300 }).toEqual(['Succeeded', 'Succeeded'])
  const instance = await instanceInStore(server.url)
  for (const name of Object.keys(await b.phases()))
    await b.ask(`/api/v1/workflows/default/${name}`, { method: 'DELETE' })
  await expect.poll(() => standing(instance), { interval: 500 }).toEqual([])
})
