/** What of an instance is still in the container engine. */
import pg from 'pg'
import { findEngine } from '../../src/runtime/docker/index.ts'
import { EngineClient } from '../../src/runtime/docker/client.ts'
import { label } from '../../src/runtime/docker/names.ts'

type Listed = { readonly Names?: readonly string[]; readonly Name?: string; readonly Id?: string }

async function withClient<T>(work: (client: EngineClient) => Promise<T>): Promise<T> {
  const found = await findEngine()
  if (!found.found) throw new Error(found.message)
  const client = new EngineClient(found.address)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

/** By which the engine knows what belongs to a store on Postgres. */
export async function instanceInStore(url: string): Promise<string> {
  const client = new pg.Client(url)
  await client.connect()
  const sql = "SELECT value FROM drydock.record WHERE collection = 'daemon' AND key = 'instance'"
  const { rows } = await client.query<{ value: string }>(sql).finally(() => client.end())
  return JSON.parse(rows[0]?.value ?? 'null') as string
}

const filtersOf = (instance: string): string => JSON.stringify({ label: [`${label.instance}=${instance}`] })

/** Names of containers (sandboxes too) and volumes. */
export const standing = (instance: string): Promise<readonly string[]> =>
  withClient(async (client) => {
    const query = { all: true, filters: filtersOf(instance) }
    const containers = (await client.json('list', 'GET', '/containers/json', { query })) as readonly Listed[]
    const found = (await client.json('list', 'GET', '/volumes', { query: { filters: query.filters } })) as {
      Volumes?: readonly Listed[] | null
    }
    return [
      ...containers.map((one) => `container ${one.Names?.[0] ?? one.Id ?? ''}`),
      ...(found.Volumes ?? []).map((one) => `volume ${one.Name ?? ''}`),
    ]
  })

/** After a test that failed: nothing of it is left to disturb others. */
export const sweep = (instance: string): Promise<void> =>
  withClient(async (client) => {
    const filters = filtersOf(instance)
    const containers = (await client.json('list', 'GET', '/containers/json', {
      query: { all: true, filters },
    })) as readonly Listed[]
    for (const { Id = '' } of containers)
      await client.call('remove', 'DELETE', `/containers/${Id}`, { query: { force: true, v: true }, allow: [404, 409] })
    const found = (await client.json('list', 'GET', '/volumes', { query: { filters } })) as {
      Volumes?: readonly Listed[] | null
    }
    for (const { Name = '' } of found.Volumes ?? [])
      await client.call('remove', 'DELETE', `/volumes/${encodeURIComponent(Name)}`, { allow: [404, 409] })
  })
