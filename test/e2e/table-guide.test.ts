/** The commands of docs/table.md, one after the other, as somebody would type them. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'

const guideUrl = 'postgres://postgres@127.0.0.1:5432/postgres'
const root = join(import.meta.dirname, '..', '..')
let server: PostgresServer
let base = ''
let daemon: ChildProcess | null = null
let blocks: readonly { readonly language: string; readonly text: string }[] = []

beforeAll(async () => {
  server = await startPostgres()
  base = await mkdtemp(join(tmpdir(), 'table-guide-'))
  await mkdir(join(base, 'bin'))
  const program = join(base, 'bin', 'drydock')
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin', 'drydock.js')}" "$@"\n`)
  await chmod(program, 0o755)
  const guide = await readFile(join(root, 'docs', 'table.md'), 'utf8')
  blocks = [...guide.matchAll(/^```(sh|sql)\n([^]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }))
}, 300_000)
afterAll(async () => {
  if (daemon?.exitCode === null) {
    daemon.kill('SIGTERM')
    await once(daemon, 'close')
  }
  server.stop()
  await rm(base, { recursive: true, force: true })
})

const environment = () => ({
  ...process.env,
  PATH: `${join(base, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
  DRYDOCK_TABLE_URL: server.url,
  DRYDOCK_SERVER_PORT: '0',
  DRYDOCK_METRICS_PORT: '0',
})

it('are fine', async () => {
  const client = new pg.Client(server.url)
  client.on('error', () => undefined)
  await client.connect()
  const value = async (sql: string) =>
    Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0]
  const phaseOf = (id: number) => () => value(`SELECT phase FROM workflow_manifests WHERE id = ${id}`)
  let log = ''
  for (const { language, text } of blocks) {
    if (language === 'sql') {
      await client.query(text)
      if (text.includes('drydock_submit(')) await expect.poll(phaseOf(1)).toBe('Succeeded')
      if (text.includes('INSERT INTO')) await expect.poll(phaseOf(2)).toBe('Running')
      if (text.includes('drydock_stop')) await expect.poll(phaseOf(2)).toBe('Failed')
    } else if (text.startsWith('drydock up')) {
      const started = spawn('sh', ['-c', `exec ${text}`], {
        cwd: base,
        env: environment(),
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      daemon = started
      started.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
      await expect.poll(() => log).toContain('drydock is up')
    } else {
      if (text.includes('uninstall')) {
        await client.end()
        daemon?.kill('SIGTERM')
        if (daemon !== null) await once(daemon, 'close')
      }
      const script = text.replaceAll(guideUrl, server.url)
      const { stdout } = await promisify(execFile)('sh', ['-ec', script], { cwd: base, env: environment() })
      if (text.includes('install\n')) expect(stdout).toContain('installed version 1 in schema public')
      if (text.includes('uninstall')) expect(stdout).toContain('removed from schema public')
    }
    if (text.includes('drydock_submit(')) {
      const [, api = ''] = /"api":"([^"]+)"/.exec(log) ?? []
      const { parts } = (await (await fetch(`${api}/readyz`)).json()) as { parts: Record<string, { ok: boolean }> }
      expect(parts['sources']).toMatchObject({ ok: true })
      const [, metrics = ''] = /"metrics":"([^"]+)"/.exec(log) ?? []
      const figures = await (await fetch(metrics)).text()
      expect(figures).toContain('drydock_table_up 1')
      expect(figures).toContain('drydock_table_rows{state="Admitted"} 1')
    }
  }
  expect(blocks.length).toBeGreaterThan(8)
})
