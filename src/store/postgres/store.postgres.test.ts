import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import type { WorkflowUid } from '../../resources/index.ts'
import type { Store, WorkflowQuery, WorkflowRow } from '../port.ts'
import { storeContract } from '../store.contract.ts'
import { openPostgresStore } from './store.ts'

let server: PostgresServer
let schemas = 0
beforeAll(async () => {
  server = await startPostgres()
}, 300_000)
afterAll(() => {
  server.stop()
})
const newSchema = () => `test_${++schemas}`
const sql = async (text: string): Promise<pg.QueryResult<{ n?: string }>> => {
  const client = new pg.Client(server.url)
  await client.connect()
  const result = await client.query<{ n?: string }>(text)
  await client.end()
  return result
}
const underTest = (schema: string) => ({
  dispose: async () => void (await sql(`DROP SCHEMA ${schema} CASCADE`)),
  nodeRows: async () => Number((await sql(`SELECT count(*) AS n FROM ${schema}.node`)).rows[0]?.n),
})

storeContract('the Postgres store', () => {
  const schema = newSchema()
  return {
    ...underTest(schema),
    open: () => openPostgresStore({ url: server.url, schema }),
  }
})

/** Its commits take another way; whose the workflows are is not part of this contract. */
storeContract('the Postgres store of a controller with a name', () => {
  const schema = newSchema()
  return {
    ...underTest(schema),
    open: async () => withoutOwners(await openPostgresStore({ url: server.url, schema, controller: 'a' })),
  }
})
function withoutOwners(store: Store): Store {
  const less = <Row extends WorkflowRow | null>(row: Row): Row => {
    if (row === null) return row
    const { owner: _owner, ...rest } = row
    return rest as Row
  }
  return new Proxy(store, {
    get(target, key) {
      if (key === 'workflow')
        return async (namespace: string, name: string) => less(await target.workflow(namespace, name))
      if (key === 'workflowByUid') return async (uid: WorkflowUid) => less(await target.workflowByUid(uid))
      if (key === 'workflows')
        return async (query: WorkflowQuery) => (await target.workflows(query)).map((row) => less(row))
      const found: unknown = Reflect.get(target, key, target)
      return typeof found === 'function' ? (found.bind(target) as unknown) : found
    },
  })
}

describe('the Postgres store', () => {
  it('refuses a newer and a foreign schema', async () => {
    const schema = newSchema()
    const open = () => openPostgresStore({ url: server.url, schema })
    await (await open()).close()
    await sql(`INSERT INTO ${schema}.schema_migration VALUES (99, 'x', 'x')`)
    await expect(open()).rejects.toMatchObject({ code: 'STORE_NEWER_SCHEMA', retryable: false })
    await sql(
      `DELETE FROM ${schema}.schema_migration WHERE version = 99; UPDATE ${schema}.schema_migration SET checksum = 'x'`,
    )
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FOREIGN_SCHEMA' })
    await expect(openPostgresStore({ url: server.url, schema: 'x; drop' })).rejects.toMatchObject({
      code: 'STORE_FOREIGN_SCHEMA',
    })
  })
  it('refuses a password or server that is wrong', async () => {
    await expect(openPostgresStore({ url: 'postgres://x@127.0.0.1:1/x' })).rejects.toMatchObject({ code: 'STORE_DOWN' })
    await expect(openPostgresStore({ url: server.url.replace('drydock@', 'nobody@') })).rejects.toMatchObject({
      code: 'STORE_READONLY',
    })
  })
})
