import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findPostgres, startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import type { Change, Store } from '../port.ts'
import { idsTo, longRow, nodeRow, piecesOf, uidOf, workflowRow } from '../store.contract.ts'
import { administerPostgres } from './administration.ts'
import { migrations } from './schema.ts'
import { openPostgresStore } from './store.ts'

let server: PostgresServer
let schema = ''
let schemas = 0
beforeAll(async () => {
  server = await startPostgres()
}, 300_000)
afterAll(() => server.stop())

const options = () => ({ url: server.url, schema, sslMode: 'disable' as const })
const open = (more: { readonly url?: string; readonly mayMigrate?: boolean } = {}) =>
  openPostgresStore({ ...options(), ...more })
const sql = async (text: string, url = server.url) => {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<Record<string, unknown>>(text).finally(() => client.end())
  return rows
}
const changes = (number: number): Change[] => [
  { kind: 'putWorkflow', row: workflowRow(number, { labels: { a: 'b' } }) },
  { kind: 'putNodes', uid: uidOf(number), nodes: ['c', 'a', 'b'].map((id) => nodeRow(id, {}, { of: number })) },
  { kind: 'putObject', row: { kind: 'ConfigMap', namespace: 'default', name: `cm-${number}`, body: { data: {} } } },
  { kind: 'putRecord', collection: 'memo', key: String(number), value: { deep: [1, null] } },
]
const picture = async (store: Store) => ({
  workflows: await store.workflows({ labels: { a: 'b' } }),
  nodes: [await store.nodes(uidOf(1)), await store.nodes(uidOf(2))],
  objects: await store.objects('ConfigMap'),
  memos: await store.records('memo'),
  version: await store.currentVersion(),
})
const administered = async <T>(
  work: (it: Awaited<ReturnType<typeof administerPostgres>>) => Promise<T>,
): Promise<T> => {
  const administration = await administerPostgres(options())
  return work(administration).finally(() => administration.close())
}

it('takes the schema back to each version and up again with everything that is stored', async () => {
  schema = `admin_${++schemas}`
  const store = await open()
  await store.commit(changes(1))
  await store.commit(changes(2))
  const before = await picture(store)
  await expect(administered((it) => it.rollback({ to: 1, mayLoseData: false }))).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining('process') as string,
  })
  await store.close()
  for (const { version } of migrations.slice(0, -1).toReversed()) {
    const mayLoseData = migrations.some((one) => one.version > version && one.losesData === true)
    await administered((it) => it.rollback({ to: version, mayLoseData }))
    const states = await administered((it) => it.status())
    expect(
      states
        .filter(({ state }) => state === 'applied')
        .map(({ version: applied }) => applied)
        .at(-1),
    ).toBe(version)
    await expect(open({ mayMigrate: false })).rejects.toMatchObject({
      code: 'STORE_OLD_SCHEMA',
      message: expect.stringContaining('drydock db migrate') as string,
    })
    const applied = await administered((it) => it.migrate())
    expect(applied.map((one) => one.version)).toEqual(
      migrations.map((one) => one.version).filter((one) => one > version),
    )
    const again = await open({ mayMigrate: false })
    expect(await picture(again)).toEqual(before)
    await again.commit([{ kind: 'putNodes', uid: uidOf(1), nodes: [nodeRow('d')] }])
    await again.commit([{ kind: 'deleteNodes', uid: uidOf(1), ids: [nodeRow('d').id] }])
    before.version = await again.currentVersion()
    before.workflows = await again.workflows({ labels: { a: 'b' } })
    await again.close()
  }
})

it('has long lists in their nodes again where pieces were not known yet', async () => {
  schema = `admin_${++schemas}`
  const uid = uidOf(1)
  const store = await open()
  await store.commit(changes(2))
  await store.commit([
    { kind: 'putWorkflow', row: workflowRow(1) },
    { kind: 'putNodes', uid, nodes: [longRow(25, 2), nodeRow('b', { children: ['c'], message: 'a \u0000 in it' })] },
    { kind: 'putIds', uid, pieces: piecesOf(idsTo(27), 2) },
  ])
  const before = await store.nodes(uid)
  await store.close()
  await administered((it) => it.rollback({ to: 5, mayLoseData: false }))
  const rows = await sql(`SELECT id, node FROM ${schema}.node WHERE id IN ('a', 'b') OR id LIKE '%/%' ORDER BY no DESC`)
  const [b, a] = rows.map(({ node }) => JSON.parse(String(node)) as unknown)
  expect([a, b]).toEqual([{ ...before[0]?.node, children: idsTo(25) }, before[1]?.node])
  const again = await open()
  expect((await again.nodes(uid)).map(({ node }) => node)).toEqual(before.map(({ node }) => node))
  await again.close()
})

it('throws data away only when it is told to', async () => {
  schema = `admin_${++schemas}`
  await (await open()).close()
  await expect(administered((it) => it.rollback({ to: 0, mayLoseData: false }))).rejects.toMatchObject({
    code: 'STORE_CONFLICT',
    message: expect.stringContaining('--force') as string,
  })
  const gone = await administered((it) => it.rollback({ to: 0, mayLoseData: true }))
  expect(gone.map(({ version }) => version)).toEqual(migrations.map(({ version }) => version).toReversed())
  const tables = await sql(
    `SELECT relname FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'S')`,
  )
  expect(tables).toEqual([{ relname: 'schema_migration' }])
  await (await open()).close()
})

it('is copied with pg_dump while it works, and what is put back is the state of one instant', async () => {
  schema = `admin_${++schemas}`
  const store = await open()
  let isOver = false
  const load = (async () => {
    for (let number = 0; !isOver; number++) await store.commit(changes(number))
    await store.close()
  })()
  await expect.poll(() => store.currentVersion()).toBeGreaterThan(40)
  const folder = mkdtempSync(join(tmpdir(), 'drydock-dump-'))
  const copy = new URL(server.url)
  copy.pathname = '/copy'
  try {
    const env = { ...process.env, PATH: [process.env['PATH'], findPostgres()].join(delimiter) }
    const run = (program: string, ...args: readonly string[]) => promisify(execFile)(program, args, { env })
    await run('pg_dump', '-Fc', '-n', schema, '-f', join(folder, 'dump'), '-d', server.url)
    isOver = true
    await load
    await sql('CREATE DATABASE copy')
    await run('pg_restore', '-d', copy.href, join(folder, 'dump'))
  } finally {
    rmSync(folder, { recursive: true })
  }
  const restored = await open({ url: copy.href })
  const count = await restored.countWorkflows({})
  expect(count).toBeGreaterThan(20)
  expect(await restored.currentVersion()).toBe(count * 2)
  for (const number of [0, count - 1]) expect((await restored.nodes(uidOf(number))).length).toBe(3)
  expect((await restored.commit(changes(count))).resourceVersion).toBe(count * 2 + 2)
  await restored.close()
})
