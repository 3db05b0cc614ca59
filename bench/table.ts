/** How fast a table's rows come in: a real Postgres, a real controller, commits to SQLite, containers simulated. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../scripts/postgres.ts'
import { startDaemon } from '../src/main.ts'
import { installTable } from '../src/sources/index.ts'
import { simulated } from './simulated.ts'

const manifest = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { generateName: row- }
spec:
  entrypoint: main
  templates:
  - name: main
    suspend: {}
`

/** Seconds from the commit of so many rows until each is a workflow and says so. */
export async function secondsToAdmit(rows: number): Promise<number> {
  const server = await startPostgres()
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  const client = new pg.Client(server.url)
  try {
    await client.connect()
    await installTable(client, 'public')
    const flags = {
      data: base,
      log: { level: 'error' as const },
      server: { port: 0 },
      metrics: { port: 0 },
      table: { url: server.url },
    }
    const daemon = await startDaemon({ ...simulated, sources: { base, flags } })
    try {
      await admit(client, 10)
      const begun = performance.now()
      await admit(client, rows)
      return (performance.now() - begun) / 1000
    } finally {
      await daemon.drain()
    }
  } finally {
    await client.end()
    server.stop()
    await rm(base, { recursive: true, force: true })
  }
}

async function admit(client: pg.Client, rows: number): Promise<void> {
  const insert = `WITH new AS (
      INSERT INTO workflow_manifests (manifest_yaml, name) SELECT $1, NULL FROM generate_series(1, $2::int) RETURNING id
    ) SELECT max(id) AS last FROM new`
  await client.query(insert, [manifest, rows])
  const open = "SELECT count(*)::int AS open FROM workflow_manifests WHERE workflow_uid IS NULL OR state <> 'Admitted'"
  while ((await client.query<{ open: number }>(open)).rows[0]?.open !== 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
}
