/** Brings the table's schema up to date, says how it stands, takes it away. One at a time, each in one transaction. */
import type { ClientBase } from 'pg'
import { UserError } from '../../resources/index.ts'
import { tableMigrations, uninstallSql } from './migrations.ts'
import type { TableMigration } from './migrations.ts'
import { createRolesSql, grantsSql, roles } from './roles.ts'

export type TableState = {
  /** 0: there is no table. */
  readonly version: number
  /** What this program knows. */
  readonly newest: number
  /** Tells this table from every other, also from one that is installed anew. */
  readonly instance: string | null
  readonly roles: readonly string[]
}

export type Installed = TableState & { readonly applied: readonly string[]; readonly notes: readonly string[] }

export const inSchema = (sql: string, schema: string): string => sql.replaceAll('%S', quoted(schema))
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** @throws UserError BAD_TABLE_SCHEMA */
export function checkSchemaName(schema: string): void {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new UserError('BAD_TABLE_SCHEMA', `not a schema name: ${schema}`, {
      hint: 'lower case letters, digits and _',
    })
}

/** What is there; nothing is changed. */
export async function tableState(
  client: ClientBase,
  schema: string,
  known: readonly TableMigration[] = tableMigrations,
): Promise<TableState> {
  const newest = Math.max(...known.map(({ version }) => version))
  const there = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    `${quoted(schema)}.workflow_manifests_version`,
  ])
  const made = await client.query<{ rolname: string }>(
    'SELECT rolname FROM pg_roles WHERE rolname = ANY($1) ORDER BY rolname',
    [Object.values(roles)],
  )
  const present = made.rows.map(({ rolname }) => rolname)
  if (there.rows[0]?.found !== true) return { version: 0, newest, instance: null, roles: present }
  const found = await client.query<{ version: number; instance: string }>(
    inSchema(
      'SELECT (SELECT max(version) FROM %S.workflow_manifests_version) AS version, (SELECT id FROM %S.workflow_manifests_instance) AS instance',
      schema,
    ),
  )
  const [row] = found.rows
  return { version: row?.version ?? 0, newest, instance: row?.instance ?? null, roles: present }
}

/** @throws UserError TABLE_NEWER; otherwise what Postgres says */
export async function installTable(
  client: ClientBase,
  schema: string,
  known: readonly TableMigration[] = tableMigrations,
): Promise<Installed> {
  checkSchemaName(schema)
  return inTransaction(client, schema, async () => {
    const before = await tableState(client, schema, known)
    refuseNewer(before)
    if (before.version === 0) await prepare(client, schema)
    const applied: string[] = []
    for (const { version, name, sql } of known) {
      if (version <= before.version) continue
      await client.query(inSchema(sql, schema))
      const row = 'INSERT INTO %S.workflow_manifests_version (version, name) VALUES ($1, $2)'
      await client.query(inSchema(row, schema), [version, name])
      applied.push(`${version} ${name}`)
    }
    const notes = await grant(client, schema)
    return { ...(await tableState(client, schema, known)), applied, notes }
  })
}

const versionTableSql = `CREATE TABLE %S.workflow_manifests_version (
  version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)`

async function prepare(client: ClientBase, schema: string): Promise<void> {
  const there = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
  if (there.rowCount === 0) await client.query(inSchema('CREATE SCHEMA %S', schema))
  await client.query(inSchema(versionTableSql, schema))
}

/** Who may not make roles still gets a table: for its owner alone. */
async function grant(client: ClientBase, schema: string): Promise<readonly string[]> {
  await client.query('SAVEPOINT roles')
  try {
    await client.query(createRolesSql)
    await client.query(inSchema(grantsSql, schema))
    return []
  } catch (error) {
    if ((error as { readonly code?: string }).code !== '42501') throw error
    await client.query('ROLLBACK TO SAVEPOINT roles')
    return [
      `roles and grants were left out (${error instanceof Error ? error.message : ''}): run \`drydock table install\` as one who may create roles`,
    ]
  }
}

/** Rows and their answers go; workflows stay as they are. */
export async function uninstallTable(client: ClientBase, schema: string): Promise<readonly string[]> {
  checkSchemaName(schema)
  const notes: string[] = []
  await inTransaction(client, schema, () => client.query(inSchema(uninstallSql, schema)))
  for (const role of Object.values(roles)) {
    try {
      await client.query(
        `DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN EXECUTE format('REVOKE ALL ON SCHEMA %I FROM ${role}', '${schema}'); DROP ROLE ${role}; END IF; END $do$`,
      )
    } catch (error) {
      notes.push(`role ${role} stays: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return notes
}

export function refuseNewer({ version, newest }: TableState): void {
  if (version > newest)
    throw new UserError(
      'TABLE_NEWER',
      `workflow_manifests has version ${version}, this drydock knows up to ${newest}: use a newer drydock`,
    )
}

async function inTransaction<T>(client: ClientBase, schema: string, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN')
  try {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('workflow_manifests ' || $1, 0))", [schema])
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Rows by what came of them; empty for who may not see them. */
export async function tableSummary(
  client: ClientBase,
  schema: string,
): Promise<readonly { readonly state: string; readonly rows: number }[]> {
  const sql = `SELECT CASE WHEN observed_generation < generation THEN 'Due' ELSE state END AS state, count(*)::int AS rows
    FROM %S.workflow_manifests GROUP BY 1 ORDER BY 1`
  return (await client.query<{ state: string; rows: number }>(inSchema(sql, schema))).rows
}

/** All that `installTable` runs on a database that has nothing yet. */
export const tableSql = (schema: string): string =>
  inSchema(
    [
      'BEGIN;',
      'CREATE SCHEMA IF NOT EXISTS %S;',
      `${versionTableSql};`,
      ...tableMigrations.flatMap(({ version, name, sql }) => [
        sql,
        `INSERT INTO %S.workflow_manifests_version (version, name) VALUES (${version}, '${name}');`,
      ]),
      createRolesSql,
      grantsSql,
      'COMMIT;',
    ].join('\n'),
    schema,
  )
