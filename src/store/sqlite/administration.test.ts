import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Migration } from '../migrations.ts'
import type { Change } from '../port.ts'
import { idsTo, longRow, nodeRow, piecesOf, uidOf, workflowRow } from '../store.contract.ts'
import { administerSqlite } from './administration.ts'
import { backupSqlite, restoreSqlite } from './backup.ts'
import { migrations } from './schema.ts'
import { openSqliteStore } from './store.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-administration-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const changes = (number: number): Change[] => [
  { kind: 'putWorkflow', row: workflowRow(number) },
  { kind: 'putNodes', uid: uidOf(number), nodes: ['b', 'a'].map((id) => nodeRow(`${id}-${number}`)) },
]
const next: Migration = {
  version: migrations.length + 1,
  name: 'priorities',
  sql: 'ALTER TABLE workflow ADD COLUMN priority INTEGER NOT NULL DEFAULT 0; UPDATE workflow SET priority = no',
  down: 'ALTER TABLE workflow DROP COLUMN priority',
}

describe('the schema in SQLite', () => {
  it('goes up, down and up again with everything that is stored', async () => {
    const store = await openSqliteStore({ directory })
    await store.commit([...changes(1), ...changes(2)])
    const before = await store.workflows({})
    await store.close()
    const administration = administerSqlite(directory, [...migrations, next])
    expect((await administration.status()).at(-1)).toEqual({
      version: next.version,
      name: 'priorities',
      state: 'pending',
    })
    for (let round = 0; round < 2; round++) {
      expect((await administration.migrate()).map(({ version }) => version)).toEqual([next.version])
      expect(await administration.migrate()).toEqual([])
      await expect(openSqliteStore({ directory })).rejects.toMatchObject({
        code: 'STORE_NEWER_SCHEMA',
        message: expect.stringContaining(
          `has schema version ${next.version}, this drydock knows up to ${migrations.length}`,
        ) as string,
      })
      const taken = await administration.rollback({ to: null, mayLoseData: false })
      expect(taken.map(({ name }) => name)).toEqual(['priorities'])
      const again = await openSqliteStore({ directory, mayMigrate: false })
      expect(await again.workflows({})).toEqual(before)
      expect((await again.nodes(uidOf(2))).map(({ id }) => String(id))).toEqual(['b-2', 'a-2'])
      await again.close()
    }
  })
  it('has long lists in their nodes again where pieces were not known yet', async () => {
    const uid = uidOf(1)
    const store = await openSqliteStore({ directory })
    await store.commit([
      ...changes(2),
      { kind: 'putWorkflow', row: workflowRow(1) },
      { kind: 'putNodes', uid, nodes: [longRow(25, 2), nodeRow('b', { children: ['c'] })] },
      { kind: 'putIds', uid, pieces: piecesOf(idsTo(27), 2) },
    ])
    const before = await store.nodes(uid)
    await store.close()
    const old = migrations.filter(({ version }) => version < 3)
    await administerSqlite(directory).rollback({ to: 2, mayLoseData: false })
    expect(await administerSqlite(directory, old).status()).toHaveLength(2)
    const db = new DatabaseSync(join(directory, 'drydock.db'))
    const rows = db.prepare("SELECT id, node FROM node WHERE id NOT LIKE '%-2' ORDER BY no").all()
    db.close()
    expect(rows.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(JSON.parse(String(rows[0]?.['node']))).toEqual({ ...before[0]?.node, children: idsTo(25) })
    const again = await openSqliteStore({ directory })
    expect((await again.nodes(uid)).map(({ node }) => node)).toEqual(before.map(({ node }) => node))
    await again.close()
  })
  it('is not brought up to date where that is not wanted', async () => {
    await expect(openSqliteStore({ directory, mayMigrate: false })).rejects.toMatchObject({ code: 'STORE_OLD_SCHEMA' })
    await administerSqlite(directory).migrate()
    await (await openSqliteStore({ directory, mayMigrate: false })).close()
  })
  it('stays as it is while a daemon works, and where data would be lost', async () => {
    const store = await openSqliteStore({ directory })
    const administration = administerSqlite(directory)
    await expect(administration.rollback({ to: 0, mayLoseData: true })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    expect((await administration.status()).map(({ state }) => state)).toEqual(migrations.map(() => 'applied'))
    await store.close()
    await expect(administration.rollback({ to: 0, mayLoseData: false })).rejects.toMatchObject({
      code: 'STORE_CONFLICT',
      message: expect.stringContaining('--force') as string,
    })
    await administration.rollback({ to: 0, mayLoseData: true })
    await (await openSqliteStore({ directory })).close()
  })
})

describe('a copy', () => {
  it('taken while commits go on is whole, and puts back the state of its instant', async () => {
    const store = await openSqliteStore({ directory })
    const file = join(directory, 'copy.db')
    let isOver = false
    const load = (async () => {
      for (let number = 0; !isOver; number++) await store.commit(changes(number))
    })()
    await expect.poll(() => store.currentVersion()).toBeGreaterThan(20)
    await backupSqlite(directory, file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    isOver = true
    await load
    const later = await store.currentVersion()
    expect(() => restoreSqlite(directory, file, new Date())).toThrow(/another drydock/)
    await store.close()
    const kept = restoreSqlite(directory, file, new Date())
    const again = await openSqliteStore({ directory })
    const version = await again.currentVersion()
    expect(version).toBeGreaterThan(20)
    expect(version).toBeLessThan(later)
    expect(await again.countWorkflows({})).toBe(version)
    expect((await again.nodes(uidOf(version - 1))).length).toBe(2)
    await again.close()
    const before = new DatabaseSync(kept ?? '', { readOnly: true })
    expect(before.prepare('SELECT count(*) AS n FROM workflow').get()).toEqual({ n: later })
    before.close()
    expect(readdirSync(directory).filter((name) => name.includes('partial'))).toEqual([])
  })
  it('that is damaged or of another program is not put back', async () => {
    const store = await openSqliteStore({ directory })
    await store.commit(changes(1))
    await store.close()
    const file = join(directory, 'other.db')
    writeFileSync(file, 'no database at all, but long enough to look like one'.repeat(50))
    expect(() => restoreSqlite(directory, file, new Date())).toThrow(/no database/)
    rmSync(file)
    new DatabaseSync(file).exec('CREATE TABLE x (y)')
    expect(() => restoreSqlite(directory, file, new Date())).toThrow(/no database of drydock/)
    const again = await openSqliteStore({ directory })
    expect(await again.countWorkflows({})).toBe(1)
    await again.close()
  })
})
