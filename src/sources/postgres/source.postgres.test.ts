import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import type { LogFields } from '../../controller/telemetry.ts'
import { openMemoryStore } from '../../store/index.ts'
import { eventually, template, workflow } from '../sources.contract.ts'
import { TableSource } from './source.ts'
import { ManifestTable } from './table.ts'
import { TestTable } from './table.fixtures/table.ts'

let server: PostgresServer
let table: TestTable
beforeAll(async () => {
  server = await startPostgres()
}, 300_000)
afterAll(() => server.stop())
beforeEach(async () => {
  table = await TestTable.make(server.url)
})
afterEach(() => table.dispose())

const another = async (): Promise<pg.Client> => {
  const client = new pg.Client(server.url)
  client.on('error', () => undefined)
  await client.connect()
  await client.query(`SET search_path = ${table.schema}`)
  return client
}
const history = () => table.controller.history
const generated = (command = 'true') => workflow('generateName: a-', '', command)
const wish = (id: string, state: string) =>
  table.sql('UPDATE workflow_manifests SET desired_state = $2 WHERE id = $1', id, state)

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

describe('desired_state', () => {
  it('suspends and resumes, stops and terminates, and deletes with the results', async () => {
    await table.start()
    const id = await table.submit(workflow('name: a'))
    await eventually(history, ['create a'])
    for (const [call, operation] of [
      ['suspend', { kind: 'edit', suspend: true }],
      ['stop', { kind: 'stop' }],
      ['terminate', { kind: 'terminate' }],
    ] as const) {
      await table.sql(`SELECT drydock_${call}($1)`, id)
      await eventually(() => table.controller.operations.at(-1), operation)
    }
    table.controller.become('a', { phase: 'Failed' })
    await table.sql('SELECT drydock_delete($1)', id)
    await eventually(() => table.controller.workflows.size, 0)
    await eventually(
      () => table.row(id),
      expect.objectContaining({ state: 'Deleted', phase: null, observed_state: 'deleted' }),
    )
    await table.sql('SELECT drydock_resume($1)', id)
    await eventually(history, ['create a', 'delete a', 'create a'])
  })

  it('makes a suspended row’s workflow suspended, and running lets it go', async () => {
    await table.start()
    const id = await table.value("SELECT drydock_submit($1, desired_state => 'suspended')", workflow('name: a'))
    await eventually(() => table.controller.workflows.get('default/a')?.spec.suspend, true)
    await table.sql('SELECT drydock_resume($1)', id)
    await eventually(() => table.controller.operations, [{ kind: 'edit', suspend: null }])
  })

  it('never runs what is stopped before it was seen, until it is to run', async () => {
    const id = String(
      await table.value(
        "SELECT drydock_submit($1, desired_state => 'stopped')",
        `${workflow('name: a')}---\n${template('t')}`,
      ),
    )
    await table.start()
    expect(history()).toEqual(['put WorkflowTemplate t'])
    expect((await table.row(id))['message']).toBe('not run: desired_state is stopped')
    await wish(id, 'running')
    await eventually(history, ['put WorkflowTemplate t', 'create a'])
  })

  it('is refused with a suggestion where it is unknown, and changes nothing then', async () => {
    await table.start()
    const id = await table.submit(workflow('name: a'))
    await eventually(history, ['create a'])
    await wish(id, 'stoped')
    await eventually(
      async () => (await table.row(id))['errors'],
      [{ path: 'desired_state', message: 'unknown desired_state "stoped"', suggestion: 'did you mean "stopped"?' }],
    )
    expect(table.controller.operations).toEqual([])
    await expect(table.sql('SELECT drydock_stop(999)')).rejects.toThrow('there is no manifest 999')
  })

  it('runs again what was deleted and inserted anew under its id', async () => {
    await table.start()
    const id = await table.submit(generated())
    await eventually(() => table.controller.workflows.size, 1)
    const [name = ''] = [...table.controller.workflows.values()].map(({ metadata }) => metadata.name ?? '')
    table.controller.become(name, { phase: 'Succeeded' })
    await table.sql('BEGIN')
    await table.sql('DELETE FROM workflow_manifests WHERE id = $1', id)
    await table.sql('INSERT INTO workflow_manifests (id, manifest_yaml) VALUES ($1, $2)', id, generated())
    await table.sql('COMMIT')
    await eventually(() => table.controller.workflows.size, 2)
  })

  it('goes with TRUNCATE, also while nobody looked', async () => {
    await table.start()
    await table.submit(workflow('name: a'))
    await table.submit(template('t'))
    await eventually(() => history().length, 2)
    await table.source?.close()
    await table.sql('TRUNCATE workflow_manifests')
    await table.start()
    expect([...table.controller.workflows.keys(), ...table.controller.objects.keys()]).toEqual([])
    expect(await table.sql('SELECT FROM workflow_manifests_deleted')).toEqual([])
  })
})

