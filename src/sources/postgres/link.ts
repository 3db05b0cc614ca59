/**
 * The way to the table's database: a session that listens and holds the right to serve the table, and a pool. That it is
 * away is a state, told once.
 */
import type { Client, Pool } from 'pg'
import type { Log } from '../../controller/telemetry.ts'
import { isConnectionFault, keepSession, openPool, Silence, silentMsDefault } from '../../postgres/index.ts'
import type { KeptSession, PostgresOptions } from '../../postgres/index.ts'
import { UserError } from '../../resources/index.ts'
import { checkSchemaName, installTable, refuseNewer, tableState } from './install.ts'

export type LinkOptions = {
  readonly postgres: PostgresOptions
  readonly schema: string
  /** Make the table, or bring it up to date, where that may be done. */
  readonly install: boolean
  readonly claimant: string
  readonly log: Log
  /** The table is there, and ours to serve. */
  readonly onUp: (pool: Pool, instance: string) => Promise<void>
  readonly onNews: () => void
  /** Another daemon that serves it and says nothing for so long is cut off; 15,000 where nothing is said. */
  readonly silentMs?: number
}

/** Statements of the pool that take longer have lost their server. */
const statementMs = 60_000
/** Those of the session, on which it depends when a server that says nothing is noticed. */
const sessionStatementMs = 30_000
const connections = 4

export class TableLink {
  readonly #options: LinkOptions
  readonly #silence: Silence
  #pool: Pool | null = null
  #session: KeptSession | null = null
  #reason: string | null = 'the table of manifests is not connected yet'
  /** Why it was away, since it was there last. */
  readonly #said = new Set<string>()

  constructor(options: LinkOptions) {
    checkSchemaName(options.schema)
    this.#options = options
    this.#silence = new Silence(options.silentMs ?? silentMsDefault)
  }

  /** Why the table is not served, or `null`. */
  get reason(): string | null {
    return this.#reason
  }

  /** The session that holds the right to serve the table; `null` while it is away. */
  get session(): Client | null {
    return this.#session?.client() ?? null
  }

  open(): void {
    const { postgres } = this.#options
    this.#session = keepSession(
      { queryTimeoutMs: sessionStatementMs, ...postgres, applicationName: 'drydock table' },
      {
        onUp: (client) => this.#up(client),
        onDown: (error) => this.#down(error),
      },
    )
  }

  async close(): Promise<void> {
    await this.#session?.close()
    await this.#pool?.end().catch(() => undefined)
  }

  async #up(client: Client): Promise<void> {
    const { schema, claimant, postgres, onNews, onUp, log } = this.#options
    const instance = await this.#ready(client)
    const key = `drydock table ${instance} ${claimant}`
    const locked = await client.query<{ ok: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS ok', [
      key,
    ])
    if (locked.rows[0]?.ok !== true) {
      const ended = await this.#silence.look(client, { sql: serversSql, values: [key] })
      throw new Error(
        `another daemon on the same store serves it${ended.length > 0 ? '; it said nothing and was cut off' : ''}`,
      )
    }
    client.on('notification', ({ payload }) => {
      if (payload === schema) onNews()
    })
    await client.query('LISTEN workflow_manifests')
    this.#pool ??= await openPool({
      queryTimeoutMs: statementMs,
      connectionsMax: connections,
      applicationName: 'drydock table',
      ...postgres,
    })
    await onUp(this.#pool, instance)
    if (this.#said.size > 0) log.info({ schema }, 'the table of manifests is there again')
    this.#reason = null
    this.#said.clear()
  }

  async #ready(client: Client): Promise<string> {
    const { schema, install, log } = this.#options
    let state = await tableState(client, schema)
    refuseNewer(state)
    if (state.version < state.newest) {
      if (!install) throw notInstalled(schema)
      const installed = await installTable(client, schema).catch((error: unknown) => {
        throw isConnectionFault(error) ? error : notInstalled(schema, error)
      })
      log.info({ schema, applied: installed.applied }, 'the table of manifests was installed')
      for (const note of installed.notes) log.warn({ schema }, note)
      state = installed
    }
    if (state.instance === null) throw notInstalled(schema)
    return state.instance
  }

  #down(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    this.#reason = `the table of manifests is away: ${why}`
    if (this.#said.has(why)) return
    this.#said.add(why)
    this.#options.log.warn(
      { schema: this.#options.schema, reason: why },
      'the table of manifests is away; it is tried again',
    )
  }
}

const serversSql = `SELECT k.pid, 'table' AS key FROM pg_locks k
  WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
    AND k.classid::bigint = (hashtextextended($1, 0) >> 32) & 4294967295
    AND k.objid::bigint = hashtextextended($1, 0) & 4294967295
    AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())`

const notInstalled = (schema: string, cause?: unknown) =>
  new UserError(
    'TABLE_NOT_INSTALLED',
    `there is no table workflow_manifests in schema ${schema}, or an old one${cause instanceof Error ? ` (${cause.message})` : ''}`,
    { hint: 'run `drydock table install` as one who may make it', cause },
  )
