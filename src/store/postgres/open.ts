/** Brings the schema up to date, one daemon at a time. */
import type { Pool } from 'pg'
import { storeError } from '../fault.ts'
import { checksum, planMigrations } from '../migrations.ts'
import type { AppliedMigration } from '../migrations.ts'
import { migrations } from './schema.ts'

/** Any number, the same for all Drydocks. */
const advisoryLock = 0x44727944

/** @throws WorldError STORE_NEWER_SCHEMA, STORE_FOREIGN_SCHEMA; otherwise what Postgres says */
export async function migrate(pool: Pool, schema: string): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock])
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (version int PRIMARY KEY, name text, checksum text)',
    )
    const applied = await client.query<AppliedMigration>(
      'SELECT version, checksum FROM schema_migration ORDER BY version',
    )
    const plan = planMigrations(migrations, applied.rows)
    if (plan.kind === 'refuse') throw storeError(plan.fault)
    for (const migration of plan.migrations) {
      await client.query(migration.sql)
      const row = [migration.version, migration.name, checksum(migration)]
      await client.query('INSERT INTO schema_migration VALUES ($1, $2, $3)', row)
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}
