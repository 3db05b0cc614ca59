import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import { eventually, workflow } from '../sources.contract.ts'
import { installTable, tableSql, tableState, uninstallTable } from './install.ts'
import { tableMigrations } from './migrations.ts'
import { TestTable } from './table.fixtures/table.ts'

let server: PostgresServer
let table: TestTable
const clients: pg.Client[] = []
beforeAll(async () => {
  server = await startPostgres()
  table = await TestTable.make(server.url)
  for (const [login, role] of [
    ['app', 'drydock_writer'],
    ['other_app', 'drydock_writer'],
    ['viewer', 'drydock_reader'],
    ['runner', 'drydock_daemon'],
    ['nobody', null],
  ] as const) {
    await table.sql(`CREATE ROLE ${login} LOGIN`)
    if (role !== null) await table.sql(`GRANT ${role} TO ${login}`)
  }
}, 300_000)
afterAll(async () => {
  for (const client of clients) await client.end()
  await table.dispose()
  server.stop()
})

const urlOf = (login: string) => server.url.replace('drydock@', `${login}@`)
async function as(login: string): Promise<(sql: string, ...values: readonly unknown[]) => Promise<readonly unknown[]>> {
  const client = new pg.Client(urlOf(login))
  await client.connect()
  await client.query(`SET search_path = ${table.schema}`)
  clients.push(client)
  return async (sql, ...values) => (await client.query(sql, [...values])).rows as readonly unknown[]
}
const denied = /permission denied|row-level security/

describe('a writer', () => {
  it('inserts, changes, sees and deletes rows of its own, and no other', async () => {
    const [app, other] = [await as('app'), await as('other_app')]
    expect(await app('SELECT drydock_submit($1) AS id', workflow('name: a'))).toEqual([{ id: '1' }])
    await app('INSERT INTO workflow_manifests (id, manifest) VALUES (70, $1)', { kind: 'Workflow' })
    await app("UPDATE workflow_manifests SET desired_state = 'suspended' WHERE id = 1")
    await app('SELECT drydock_resume(1)')
    expect(await app('SELECT id, owner, generation FROM workflow_manifests ORDER BY id')).toMatchObject([
      { id: '1', owner: 'app', generation: '3' },
      { id: '70', owner: 'app' },
    ])
    expect(await other('SELECT id FROM workflow_manifests')).toEqual([])
    await expect(other('SELECT drydock_stop(1)')).rejects.toThrow('there is no manifest 1 (of yours)')
    await other('DELETE FROM workflow_manifests WHERE id = 1')
    await app('DELETE FROM workflow_manifests WHERE id = 70')
    expect(await app('SELECT id FROM workflow_manifests')).toEqual([{ id: '1' }])
  })

  it.each([
    "INSERT INTO workflow_manifests (phase) VALUES ('Succeeded')",
    "INSERT INTO workflow_manifests (owner) VALUES ('other_app')",
    'INSERT INTO workflow_manifests (observed_generation) VALUES (99)',
    "UPDATE workflow_manifests SET phase = 'Succeeded'",
    'UPDATE workflow_manifests SET generation = 0',
    'UPDATE workflow_manifests SET claimed_by = NULL',
    "UPDATE workflow_manifests SET errors = '[]'",
    'UPDATE workflow_manifests SET id = 5 WHERE id = 1',
    "UPDATE workflow_manifests SET owner = 'other_app'",
    'SELECT manifest FROM workflow_manifests',
    'SELECT manifest_yaml FROM workflow_manifests',
    'SELECT parameters FROM workflow_manifests',
    'SELECT * FROM workflow_manifests',
    'SELECT * FROM workflow_manifests_contents',
    'SELECT * FROM workflow_manifests_deleted',
    'INSERT INTO workflow_manifests_deleted (id, claimed_by) VALUES (1, gen_random_uuid())',
    'TRUNCATE workflow_manifests',
    'ALTER TABLE workflow_manifests DISABLE TRIGGER ALL',
  ])('may not: %s', async (sql) => {
    const app = await as('app')
    await expect(app(sql)).rejects.toThrow(/permission denied|must be owner/)
  })
})

describe('a daemon that logs in with drydock_daemon alone', () => {
  it('admits, answers, follows and retires rows', async () => {
    const app = await as('app')
    await table.start({ postgres: { url: urlOf('runner') } })
    await eventually(
      () => app('SELECT phase, workflow_name FROM workflow_manifests'),
      [{ phase: 'Running', workflow_name: 'a' }],
    )
    table.controller.become('a', { phase: 'Succeeded' })
    await eventually(() => app('SELECT phase FROM workflow_manifests'), [{ phase: 'Succeeded' }])
    await app("SELECT drydock_submit('kind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2}')")
    await eventually(
      () => app("SELECT kinds FROM workflow_manifests WHERE state = 'Admitted' AND phase IS NULL"),
      [{ kinds: ['Secret'] }],
    )
    await app('DELETE FROM workflow_manifests WHERE phase IS NULL')
    await eventually(() => [...table.controller.objects.keys()], [])
    await app("SELECT drydock_submit('apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2}')")
    await table.source?.idle()
  })

  it('may write no manifests', async () => {
    const runner = await as('runner')
    await expect(runner("INSERT INTO workflow_manifests (manifest_yaml) VALUES ('x')")).rejects.toThrow(denied)
    await expect(runner("UPDATE workflow_manifests SET manifest_yaml = 'x'")).rejects.toThrow(denied)
    await expect(runner('DELETE FROM workflow_manifests')).rejects.toThrow(denied)
  })
})

