import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import { installTable } from '../../src/sources/index.ts'

const rounds = 5
const rowsARound = 120
const manifest = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { generateName: row- }
spec: { entrypoint: main, templates: [{ name: main, suspend: {} }] }
`

let server: PostgresServer
let base = ''
let client: pg.Client
let child: ChildProcess | null = null
let apiUrl = ''
beforeAll(async () => {
  server = await startPostgres()
  base = await mkdtemp(join(tmpdir(), 'table-kill-'))
  client = new pg.Client(server.url)
  await client.connect()
  await installTable(client, 'public')
}, 300_000)
afterAll(async () => {
  child?.kill('SIGKILL')
  await client.end()
  server.stop()
  await rm(base, { recursive: true, force: true })
})

async function start(): Promise<void> {
  const script = join(import.meta.dirname, 'table-daemon.ts')
  const started = spawn(process.execPath, [script, base, server.url], { stdio: ['ignore', 'pipe', 'ignore'] })
  child = started
  let said = ''
  started.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await expect.poll(() => said, { interval: 20 }).toContain('\n')
  apiUrl = said.trim()
}
async function kill(): Promise<void> {
  const ended = child === null ? null : once(child, 'close')
  child?.kill('SIGKILL')
  await ended
}
const count = async (where: string): Promise<number> =>
  (await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM workflow_manifests WHERE ${where}`)).rows[0]?.n ??
  -1
const soon = (check: () => Promise<unknown>, value: unknown) => expect.poll(check, { interval: 200 }).toEqual(value)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

type Listed = {
  readonly items:
    | readonly {
        readonly metadata: { readonly name: string; readonly uid: string; readonly annotations: Record<string, string> }
      }[]
    | null
}
async function workflows() {
  const { items } = (await (await fetch(`${apiUrl}/api/v1/workflows/default`)).json()) as Listed
  return items ?? []
}

it('a daemon that is killed while rows come, change and go runs each exactly once and tells all of it', async () => {
  for (let round = 0; round < rounds; round++) {
    await start()
    const half = rowsARound / 2
    for (let i = 0; i < rowsARound; i += half) {
      await client.query('INSERT INTO workflow_manifests (manifest_yaml) SELECT $1 FROM generate_series(1, $2::int)', [
        manifest,
        half,
      ])
      await pause(60 + round * 40)
    }
    await kill()
  }
  const rows = rounds * rowsARound
  await start()
  await soon(() => count("state = 'Admitted' AND phase = 'Running' AND workflow_uid IS NOT NULL"), rows)
  const made = await workflows()
  expect(made).toHaveLength(rows)
  expect(new Set(made.map(({ metadata }) => metadata.annotations['drydock.dev/source-file'])).size).toBe(rows)
  const told = await client.query<{ uid: string }>('SELECT workflow_uid AS uid FROM workflow_manifests')
  expect(new Set(told.rows.map(({ uid }) => uid))).toEqual(new Set(made.map(({ metadata }) => metadata.uid)))

  await client.query("UPDATE workflow_manifests SET desired_state = 'terminated' WHERE id % 2 = 0")
  await pause(150)
  await kill()
  await client.query('DELETE FROM workflow_manifests WHERE id % 3 = 0 AND id % 2 = 1')
  await start()
  await pause(100)
  await kill()
  await start()
  await soon(() => count("id % 2 = 0 AND phase <> 'Failed'"), 0)
  await soon(() => count('observed_generation < generation'), 0)
  const gone = rows - (await count('true'))
  await soon(async () => (await workflows()).length, rows - gone)
  await soon(async () => (await client.query('SELECT FROM workflow_manifests_deleted')).rowCount, 0)
})
