import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, it } from 'vitest'

const program = join(import.meta.dirname, '..', '..', '..', 'bin', 'drydock.js')
const base = mkdtempSync(join(tmpdir(), 'drydock-db-'))
afterAll(() => rmSync(base, { recursive: true }))

async function drydock(...words: readonly string[]) {
  const env = { ...process.env, DATABASE_URL: '', DRYDOCK_STORE_URL: '' }
  const child = spawn(process.execPath, [program, ...words, '--data', join(base, 'data')], { cwd: base, env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

it('shows, brings up to date, copies and puts back; a newer schema is refused with exit code 78', async () => {
  expect(await drydock('db', 'status')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/1 +pending/) as string,
  })
  expect(await drydock('db', 'migrate')).toMatchObject({
    code: 0,
    output: expect.stringContaining('applied 1') as string,
  })
  expect(await drydock('db', 'status')).toMatchObject({
    code: 0,
    output: expect.stringMatching(/1 +applied/) as string,
  })
  expect(await drydock('db', 'backup', 'copy.db')).toMatchObject({ code: 0 })
  expect(await drydock('db', 'rollback')).toMatchObject({
    code: 0,
    output: expect.stringContaining('taken back 3') as string,
  })
  // What comes next would throw the archive away.
  expect(await drydock('db', 'rollback')).toMatchObject({
    code: 1,
    output: expect.stringContaining('--force') as string,
  })
  const db = new DatabaseSync(join(base, 'data', 'drydock.db'))
  db.exec("INSERT INTO schema_migration VALUES (99, 'from the future', 'x')")
  db.close()
  for (const words of [['up'], ['db', 'migrate']]) {
    const { code, output } = await drydock(...words)
    expect(output).toMatch(/has schema version 99, this drydock knows up to \d+: run a newer drydock/)
    expect(output).not.toMatch(/^ +at /m)
    expect(code).toBe(78)
  }
  expect(await drydock('db', 'status')).toMatchObject({
    code: 78,
    output: expect.stringMatching(/99 +foreign/) as string,
  })
  expect(await drydock('db', 'restore', 'copy.db')).toMatchObject({
    code: 0,
    output: expect.stringContaining('kept as') as string,
  })
  expect(await drydock('db', 'status')).toMatchObject({ code: 0 })
  expect(await drydock('up', '--config', 'none.yaml')).toMatchObject({ code: 1 })
}, 60_000)
