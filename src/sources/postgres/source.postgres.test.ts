import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import type { LogFields } from '../../controller/telemetry.ts'
import { openMemoryStore } from '../../store/index.ts'
import { eventually, workflow } from '../sources.contract.ts'
import { TableSource } from './source.ts'
import { ManifestTable } from './table.ts'
import { TestTable, ownServer } from './table.fixtures/table.ts'

const server = ownServer()
let table: TestTable
beforeEach(async () => {
  table = await TestTable.make(server().url)
})
afterEach(() => table.dispose())

const another = async (): Promise<pg.Client> => {
  const client = new pg.Client(server().url)
  client.on('error', () => undefined)
  await client.connect()
  await client.query(`SET search_path = ${table.schema}`)
  return client
}
const history = () => table.controller.history
const generated = (command = 'true') => workflow('generateName: a-', '', command)

describe('drydock_submit', () => {
  it('takes YAML and jsonb, a name and parameters, and is heard of without a poll', async () => {
    await table.start()
    const text = workflow(
      'generateName: a-',
      '  arguments: { parameters: [{ name: a, value: old }, { name: b, value: b }] }\n',
    )
    const json = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Workflow',
      metadata: { generateName: 'j-' },
      spec: { templates: [{ name: 'm', container: { image: 'busybox' } }], entrypoint: 'm' },
    }
    const first = await table.value("SELECT drydock_submit($1, name => 'mine', parameters => $2)", text, {
      a: 'new',
      c: { d: [1] },
    })
    await table.value('SELECT drydock_submit($1::jsonb)', JSON.stringify(json))
    await table.value('SELECT drydock_submit($1::jsonb)', JSON.stringify(workflow('name: text-in-jsonb')))
    await eventually(() => table.controller.workflows.size, 3)
    expect(table.controller.workflows.get('default/mine')?.spec.arguments?.parameters).toEqual([
      { name: 'a', value: 'new' },
      { name: 'c', value: '{"d":[1]}' },
      { name: 'b', value: 'b' },
    ])
    await eventually(
      () => table.row(String(first)),
      expect.objectContaining({
        state: 'Admitted',
        phase: 'Running',
        workflow_namespace: 'default',
        workflow_name: 'mine',
        workflow_uid: 'uid-mine',
        progress: '0/1',
        errors: [],
        observed_generation: '1',
      }),
    )
  })

  it('runs only what was committed', async () => {
    await table.start()
    const other = await another()
    await other.query('BEGIN')
    await other.query('SELECT drydock_submit($1)', [workflow('name: never')])
    await other.query('SAVEPOINT s')
    await other.query('ROLLBACK')
    await other.query('BEGIN')
    await other.query('SELECT drydock_submit($1)', [workflow('name: later')])
    await table.source?.idle()
    expect(history()).toEqual([])
    await other.query('COMMIT')
    await eventually(history, ['create later'])
    await other.end()
  })
})

