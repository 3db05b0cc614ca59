/** The store on Postgres: a schema of its own, a group commit of ours on top of the server's. */
import type { Pool } from 'pg'
import type { WorkflowUid } from '../../resources/index.ts'
import { storeError } from '../fault.ts'
import { orderPage, whereOf } from '../listing.ts'
import type { Dialect } from '../listing.ts'
import type { Change, Committed, NodePage, NodeRow, ObjectRow, Store, WorkflowQuery, WorkflowRow } from '../port.ts'
import { jsonOf, nodeOf, objectOf, workflowColumns, workflowOf, workflowTables } from '../rows.ts'
import type { SqlRow } from '../rows.ts'
import { encode } from '../wire.ts'
import { CommitQueue } from './commit-queue.ts'
import { migrate } from './open.ts'
import { postgresFault } from './postgres-fault.ts'

export type PostgresStoreOptions = {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /** Made if it is not there. */
  readonly schema?: string
  readonly connectionsMax?: number
}

const dialect: Dialect = {
  placeholder: (index) => `$${index}`,
  contains: (text, part) => `strpos(${text}, ${part}) > 0`,
  bool: (value) => value,
}

/** @throws WorldError STORE_NEWER_SCHEMA, STORE_FOREIGN_SCHEMA, STORE_READONLY, STORE_DOWN */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, schema = 'drydock', connectionsMax = 8 } = options
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw storeError({ code: 'STORE_FOREIGN_SCHEMA', message: `not a schema name: ${schema}` })
  const { default: pg } = await import('pg') // who runs on SQLite need not load it
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: 10_000,
    // Durable means durable, whatever the server's default; and nobody waits for a lock for ever.
    options: `-c search_path=${schema} -c synchronous_commit=on -c lock_timeout=10s -c client_min_messages=warning`,
  })
  pool.on('error', () => undefined) // an idle connection broke; the next query takes another
  try {
    await migrate(pool, schema)
  } catch (error) {
    await pool.end()
    throw asStoreError(error)
  }
  return new PostgresStore(pool)
}

const asStoreError = (error: unknown): unknown =>
  error instanceof Error && error.name === 'WorldError' ? error : storeError(postgresFault(error), error)

class PostgresStore implements Store {
  readonly #pool: Pool
  readonly #commits: CommitQueue
  #closed: Promise<void> | null = null

  constructor(pool: Pool) {
    this.#pool = pool
    this.#commits = new CommitQueue(pool)
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    return this.#closed ? Promise.reject(closedError()) : this.#commits.push(encode(changes))
  }

  async currentVersion(): Promise<number> {
    const [row] = await this.#rows("SELECT value FROM counter WHERE name = 'resource_version'")
    return Number(row?.['value'] ?? 0)
  }

  async workflow(namespace: string, name: string): Promise<WorkflowRow | null> {
    const sql = `SELECT ${workflowColumns} ${workflowTables} WHERE w.namespace = $1 AND w.name = $2`
    const [row] = await this.#rows(sql, namespace, name)
    return row ? workflowOf(row) : null
  }

  async workflowByUid(uid: WorkflowUid): Promise<WorkflowRow | null> {
    const [row] = await this.#rows(`SELECT ${workflowColumns} ${workflowTables} WHERE w.uid = $1`, uid)
    return row ? workflowOf(row) : null
  }

  async workflows(query: WorkflowQuery): Promise<readonly WorkflowRow[]> {
    const { text, values } = whereOf(query, dialect)
    const page = `LIMIT $${values.length + 1} OFFSET $${values.length + 2}`
    const sql = `SELECT ${workflowColumns} ${workflowTables} ${text} ORDER BY w.sort_at DESC, w.created_at DESC, w.uid DESC ${page}`
    return orderPage((await this.#rows(sql, ...values, query.limit ?? null, query.offset ?? 0)).map(workflowOf))
  }

  async countWorkflows(query: WorkflowQuery): Promise<number> {
    return [...(await this.countByPhase(query)).values()].reduce((sum, count) => sum + count, 0)
  }

  async countByPhase(query: WorkflowQuery): Promise<ReadonlyMap<string, number>> {
    const { text, values } = whereOf(query, dialect)
    const rows = await this.#rows(`SELECT w.phase, count(*) AS n FROM workflow w ${text} GROUP BY w.phase`, ...values)
    return new Map(rows.map((row) => [String(row['phase']), Number(row['n'])]))
  }

  async nodes(uid: WorkflowUid): Promise<readonly NodeRow[]> {
    return (await this.#rows(nodePage, uid, 0, null)).map(nodeOf)
  }

  async nodePage(uid: WorkflowUid, cursor: string | null, limit: number): Promise<NodePage> {
    const rows = await this.#rows(nodePage, uid, cursor ?? 0, limit + 1)
    const next = rows.length > limit ? String(rows[limit]?.['no']) : null
    return { rows: rows.slice(0, limit).map(nodeOf), next }
  }

  async objects(kind: string, namespace?: string): Promise<readonly ObjectRow[]> {
    const sql = 'SELECT * FROM object WHERE kind = $1 AND ($2::text IS NULL OR namespace = $2) ORDER BY namespace, name'
    return (await this.#rows(sql, kind, namespace ?? null)).map(objectOf)
  }

  async object(kind: string, namespace: string, name: string): Promise<ObjectRow | null> {
    const sql = 'SELECT * FROM object WHERE kind = $1 AND namespace = $2 AND name = $3'
    const [row] = await this.#rows(sql, kind, namespace, name)
    return row ? objectOf(row) : null
  }

  async records(collection: string): Promise<ReadonlyMap<string, unknown>> {
    const rows = await this.#rows('SELECT key, value FROM record WHERE collection = $1 ORDER BY key', collection)
    return new Map(rows.map((row) => [String(row['key']), jsonOf(row['value'])]))
  }

  async record(collection: string, key: string): Promise<unknown> {
    const [row] = await this.#rows('SELECT value FROM record WHERE collection = $1 AND key = $2', collection, key)
    return jsonOf(row?.['value'])
  }

  close(): Promise<void> {
    this.#closed ??= this.#commits.idle().then(() => this.#pool.end())
    return this.#closed
  }

  async #rows(text: string, ...values: readonly unknown[]): Promise<readonly SqlRow[]> {
    if (this.#closed) throw closedError()
    try {
      return (await this.#pool.query<SqlRow>(text, [...values])).rows
    } catch (error) {
      throw asStoreError(error)
    }
  }
}

const closedError = () => storeError({ code: 'STORE_DOWN', message: 'the store is closed' })

const nodePage = `SELECT no, id, node, internal FROM node
  WHERE workflow = (SELECT no FROM workflow WHERE uid = $1) AND no >= $2 ORDER BY no LIMIT $3`
