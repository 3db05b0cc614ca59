/** The schema brought up to date, taken back, looked at; by one at a time. */
import type { ClientBase, QueryConfig } from 'pg'
import { storeError } from '../fault.ts'
import { checksum, migrationStates, planMigrations, planRollback, unusable } from '../migrations.ts'
import type { AppliedMigration, Migration, MigrationState } from '../migrations.ts'
import { migrations as ours } from './schema.ts'

/** Any number, the same for all Drydocks. */
const advisoryLock = 0x44727944

type Applied = AppliedMigration & { readonly name: string }
export type SchemaAt = { readonly schema: string; readonly migrations?: readonly Migration[] }

/** @throws WorldError STORE_NEWER_SCHEMA, STORE_FOREIGN_SCHEMA; otherwise what Postgres says */
export function migrate(client: ClientBase, { schema, migrations = ours }: SchemaAt): Promise<readonly Migration[]> {
  return alone(client, async () => {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (version int PRIMARY KEY, name text, checksum text)',
    )
    const plan = planMigrations(migrations, await appliedIn(client, schema))
    if (plan.kind === 'refuse') throw storeError(plan.fault)
    for (const migration of plan.migrations) {
      await client.query(patiently(migration.sql))
      const row = [migration.version, migration.name, checksum(migration)]
      await client.query('INSERT INTO schema_migration VALUES ($1, $2, $3)', row)
    }
    return plan.migrations
  })
}

/** @throws WorldError STORE_CONFLICT where it would lose data; as `migrate` */
export function rollback(
  client: ClientBase,
  { schema, migrations = ours }: SchemaAt,
  options: { readonly to: number; readonly mayLoseData: boolean },
): Promise<readonly Migration[]> {
  return alone(client, async () => {
    const plan = planRollback(migrations, await appliedIn(client, schema), options)
    if (plan.kind === 'refuse') throw storeError(plan.fault)
    for (const migration of plan.migrations) {
      await client.query(patiently(migration.down))
      await client.query('DELETE FROM schema_migration WHERE version = $1', [migration.version])
    }
    return plan.migrations
  })
}

export async function schemaStatus(
  client: ClientBase,
  { schema, migrations = ours }: SchemaAt,
): Promise<readonly MigrationState[]> {
  return migrationStates(migrations, await appliedIn(client, schema))
}

/** Only looks. @throws WorldError as `migrate`, and STORE_OLD_SCHEMA unless `mayBeOld` */
export async function checkSchema(client: ClientBase, at: SchemaAt, options: { mayBeOld: boolean }): Promise<void> {
  const fault = unusable(at.migrations ?? ours, await appliedIn(client, at.schema))
  if (fault && !(fault.code === 'STORE_OLD_SCHEMA' && options.mayBeOld)) throw storeError(fault)
}

/** Migrations are to be applied. */
export const isDue = async (client: ClientBase, { schema, migrations = ours }: SchemaAt): Promise<boolean> =>
  (await appliedIn(client, schema)).length < migrations.length

async function appliedIn(client: ClientBase, schema: string): Promise<readonly Applied[]> {
  const there = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [
    `${schema}.schema_migration`,
  ])
  if (there.rows[0]?.found == null) return []
  const sql = `SELECT version, name, checksum FROM ${schema}.schema_migration ORDER BY version`
  return (await client.query<Applied>(sql)).rows
}

/** Rewriting large tables takes its time. */
const patiently = (text: string): QueryConfig & { readonly query_timeout: number } => ({
  text,
  query_timeout: 24 * 3_600_000,
})

async function alone<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock])
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
