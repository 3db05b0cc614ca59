/** A table in a schema of its own on a server that tests share, and a source over it. */
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { startPostgres } from '../../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../../scripts/postgres.ts'
import type { Log } from '../../../controller/telemetry.ts'
import { silentLog } from '../../../controller/telemetry.ts'
import { openMemoryStore } from '../../../store/index.ts'
import type { Store } from '../../../store/index.ts'
import { MemoryController } from '../../rules/rules.fixtures/memory-controller.ts'
import { installTable } from '../install.ts'
import { TableSource } from '../source.ts'
import type { TableSourceOptions } from '../source.ts'

let schemas = 0

export type Row = Readonly<Record<string, unknown>>

export class TestTable {
  readonly url: string
  readonly schema: string
  readonly client: pg.Client
  readonly controller = new MemoryController()
  readonly store: Store = openMemoryStore()
  log: Log = silentLog
  source: TableSource | null = null

  private constructor(url: string, schema: string, client: pg.Client) {
    this.url = url
    this.schema = schema
    this.client = client
  }

  static async make(url: string): Promise<TestTable> {
    const schema = `manifests_${++schemas}`
    const client = new pg.Client(url)
    client.on('error', () => undefined)
    await client.connect()
    await client.query(`SET search_path = ${schema}`)
    await installTable(client, schema)
    return new TestTable(url, schema, client)
  }

  async sql(text: string, ...values: readonly unknown[]): Promise<readonly Row[]> {
    return (await this.client.query<Row>(text, [...values])).rows
  }
  /** The only row's only value. */
  async value(text: string, ...values: readonly unknown[]): Promise<unknown> {
    const [row] = await this.sql(text, ...values)
    return row === undefined ? undefined : Object.values(row)[0]
  }
  async submit(manifest: string): Promise<string> {
    return String(await this.value('INSERT INTO workflow_manifests (manifest_yaml) VALUES ($1) RETURNING id', manifest))
  }
  async row(id: string): Promise<Row> {
    return (await this.sql('SELECT * FROM workflow_manifests WHERE id = $1', id))[0] ?? {}
  }

  async start(options: Partial<TableSourceOptions> = {}): Promise<TableSource> {
    await this.source?.close()
    this.source = await this.open({ pollMs: 60_000, templateWaitMs: 60_000, gatherMs: 20, ...options })
    await this.source.idle()
    return this.source
  }

  /** A source over the same table and store, as another daemon has it. */
  open(options: Partial<TableSourceOptions> = {}): Promise<TableSource> {
    return TableSource.open({
      postgres: { url: this.url },
      schema: this.schema,
      controller: this.controller,
      store: this.store,
      log: this.log,
      namespace: 'default',
      ...options,
    })
  }

  async dispose(): Promise<void> {
    await this.source?.close()
    await this.client.query(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`).catch(() => undefined)
    await this.client.end()
  }
}

/** A server for the tests of the file. */
export function ownServer(): () => PostgresServer {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  }, 300_000)
  afterAll(() => server.stop())
  return () => server
}
