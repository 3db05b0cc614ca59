/** Administration of a store in SQLite. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StoreAdministration } from '../administration.ts'
import { versionBefore } from '../administration.ts'
import { storeError } from '../fault.ts'
import { migrationStates, planRollback } from '../migrations.ts'
import type { AppliedMigration, Migration } from '../migrations.ts'
import { lockDirectory } from './directory-lock.ts'
import { Refused, openForWriting } from './open.ts'
import { migrations as ours } from './schema.ts'
import { sqliteFault } from './sqlite-fault.ts'

type Applied = AppliedMigration & { readonly name: string }

export function administerSqlite(directory: string, migrations: readonly Migration[] = ours): StoreAdministration {
  const path = join(directory, 'drydock.db')
  const said = <T>(work: () => T): Promise<T> => {
    try {
      return Promise.resolve(work())
    } catch (error) {
      if (error instanceof Error && error.name === 'WorldError') return Promise.reject(error)
      return Promise.reject(storeError(error instanceof Refused ? error.fault : sqliteFault(error, path), error))
    }
  }
  const alone = <T>(work: () => T): T => {
    const lock = lockDirectory(directory)
    try {
      return work()
    } finally {
      lock.release()
    }
  }
  const open = (): DatabaseSync =>
    openForWriting({ path, busyTimeoutMs: 5000, pagesMax: 0, mayMigrate: true }, migrations)
  return {
    place: path,
    status: () => said(() => migrationStates(migrations, appliedIn(path))),
    controllers: async () => [],
    migrate: () =>
      said(() =>
        alone(() => {
          const before = new Set(appliedIn(path).map(({ version }) => version))
          open().close()
          return migrations.filter(({ version }) => !before.has(version))
        }),
      ),
    rollback: ({ to, mayLoseData }) =>
      said(() =>
        alone(() => {
          const applied = appliedIn(path)
          const wanted = to ?? versionBefore(migrationStates(migrations, applied))
          const plan = planRollback(migrations, applied, { to: wanted, mayLoseData })
          if (plan.kind === 'refuse') throw storeError(plan.fault)
          takeBack(path, plan.migrations)
          return plan.migrations
        }),
      ),
    close: () => Promise.resolve(),
  }
}

function appliedIn(path: string): readonly Applied[] {
  if (!existsSync(path)) return []
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  try {
    const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'").get()
    if (!isThere) return []
    const sql = 'SELECT version, name, checksum FROM schema_migration ORDER BY version'
    return db.prepare(sql).all() as unknown as readonly Applied[]
  } finally {
    db.close()
  }
}

function takeBack(path: string, migrations: readonly Migration[]): void {
  const db = new DatabaseSync(path, { timeout: 5000 })
  try {
    db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE')
    for (const migration of migrations) {
      db.exec(migration.down)
      db.prepare('DELETE FROM schema_migration WHERE version = ?').run(migration.version)
    }
    db.exec('COMMIT')
  } finally {
    db.close() // what was not committed is gone
  }
}