describe('the table', () => {
  it('reads no text that belongs to other columns than were claimed', async () => {
    const [id, still] = [await table.submit(workflow('name: a')), await table.submit(workflow('name: b'))]
    const pool = new pg.Pool({ connectionString: server().url })
    const statements = new ManifestTable(pool, table.schema, randomUUID(), () => null)
    const claimed = await statements.claim(10, [])
    await table.sql("UPDATE workflow_manifests SET name = 'c', manifest_yaml = 'd' WHERE id = $1", id)
    expect([...(await statements.texts(claimed)).keys()]).toEqual([still])
    expect(await statements.claim(10, [still])).toMatchObject([{ id, generation: '2', name: 'c' }])
    await pool.end()
  })

  it('is told nothing by who stood still while another served it', async () => {
    await table.start()
    const id = await table.submit(workflow('name: a'))
    await eventually(async () => (await table.row(id))['phase'], 'Running')
    await table.source?.idle()
    const signal = new SharedArrayBuffer(4)
    const flag = new Int32Array(signal)
    const other = new Worker(new URL('./table.fixtures/usurper.ts', import.meta.url), {
      workerData: { url: server().url, schema: table.schema, signal },
    })
    await once(other, 'message')
    const flushes = vi.spyOn(ManifestTable.prototype, 'progress')
    table.controller.become('a', { phase: 'Running', progress: '1/2' })
    Atomics.store(flag, 0, 1)
    Atomics.notify(flag, 0)
    Atomics.wait(flag, 0, 1, 20_000)
    await eventually(() => flushes.mock.calls.length > 0 || table.source?.reasons().length !== 0, true)
    await eventually(() => table.source?.reasons().join(), expect.stringContaining('another daemon on the same store'))
    expect(await table.row(id)).toMatchObject({ phase: 'Succeeded', progress: '2/2' })
    await other.terminate()
    await eventually(async () => (await table.row(id))['progress'], '1/2')
    flushes.mockRestore()
  })

  it('writes back only what changed, and what it writes starts nothing', async () => {
    await table.start()
    const id = await table.submit(workflow('name: a'))
    await eventually(async () => (await table.row(id))['phase'], 'Running')
    await table.source?.idle()
    const before = await table.value('SELECT xmin::text FROM workflow_manifests WHERE id = $1', id)
    table.controller.become('a', { phase: 'Running', progress: '0/1' })
    await table.source?.idle()
    expect(await table.value('SELECT xmin::text FROM workflow_manifests WHERE id = $1', id)).toBe(before)
    table.controller.become('a', {
      phase: 'Succeeded',
      progress: '1/1',
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:05Z',
    })
    await eventually(async () => (await table.row(id))['finished_at'], new Date('2026-01-01T00:00:05Z'))
    expect(await table.row(id)).toMatchObject({
      generation: '1',
      observed_generation: '1',
      phase: 'Succeeded',
      progress: '1/1',
    })
    await table.controller.deleteWorkflow('default', 'a')
    await table.source?.idle()
    expect(await table.row(id)).toMatchObject({ phase: 'Succeeded', progress: '1/1' })
  })

  it('passes over rows that somebody holds locked, and comes back to them', async () => {
    const [held, free] = [await table.submit(workflow('name: held')), await table.submit(workflow('name: free'))]
    const other = await another()
    await other.query('BEGIN')
    await other.query('SELECT FROM workflow_manifests WHERE id = $1 FOR UPDATE', [held])
    await table.start({ pollMs: 100 })
    expect(history()).toEqual(['create free'])
    await other.query('COMMIT')
    await eventually(history, ['create free', 'create held'])
    await eventually(async () => (await table.row(held))['state'], 'Admitted')
    await other.query('BEGIN')
    await other.query('SELECT FROM workflow_manifests WHERE id = $1 FOR UPDATE', [held])
    table.controller.become('held', { phase: 'Failed' })
    table.controller.become('free', { phase: 'Failed' })
    await eventually(async () => (await table.row(free))['phase'], 'Failed')
    expect((await table.row(held))['phase']).toBe('Running')
    await other.query('COMMIT')
    await eventually(async () => (await table.row(held))['phase'], 'Failed')
    await other.end()
  })

  it('finds by polling what nobody told of', async () => {
    await table.start({ pollMs: 100 })
    await table.sql('ALTER TABLE workflow_manifests DISABLE TRIGGER workflow_manifests_tell')
    await table.submit(workflow('name: a'))
    await eventually(history, ['create a'])
  })

  it('gives each row to one store, and a store to one daemon', async () => {
    const other = new TestTable2(table)
    for (let i = 0; i < 40; i++) await table.submit(generated(String(i)))
    await Promise.all([table.start(), other.start()])
    expect(table.controller.workflows.size + other.controller.workflows.size).toBe(40)
    const twin = await table.open()
    await eventually(() => twin.reasons()[0], expect.stringContaining('another daemon on the same store serves it'))
    await twin.close()
    await other.dispose()
  })

  it('is served by the next daemon where the one that serves it is frozen', async () => {
    const first = await table.start()
    const client = await another()
    const { rows } = await client.query<{ key: string }>(
      `SELECT (k.classid::bigint << 32 | k.objid::bigint)::text AS key FROM pg_locks k JOIN pg_stat_activity a USING (pid)
        WHERE k.locktype = 'advisory' AND a.application_name = 'drydock table'`,
    )
    await first.close()
    const frozen = await another()
    frozen.on('error', () => undefined)
    for (const { key } of rows) await frozen.query('SELECT pg_advisory_lock($1)', [key])
    const next = await table.open({ silentMs: 2_000 })
    await eventually(() => next.reasons()[0], expect.stringContaining('another daemon on the same store serves it'))
    await eventually(() => next.reasons(), [])
    await next.close()
  })

  it('that goes away is a state, told once; nothing is lost or doubled when it is back', async () => {
    const warned: string[] = []
    const say = (_fields: LogFields, text: string) => void warned.push(text)
    table.log = { debug: () => undefined, info: say, warn: say, error: say }
    const source = await table.start({ pollMs: 100 })
    const id = await table.submit(workflow('name: a'))
    await eventually(async () => (await table.row(id))['phase'], 'Running')
    expect(source.readings().isUp).toBe(true)
    server().kill()
    await eventually(() => source.reasons().length, 1)
    expect(source.readings().isUp).toBe(false)
    table.controller.become('a', { phase: 'Succeeded', progress: '1/1' })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    server().start()
    await eventually(() => source.reasons(), [])
    const client = await another()
    const row = async () =>
      (await client.query<{ phase: string }>('SELECT phase FROM workflow_manifests')).rows[0]?.phase
    await eventually(row, 'Succeeded')
    await client.query('SELECT drydock_submit($1)', [workflow('name: b')])
    await eventually(history, ['create a', 'create b'])
    expect(warned.filter((text) => text.includes('is away')).length).toBeLessThanOrEqual(2)
    expect(warned.filter((text) => text.includes('there again'))).toHaveLength(1)
    await table.client.end().catch(() => undefined)
    await source.close()
    await client.end()
    table = await TestTable.make(server().url)
  })

  it('admits 10,000 rows in seconds, and none of them again after a restart', async () => {
    await table.sql(
      `INSERT INTO workflow_manifests (manifest_yaml) SELECT replace($1, 'COMMAND', i::text) FROM generate_series(1, 10000) i`,
      generated('COMMAND'),
    )
    const tookMs = await processorMs(() => table.start())
    expect(table.controller.workflows.size).toBe(10_000)
    expect(await table.value("SELECT count(*)::int FROM workflow_manifests WHERE phase = 'Running'")).toBe(10_000)
    expect(tookMs).toBeLessThan(60_000)
    await table.start()
    expect(history()).toHaveLength(10_000)
    console.log(`10,000 rows: ${Math.round(tookMs)} ms`)
  })
})

/** Another daemon on the same table, with a store of its own. */
class TestTable2 {
  readonly controller
  readonly #of: TestTable
  #source: TableSource | null = null
  constructor(of: TestTable) {
    this.#of = of
    this.controller = new (of.controller.constructor as new () => TestTable['controller'])()
  }
  async start(): Promise<void> {
    const { url, schema, log } = this.#of
    this.#source = await TableSource.open({
      postgres: { url },
      schema,
      log,
      controller: this.controller,
      store: openMemoryStore(),
      namespace: 'default',
    })
    await this.#source.idle()
  }
  async dispose(): Promise<void> {
    await this.#source?.close()
  }
}
