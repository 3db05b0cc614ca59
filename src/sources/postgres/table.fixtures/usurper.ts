/**
 * A thread that takes the right to serve a table of manifests away from who has it, while that one stands still, and tells in
 * every row that it has succeeded. Keeps the right until it is ended.
 */
import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'

const { url, schema, signal } = workerData as { url: string; schema: string; signal: SharedArrayBuffer }
const flag = new Int32Array(signal)
const client = new pg.Client(url)
await client.connect()
parentPort?.postMessage('ready')
Atomics.wait(flag, 0, 0)
const held = `SELECT a.pid, (k.classid::bigint << 32) | k.objid::bigint AS key FROM pg_locks k JOIN pg_stat_activity a USING (pid)
  WHERE k.locktype = 'advisory' AND k.granted AND a.application_name = 'drydock table'`
const { rows } = await client.query<{ pid: number; key: string }>(held)
for (const { pid, key } of rows) {
  await client.query('SELECT pg_terminate_backend($1)', [pid])
  await client.query('SELECT pg_advisory_lock($1)', [key])
}
await client.query(`UPDATE ${schema}.workflow_manifests SET phase = 'Succeeded', progress = '2/2'`)
Atomics.store(flag, 0, 2)
Atomics.notify(flag, 0)
