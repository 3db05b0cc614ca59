/** The store on Postgres: a schema of its own, a group commit of ours on top of the server's. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Pool } from 'pg'
import {
  connectionsMaxDefault,
  isConnectionFault,
  openPool,
  pauseMs,
  reconnectPauses,
  silentMsDefault,
} from '../../postgres/index.ts'
import type { PostgresOptions } from '../../postgres/index.ts'
import { UserError } from '../../resources/index.ts'
import type { WorkflowUid } from '../../resources/index.ts'
import type { StoreArchive } from '../archive.ts'
import { storeError } from '../fault.ts'
import { namelessLease } from '../fleet.ts'
import { orderPage, whereOf } from '../listing.ts'
import type { Dialect } from '../listing.ts'
import { joinLists } from '../long-lists.ts'
import type {
  Change,
  Committed,
  NodePage,
  NodeRow,
  ObjectRow,
  Store,
  StoreHealth,
  WorkflowQuery,
  WorkflowRow,
} from '../port.ts'
import { jsonOf, NodeRows, objectOf, workflowColumns, workflowOf, workflowTables } from '../rows.ts'
import type { SqlRow } from '../rows.ts'
import { encode } from '../wire.ts'
import { postgresArchive } from './archive.ts'
import { pause, takeLease } from './connect.ts'
import type { Waiting } from './connect.ts'
import { openFleet } from './fleet.ts'
import type { PostgresFleet } from './fleet.ts'
import type { LeaseName } from './lease.ts'
import { nodePage } from './node-page.ts'
import { asStoreError } from './postgres-fault.ts'
import { Writer } from './writer.ts'

export type PostgresStoreOptions = PostgresOptions & {
  /** Made if it is not there. */
  readonly schema?: string
  /** Its name, where several share the database (../fleet.ts). Without one it must be alone there. */
  readonly controller?: string
  /** Migrations that are due are applied; otherwise they are an error. True where nothing is said. */
  readonly mayMigrate?: boolean
  /** What the server may leave unanswered before its connection is given up; 15,000 where nothing is said. */
  readonly stallMs?: number
  /** Another controller that is connected and says nothing for so long is cut off; 15,000 where nothing is said. */
  readonly silentMs?: number
  /** Without it, a server that is away and another daemon in charge are errors at the opening. */
  readonly wait?: Waiting
  /** Told when the store goes down (the reason) and comes back (`null`). */
  readonly onHealth?: (reason: string | null) => void
  /** Told when another daemon has taken over: every commit is refused from then on. */
  readonly onLost?: (reason: string) => void
}

export type PostgresStore = Store & {
  /** Commits that wait for a server that is away are refused, so that a daemon can end. */
  giveUp(): void
  sizeBytes(): Promise<number>
  /** The other controllers; `null` without a name of our own. */
  readonly fleet: PostgresFleet | null
}

/** Reads are tried again while the server has been away for less; then they fail at once. */
const readPatienceMs = 2_000

const dialect: Dialect = {
  placeholder: (index) => `$${index}`,
  contains: (text, part) => `strpos(${text}, ${part}) > 0`,
  bool: (value) => value,
  owner: 'w.owner',
}

/**
 * Opens it for writing, which one process at a time may do.
 * @throws WorldError STORE_LOCKED, STORE_NEWER_SCHEMA, STORE_OLD_SCHEMA, STORE_FOREIGN_SCHEMA, STORE_READONLY, STORE_DOWN
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { mayMigrate = true, stallMs = 15_000, silentMs = silentMsDefault } = options
  const { wait, onHealth = ignore, onLost = ignore } = options
  const name = leaseOf(options)
  const base = sessionOf(options)
  const session = name.isAlone ? base.session : { ...base.session, 'drydock.owner': name.lease }
  const server = { ...base, ...(session === undefined ? {} : { session }), queryTimeoutMs: stallMs }
  const holder = { token: randomUUID(), host: `${hostname()}, process ${process.pid}` }
  const writing = { ...server, session: { ...server.session, ...plainPlans }, applicationName: 'drydock writer' }
  try {
    const taken = { server: writing, name, holder, mayMigrate, silentMs, ...(wait === undefined ? {} : { wait }) }
    const { client, grip } = await takeLease(taken)
    const pingMs = Math.max(100, Math.round(Math.min(stallMs, silentMs) / 3))
    let fleet: PostgresFleet | null = null
    const lose = (reason: string) => {
      fleet?.lost()
      onLost(reason)
    }
    const writer = new Writer({ server: writing, name, holder, pingMs, onHealth, onLost: lose }, client, grip)
    const pool = await openPool({ connectionsMax: connectionsMaxDefault, ...server })
    if (!name.isAlone) fleet = await openFleet({ server: writing, name, writer, pingMs, silentMs })
    return new PooledStore(pool, writer, fleet)
  } catch (error) {
    throw asStoreError(error)
  }
}

/** @throws UserError BAD_CONTROLLER_NAME */
function leaseOf(options: PostgresStoreOptions): LeaseName {
  const schema = schemaOf(options)
  const { controller } = options
  if (controller === undefined) return { schema, lease: namelessLease, isAlone: true }
  if (controller !== namelessLease && /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(controller))
    return { schema, lease: controller, isAlone: false }
  throw new UserError('BAD_CONTROLLER_NAME', `a controller cannot have the name ${JSON.stringify(controller)}`, {
    hint: `up to 63 of a–z, 0–9, "-" and "."; not "${namelessLease}"`,
  })
}

