/** Copies of the database as one file: taken while a daemon works, put back while none does. */
import { chmodSync, closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync, backup } from 'node:sqlite'
import { storeError } from '../fault.ts'
import { planMigrations } from '../migrations.ts'
import type { AppliedMigration } from '../migrations.ts'
import { lockDirectory } from './directory-lock.ts'
import { applicationId } from './open.ts'
import { migrations } from './schema.ts'
import { sqliteFault } from './sqlite-fault.ts'

/** Pages copied before the writer gets its turn. */
const pagesAtOnce = 4096

/**
 * The state at one instant between two commits, checked, readable by its owner only. An older copy of that name is
 * replaced only when the new one is whole.
 * @throws WorldError STORE_CORRUPT, STORE_FULL, STORE_READONLY, STORE_DOWN
 */
export async function backupSqlite(directory: string, file: string): Promise<void> {
  const path = join(directory, 'drydock.db')
  const partial = `${file}.partial`
  try {
    if (!existsSync(path)) throw storeError({ code: 'STORE_READONLY', message: `there is no database ${path}` })
    rmSync(partial, { force: true })
    closeSync(openSync(partial, 'w', 0o600))
    const source = new DatabaseSync(path, { readOnly: true, timeout: 10_000 })
    try {
      await backup(source, partial, { rate: pagesAtOnce })
    } finally {
      source.close()
    }
    asOneFile(partial)
    check(partial)
    durably(partial, file)
  } catch (error) {
    rmSync(partial, { force: true })
    if (error instanceof Error && error.name === 'WorldError') throw error
    throw storeError(sqliteFault(error, path), error)
  }
}

/**
 * Answers where what was there before is kept, `null` where there was nothing.
 * @throws WorldError STORE_LOCKED while a daemon runs; STORE_CORRUPT, STORE_FOREIGN_SCHEMA, STORE_NEWER_SCHEMA of the copy
 */
export function restoreSqlite(directory: string, file: string, now: Date): string | null {
  const path = join(directory, 'drydock.db')
  const lock = lockDirectory(directory)
  try {
    check(file)
    const partial = `${path}.partial`
    copyFileSync(file, partial)
    chmodSync(partial, 0o600)
    const kept = existsSync(path) ? `${path}.before-restore-${now.toISOString().replaceAll(/[:.]/g, '')}` : null
    if (kept !== null) {
      asOneFile(path)
      renameSync(path, kept)
    }
    for (const rest of ['-wal', '-shm']) rmSync(`${path}${rest}`, { force: true })
    durably(partial, path)
    return kept
  } catch (error) {
    if (error instanceof Error && error.name === 'WorldError') throw error
    throw storeError(sqliteFault(error, file), error)
  } finally {
    lock.release()
  }
}

/** What stands in the log beside it is folded in. */
function asOneFile(path: string): void {
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.exec('PRAGMA journal_mode = DELETE')
  db.close()
}

function check(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    if (db.prepare('PRAGMA application_id').get()?.['application_id'] !== applicationId)
      throw storeError({ code: 'STORE_FOREIGN_SCHEMA', message: `${path} is no database of drydock's` })
    const found = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
    if (found !== 'ok') throw storeError({ code: 'STORE_CORRUPT', message: `${path} is damaged: ${String(found)}` })
    const applied = db.prepare('SELECT version, checksum FROM schema_migration ORDER BY version').all()
    const plan = planMigrations(migrations, applied as unknown as readonly AppliedMigration[])
    if (plan.kind === 'refuse') throw storeError(plan.fault)
  } finally {
    db.close()
  }
}

function durably(from: string, to: string): void {
  sync(from)
  renameSync(from, to)
  sync(dirname(to))
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
