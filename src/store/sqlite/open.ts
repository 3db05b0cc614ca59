/** Opens the database file for writing, brings its schema up to date. Runs in the writer thread. */
import { DatabaseSync } from 'node:sqlite'
import type { StoreFault } from '../fault.ts'
import { checksum, planMigrations, unusable } from '../migrations.ts'
import type { AppliedMigration, Migration } from '../migrations.ts'
import { migrations as ours } from './schema.ts'
import type { WriterOptions } from './messages.ts'

/** "DryD": tells our files from other programs'. */
export const applicationId = 0x44727944

/** The database must be used as it is or not at all; a refusal is no error of SQLite's. */
export class Refused extends Error {
  readonly fault: StoreFault
  constructor(fault: StoreFault) {
    super(fault.message)
    this.fault = fault
  }
}

/**
 * WAL, so that readers never wait for the writer. `synchronous=FULL`: every commit is synced before it is
 * acknowledged. NORMAL would survive `kill -9` too, but not a loss of power, and a container that was started after a
 * commit outlives that commit then. Group commit makes up for the cost.
 */
export function openForWriting(options: WriterOptions, migrations: readonly Migration[] = ours): DatabaseSync {
  const db = new DatabaseSync(options.path, { timeout: options.busyTimeoutMs })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    // Mostly there is a checkpoint sooner (checkpoint.ts).
    db.exec('PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864')
    db.exec('PRAGMA temp_store = MEMORY')
    if (options.pagesMax > 0) db.exec(`PRAGMA max_page_count = ${options.pagesMax}`)
    migrate(db, options, migrations)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function migrate(db: DatabaseSync, { path, mayMigrate }: WriterOptions, migrations: readonly Migration[]): void {
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'").get()?.['n']
  const id = db.prepare('PRAGMA application_id').get()?.['application_id']
  if (tables !== 0 && id !== applicationId)
    throw new Refused({ code: 'STORE_FOREIGN_SCHEMA', message: `${path} is a database of another program` })
  db.exec('BEGIN IMMEDIATE')
  try {
    // Nothing is written where nothing has changed: a daemon must be able to start on a full disk.
    if (id !== applicationId) db.exec(`PRAGMA application_id = ${applicationId}`)
    db.exec('CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, name TEXT, checksum TEXT)')
    const applied = db
      .prepare('SELECT version, checksum FROM schema_migration ORDER BY version')
      .all() as unknown as readonly AppliedMigration[]
    const fault = mayMigrate ? null : unusable(migrations, applied)
    const plan = planMigrations(migrations, applied)
    if (plan.kind === 'refuse') throw new Refused({ code: plan.fault.code, message: `${path}: ${plan.fault.message}` })
    if (fault !== null) throw new Refused({ code: fault.code, message: `${path}: ${fault.message}` })
    const note = db.prepare('INSERT INTO schema_migration VALUES (?, ?, ?)')
    for (const migration of plan.migrations) {
      db.exec(migration.sql)
      note.run(migration.version, migration.name, checksum(migration))
    }
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