describe('bad rows', () => {
  it('get their errors written back and hinder no other', async () => {
    const bomb = `a: &a [${'x,'.repeat(50)}]\n${'bcdefghij'
      .split('')
      .map((name, i) => `${name}: &${name} [${`*${'abcdefghi'[i]},`.repeat(50)}]`)
      .join('\n')}\n`
    const huge = workflow(
      'name: huge',
      `  arguments: { parameters: [{ name: a, value: "${'x'.repeat(10 * 1024 * 1024)}" }] }\n`,
    )
    const bad = new Map<string, RegExp>()
    const put = async (error: RegExp, sql: string, ...values: readonly unknown[]) =>
      bad.set(String(await table.value(`INSERT INTO workflow_manifests ${sql} RETURNING id`, ...values)), error)
    await put(/both null/, 'DEFAULT VALUES')
    await put(/both set/, "(manifest, manifest_yaml) VALUES ('{}', 'a')")
    await put(/./, "(manifest) VALUES ('null')")
    await put(/./, "(manifest) VALUES ('5')")
    await put(/./, "(manifest) VALUES ('[1]')")
    await put(/manifest is empty/, "(manifest_yaml) VALUES ('')")
    await put(/./, "(manifest_yaml) VALUES ('a: [')")
    await put(/maxNodes|alias|nodes/i, '(manifest_yaml) VALUES ($1)', bomb)
    await put(/more than the/, "(manifest_yaml) VALUES (repeat('x', 17000000))")
    await put(/cannot unmarshal/, '(manifest) VALUES ($1)', { kind: 'Workflow', spec: { entrypoint: 5 } })
    await put(/object of names/, "(manifest_yaml, parameters) VALUES ($1, '[1]')", workflow('name: p'))
    await put(/exactly one Workflow/, "(manifest_yaml, name) VALUES ($1, 'x')", template('t'))
    await put(
      /templates.refused undefined/,
      '(manifest_yaml) VALUES ($1)',
      workflow('name: r').replace('entrypoint: main', 'entrypoint: refused'),
    )
    const good = await table.submit(workflow('name: good'))
    const big = await table.submit(huge)
    await table.start()
    for (const [id, error] of bad) {
      const row = await table.row(id)
      expect([id, row['state'], row['phase']]).toEqual([id, 'Refused', 'Error'])
      expect(row['message']).toMatch(error)
    }
    expect((await table.row(good))['state']).toBe('Admitted')
    expect((await table.row(big))['state']).toBe('Admitted')
    expect(history().toSorted()).toEqual(['create good', 'create huge'])
  })

  it('of jsonb have the place of jsonb_pretty', async () => {
    await table.start()
    const id = String(
      await table.value(
        'SELECT drydock_submit($1::jsonb)',
        JSON.stringify({
          kind: 'Workflow',
          apiVersion: 'argoproj.io/v1alpha1',
          metadata: { name: 'a' },
          spec: { entripoint: 'm' },
        }),
      ),
    )
    await eventually(
      async () => ((await table.row(id))['errors'] as unknown[])[0],
      expect.objectContaining({ path: 'spec.entripoint' }),
    )
    const { errors } = (await table.row(id)) as { errors: [{ line: number }] }
    const lines = String(
      await table.value('SELECT jsonb_pretty(manifest) FROM workflow_manifests WHERE id = $1', id),
    ).split('\n')
    expect(lines[errors[0].line - 1]).toContain('entripoint')
  })

  it('in a database that is not UTF-8 are told apart from good ones', async () => {
    await table.client.query(
      "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    )
    const url = server.url.replace(/\/postgres$/, '/bytes')
    const bytes = await TestTable.make(url)
    try {
      await bytes.client.query("SET client_encoding = 'SQL_ASCII'")
      await bytes.client.query(`INSERT INTO workflow_manifests (manifest_yaml) VALUES (E'kind: \\xff\\xfe')`)
      const good = await bytes.submit(workflow('name: good'))
      await bytes.start()
      expect((await bytes.row('1'))['message']).toMatch(/UTF-8/)
      expect((await bytes.row(good))['state']).toBe('Admitted')
    } finally {
      await bytes.dispose()
    }
  })

  it('never give away what a Secret holds: neither in errors, nor in logs, nor to readers', async () => {
    const said: string[] = []
    const say = (fields: LogFields, text: string) => void said.push(JSON.stringify(fields) + text)
    table.log = { debug: say, info: say, warn: say, error: say }
    const secrets = [
      'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { password: hunter2 }\nhunter2: x\n',
      'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata: { password: "hunter2!" }\n',
      'kind: Secret\nmetadata: { name: s }\nstringData:\n  password: hunter2\n bad: *hunter2\n',
      'kind: Secret\nmetadata: { name: s }\nstringData: { password: [hunter2, hunter2] }\n',
      'kind: Secret\ntype: hunter2\nmetadata: { name: hunter2 hunter2, labels: hunter2 }\nstringData: hunter2\n',
    ]
    for (const text of secrets) await table.submit(text)
    await table.value(
      'SELECT drydock_submit($1::jsonb)',
      JSON.stringify({ kind: 'Secret', metadata: { name: 's' }, stringData: { p: ['hunter2'] } }),
    )
    await table.start()
    const rows = await table.sql('SELECT id, state, errors, message, objects FROM workflow_manifests')
    expect(rows.every(({ state }) => state === 'Refused')).toBe(true)
    expect(JSON.stringify(rows)).not.toMatch(/hunter2/)
    expect(said.join('\n')).not.toMatch(/hunter2/)
    expect(await table.sql('SELECT FROM workflow_manifests_contents')).toEqual([])
  })
})

describe('the table', () => {
  it('reads no text that belongs to other columns than were claimed', async () => {
    const [id, still] = [await table.submit(workflow('name: a')), await table.submit(workflow('name: b'))]
    const pool = new pg.Pool({ connectionString: server.url })
    const statements = new ManifestTable(pool, table.schema, randomUUID())
    const claimed = await statements.claim(10, [])
    await table.sql("UPDATE workflow_manifests SET name = 'c', manifest_yaml = 'd' WHERE id = $1", id)
    expect([...(await statements.texts(claimed)).keys()]).toEqual([still])
    expect(await statements.claim(10, [still])).toMatchObject([{ id, generation: '2', name: 'c' }])
    await pool.end()
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
    server.kill()
    await eventually(() => source.reasons().length, 1)
    expect(source.readings().isUp).toBe(false)
    table.controller.become('a', { phase: 'Succeeded', progress: '1/1' })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    server.start()
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
    table = await TestTable.make(server.url)
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
