/** What a run has left behind once all is over and deleted: in the engine, in the store, in the data folder. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { World } from './world.ts'

/** Containers, sandboxes too, volumes, and networks beside the engine's own three. */
export async function leftInEngine({ docker }: World): Promise<readonly string[]> {
  const containers = await docker('ps', '-a', '--format', '{{.Names}} ({{.Status}})')
  const volumes = await docker('volume', 'ls', '-q')
  const networks = await docker('network', 'ls', '--format', '{{.Name}}')
  return [
    ...containers.map((name) => `container ${name}`),
    ...volumes.map((name) => `volume ${name}`),
    ...networks.filter((name) => !['bridge', 'host', 'none'].includes(name)).map((name) => `network ${name}`),
  ]
}

const ofWorkflows = ['workflow', 'node', 'label']
/** Records that are about workflows which are no more. */
const recordsLeft =
  "SELECT collection || '/' || key AS name FROM record WHERE collection IN ('leftover', 'lock', 'sync')"

/** Rows that speak of workflows, though there are none. */
export async function leftInStore({ postgres, folders }: World): Promise<readonly string[]> {
  if (postgres === null) {
    const database = new DatabaseSync(join(folders.data, 'drydock.db'), { readOnly: true })
    try {
      const found = ofWorkflows.flatMap((table) => {
        const { n } = database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }
        return n === 0 ? [] : [`${n} rows of ${table}`]
      })
      const records = database.prepare(recordsLeft).all() as { name: string }[]
      return [...found, ...records.map(({ name }) => `record ${name}`)]
    } finally {
      database.close()
    }
  }
  const client = new pg.Client(postgres.url)
  await client.connect()
  try {
    await client.query('SET search_path TO drydock')
    const found: string[] = []
    for (const table of ofWorkflows) {
      const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)
      if (rows[0]?.n !== 0) found.push(`${rows[0]?.n ?? 0} rows of ${table}`)
    }
    const { rows } = await client.query<{ name: string }>(recordsLeft)
    return [...found, ...rows.map(({ name }) => `record ${name}`)]
  } finally {
    await client.end()
  }
}

/** Logs and marks of pods, which go with their workflow. */
export async function leftInData({ folders }: World): Promise<readonly string[]> {
  const found: string[] = []
  for (const folder of folders.ofDaemons)
    for (const kind of ['logs', 'pods'])
      for (const name of await readdir(join(folder, 'runtime', kind)).catch(() => []))
        found.push(join(folder.slice(folders.data.length), 'runtime', kind, name))
  return found
}
