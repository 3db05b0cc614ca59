/** Rows that cannot be run: what is said of them, and what is not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogFields } from '../../controller/telemetry.ts'
import { eventually, template, workflow } from '../sources.contract.ts'
import { TestTable, ownServer } from './table.fixtures/table.ts'

const server = ownServer()
let table: TestTable
beforeEach(async () => {
  table = await TestTable.make(server().url)
})
afterEach(() => table.dispose())

const history = () => table.controller.history

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
    const url = server().url.replace(/\/postgres$/, '/bytes')
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