it('a reader sees every row and the manifests that hold no Secret, and changes nothing', async () => {
  const viewer = await as('viewer')
  expect(await viewer('SELECT id FROM workflow_manifests')).toHaveLength(2)
  const contents = await viewer('SELECT manifest_yaml FROM workflow_manifests_contents')
  expect(contents).toEqual([{ manifest_yaml: workflow('name: a') }])
  for (const sql of [
    'SELECT manifest_yaml FROM workflow_manifests',
    "SELECT drydock_submit('x'::text)",
    'DELETE FROM workflow_manifests',
    "UPDATE workflow_manifests SET desired_state = 'stopped'",
  ])
    await expect(viewer(sql)).rejects.toThrow(denied)
  const nobody = await as('nobody')
  await expect(nobody(`SELECT id FROM ${table.schema}.workflow_manifests`)).rejects.toThrow(denied)
})

describe('installing', () => {
  const client = async (url = server.url) => {
    const made = new pg.Client(url)
    await made.connect()
    clients.push(made)
    return made
  }
  it('is repeatable, versioned, and refuses what is newer; uninstalling leaves nothing', async () => {
    const db = await client()
    const second = { version: 2, name: 'more', sql: 'ALTER TABLE %S.workflow_manifests ADD COLUMN more int' }
    expect(await installTable(db, 'fresh')).toMatchObject({ version: 1, applied: ['1 workflow_manifests'], notes: [] })
    const { instance } = await tableState(db, 'fresh')
    expect(await installTable(db, 'fresh')).toMatchObject({ version: 1, applied: [], instance })
    expect(await tableState(db, 'fresh', [...tableMigrations, second])).toMatchObject({ version: 1, newest: 2 })
    expect(await installTable(db, 'fresh', [...tableMigrations, second])).toMatchObject({
      applied: ['2 more'],
      instance,
    })
    await expect(installTable(db, 'fresh')).rejects.toMatchObject({ code: 'TABLE_NEWER' })
    await expect(installTable(db, 'a; b')).rejects.toMatchObject({ code: 'BAD_TABLE_SCHEMA' })
    // Roles stay while another schema of the server grants them something.
    expect((await uninstallTable(db, 'fresh')).length).toBeGreaterThan(0)
    const left =
      "SELECT FROM pg_class WHERE relnamespace = 'fresh'::regnamespace UNION ALL SELECT FROM pg_proc WHERE pronamespace = 'fresh'::regnamespace"
    expect((await db.query(left)).rowCount).toBe(0)
    expect(await tableState(db, 'fresh')).toMatchObject({ version: 0 })
  })

  it('can be done by hand with the SQL that is printed', async () => {
    const db = await client()
    await db.query(tableSql('by_hand'))
    expect(await tableState(db, 'by_hand')).toMatchObject({ version: 1, newest: 1 })
  })

  it('works without the right to make roles, and says what is missing', async () => {
    const owner = await client()
    await owner.query('CREATE ROLE modest LOGIN; CREATE SCHEMA modest AUTHORIZATION modest')
    const modest = await client(urlOf('modest'))
    await owner.query('ALTER ROLE drydock_reader RENAME TO was_reader')
    expect((await installTable(modest, 'modest')).notes[0]).toMatch(/roles and grants were left out/)
    expect(await tableState(modest, 'modest')).toMatchObject({ version: 1 })
    await owner.query('ALTER ROLE was_reader RENAME TO drydock_reader')
    expect((await installTable(modest, 'modest')).notes).toEqual([])
    const refused = await client(urlOf('nobody'))
    await expect(installTable(refused, 'not_mine')).rejects.toThrow(denied)
  })
})

it('tells a daemon that may not make the table what to do', async () => {
  const reasons = () => table.source?.reasons() ?? []
  await table.source?.close()
  const { TableSource } = await import('./source.ts')
  table.source = await TableSource.open({
    postgres: { url: urlOf('nobody') },
    schema: 'not_there',
    controller: table.controller,
    store: table.store,
    log: table.log,
    namespace: 'default',
  })
  await eventually(
    () => reasons()[0],
    expect.stringContaining('there is no table workflow_manifests in schema not_there'),
  )
})