/** @throws WorldError STORE_FOREIGN_SCHEMA where the name could be no schema's */
export function schemaOf({ schema = 'drydock' }: PostgresStoreOptions): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return schema
  throw storeError({ code: 'STORE_FOREIGN_SCHEMA', message: `not a schema name: ${schema}` })
}

/** Durable means durable, whatever the server's default; and nobody waits for a lock for ever, of one who is frozen either. */
export const sessionOf = (options: PostgresStoreOptions): PostgresOptions => ({
  connectTimeoutMs: Math.min(10_000, options.stallMs ?? 10_000),
  ...options,
  session: {
    search_path: schemaOf(options),
    synchronous_commit: 'on',
    lock_timeout: '10s',
    idle_in_transaction_session_timeout: '8s',
    ...options.session,
  },
})

/** Rows are always found by their keys; a plan made while a table was small must not outlive that. */
const plainPlans = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' }

const ignore = (): undefined => undefined

class PooledStore implements PostgresStore {
  readonly #pool: Pool
  readonly #writer: Writer
  readonly #closing = new AbortController()
  readonly archive: StoreArchive = postgresArchive((text, ...values) => this.#rows(text, ...values))
  readonly fleet: PostgresFleet | null
  #closed: Promise<void> | null = null

  constructor(pool: Pool, writer: Writer, fleet: PostgresFleet | null) {
    this.#pool = pool
    this.#writer = writer
    this.fleet = fleet
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    return this.#closed ? Promise.reject(closedError()) : this.#writer.push(encode(changes))
  }

  health(): StoreHealth {
    return this.#writer.health
  }

  giveUp(): void {
    this.#writer.giveUp()
  }

  confirm(): Promise<void> {
    return this.#writer.confirm()
  }

  async sizeBytes(): Promise<number> {
    const sql = `SELECT sum(pg_total_relation_size(c.oid)) AS bytes FROM pg_class c
      WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`
    return Number((await this.#rows(sql))[0]?.['bytes'] ?? 0)
  }

  async currentVersion(): Promise<number> {
    const [row] = await this.#rows(versionNow)
    return Number(row?.['value'] ?? 0)
  }

  async workflow(namespace: string, name: string): Promise<WorkflowRow | null> {
    const [row] = await this.#rows(byName, namespace, name)
    return row ? this.#workflowOf(row) : null
  }

  async workflowByUid(uid: WorkflowUid): Promise<WorkflowRow | null> {
    const [row] = await this.#rows(byUid, uid)
    return row ? this.#workflowOf(row) : null
  }

  async workflows(query: WorkflowQuery): Promise<readonly WorkflowRow[]> {
    const { text, values } = whereOf(query, dialect)
    const page = `LIMIT $${values.length + 1} OFFSET $${values.length + 2}`
    const sql = `SELECT ${columns} ${workflowTables} ${text} ORDER BY w.sort_at DESC, w.created_at DESC, w.uid DESC ${page}`
    return orderPage(
      (await this.#rows(sql, ...values, query.limit ?? null, query.offset ?? 0)).map((row) => this.#workflowOf(row)),
    )
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
    const { rows, pieces, next } = await this.nodePage(uid, null, rowsAtOnce)
    return next === null ? joinLists(rows, pieces) : this.#read((pool) => manyNodes(pool, uid))
  }

  async nodePage(uid: WorkflowUid, cursor: string | null, limit: number): Promise<NodePage> {
    const rows = await this.#rows(nodePage, uid, cursor ?? 0, limit + 1)
    const next = rows.length > limit ? String(rows[limit]?.['offset_no']) : null
    const { rows: nodes, pieces } = new NodeRows(rows.slice(0, limit))
    return { rows: nodes, pieces, next }
  }

  async objects(kind: string, namespace?: string): Promise<readonly ObjectRow[]> {
    return (await this.#rows(allObjects, kind, namespace ?? null)).map(objectOf)
  }

  async object(kind: string, namespace: string, name: string): Promise<ObjectRow | null> {
    const [row] = await this.#rows(oneObject, kind, namespace, name)
    return row ? objectOf(row) : null
  }

  async records(collection: string): Promise<ReadonlyMap<string, unknown>> {
    const rows = await this.#rows(allRecords, collection)
    return new Map(rows.map((row) => [String(row['key']), jsonOf(row['value'])]))
  }

  async record(collection: string, key: string): Promise<unknown> {
    const [row] = await this.#rows(oneRecord, collection, key)
    return jsonOf(row?.['value'])
  }

  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  async #end(): Promise<void> {
    await this.fleet?.close()
    await this.#writer.close()
    this.#closing.abort()
    await this.#pool.end()
  }

  /** Whose it is matters where there are several. */
  #workflowOf(row: SqlRow): WorkflowRow {
    const workflow = workflowOf(row)
    return this.fleet === null ? workflow : { ...workflow, owner: String(row['owner']) }
  }

  #rows(text: string, ...values: readonly unknown[]): Promise<readonly SqlRow[]> {
    return this.#read(async (pool) => (await pool.query<SqlRow>(queryOf(text, values))).rows)
  }

  /** Again, where the server was away for a moment. */
  async #read<T>(look: (pool: Pool) => Promise<T>): Promise<T> {
    const begunAt = performance.now()
    for (let failures = 1; ; failures++) {
      if (this.#closed) throw closedError()
      const { health, downMs } = this.#writer
      if (!health.isUp && downMs > readPatienceMs) throw storeError({ code: 'STORE_DOWN', message: health.reason })
      try {
        return await look(this.#pool)
      } catch (error) {
        if (!isConnectionFault(error) || performance.now() - begunAt > readPatienceMs) throw asStoreError(error)
      }
      await pause(pauseMs(reconnectPauses, failures), this.#closing.signal).catch(ignore)
    }
  }
}

/** Node rows that one answer of the server holds. */
const rowsAtOnce = 1000

/**
 * A page at a time, as of one moment: their texts are never in memory all at once, no answer takes as long as a server
 * may be silent, and others get a turn in between.
 */
async function manyNodes(pool: Pool, uid: WorkflowUid): Promise<readonly NodeRow[]> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    const read = new NodeRows()
    for (let from = 0, isMore = true; isMore;) {
      const { rows } = await client.query<SqlRow>(queryOf(nodePage, [uid, from, rowsAtOnce]))
      for (const row of rows) read.add(row)
      from = Number(rows.at(-1)?.['offset_no'] ?? 0) + 1
      isMore = rows.length === rowsAtOnce
    }
    await client.query('COMMIT')
    client.release()
    return joinLists(read.rows, read.pieces)
  } catch (error) {
    client.release(true)
    throw error
  }
}

const closedError = () => storeError({ code: 'STORE_DOWN', message: 'the store is closed' })

const columns = `${workflowColumns}, w.owner`
const versionNow = "SELECT value FROM counter WHERE name = 'resource_version'"
const byName = `SELECT ${columns} ${workflowTables} WHERE w.namespace = $1 AND w.name = $2`
const byUid = `SELECT ${columns} ${workflowTables} WHERE w.uid = $1`
const allObjects =
  'SELECT * FROM object WHERE kind = $1 AND ($2::text IS NULL OR namespace = $2) ORDER BY namespace, name'
const oneObject = 'SELECT * FROM object WHERE kind = $1 AND namespace = $2 AND name = $3'
const allRecords = 'SELECT key, value FROM record WHERE collection = $1 ORDER BY key'
const oneRecord = 'SELECT value FROM record WHERE collection = $1 AND key = $2'

/** One that is the same each time is prepared once a connection. */
function queryOf(text: string, values: readonly unknown[]) {
  const name = prepared.get(text)
  return { text, values: [...values], ...(name === undefined ? {} : { name }) }
}

const prepared: ReadonlyMap<string, string> = new Map(
  [versionNow, byName, byUid, allObjects, oneObject, allRecords, oneRecord, nodePage].map((text, i) => [
    text,
    `read-${i}`,
  ]),
)
