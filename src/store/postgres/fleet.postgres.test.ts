import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import { fleetContract } from '../fleet.contract.ts'
import { nodeRow, uidOf, workflowRow } from '../store.contract.ts'
import { proxyTo } from './outage.fixtures/proxy.ts'
import type { Proxy } from './outage.fixtures/proxy.ts'
import { openPostgresStore } from './store.ts'
import type { PostgresStore } from './store.ts'

let server: PostgresServer
let schemas = 0
beforeAll(async () => {
  server = await startPostgres()
}, 300_000)
afterAll(() => {
  server.stop()
})
const sql = async (text: string) => {
  const client = new pg.Client(server.url)
  await client.connect()
  const { rows } = await client.query<object>(text)
  await client.end()
  return rows
}

fleetContract('the Postgres fleet', () => {
  const schema = `fleet_${++schemas}`
  const opened: { readonly store: PostgresStore; readonly proxy: Proxy }[] = []
  return {
    open: async (name) => {
      const proxy = await proxyTo(server.url)
      let isLost = false
      const store = await openPostgresStore({
        ...{ url: proxy.url, schema, controller: name, sslMode: 'disable', stallMs: 600 },
        onLost: () => (isLost = true),
      }).catch((error: unknown) => {
        proxy.close()
        throw error
      })
      opened.push({ store, proxy })
      const { fleet } = store
      if (fleet === null) throw new Error('a store with a name has a fleet')
      return {
        store,
        fleet,
        cut: async () => {
          proxy.become('refused')
          proxy.cut()
        },
        heal: async () => proxy.become('fine'),
        isLost: () => isLost,
      }
    },
    remember: async (changes) => {
      const { fleet } = opened[0]?.store ?? {}
      await fleet?.trim(changes)
    },
    dispose: async () => {
      for (const { proxy, store } of opened) {
        proxy.become('fine')
        store.giveUp()
        await store.close()
        proxy.close()
      }
      await sql(`DROP SCHEMA ${schema} CASCADE`)
    },
  }
})

describe('of a member that another has just taken over from', () => {
  const opened = async () => {
    const schema = `fleet_${++schemas}`
    const lost = { is: false }
    const onLost = () => (lost.is = true)
    const store = await openPostgresStore({ url: server.url, schema, sslMode: 'disable', controller: 'a', onLost })
    const other = new pg.Client(server.url)
    await other.connect()
    await other.query(`SET search_path = ${schema}`)
    const close = async () => {
      await other.end()
      await store.close()
    }
    return { store, other, lost, close }
  }

  it('a commit that was under way is refused, and it is told that its lease is over', async () => {
    const { store, other, lost, close } = await opened()
    await store.commit([{ kind: 'putWorkflow', row: workflowRow(1) }])
    await other.query(`BEGIN; UPDATE lease SET epoch = epoch + 1 WHERE name = 'a'`)
    const late = store.commit([{ kind: 'putNodes', uid: uidOf(1), nodes: [nodeRow('late')] }])
    const refused = expect(late).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: false })
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%drydock_enter%'`
    await expect.poll(() => sql(waiting), { timeout: 60_000 }).toHaveLength(1)
    await other.query(`UPDATE workflow SET owner = 'b'; COMMIT`)
    await refused
    expect(lost.is).toBe(true)
    await close()
  })

  it('locks are given to it no more', async () => {
    const { store, other, lost, close } = await opened()
    await other.query(`UPDATE lease SET epoch = epoch + 1 WHERE name = 'a'`)
    const wish = { holder: 'n/w', workflowUid: uidOf(1), workflowKey: 'n/w', priority: 0, createdAt: 1 }
    const late = store.fleet?.locks.ask([{ ...wish, locks: [{ name: 'n/Mutex/m', limit: 1 }] }])
    await expect(late).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: false })
    expect(lost.is).toBe(true)
    expect((await other.query('SELECT * FROM lock_claim')).rows).toEqual([])
    await close()
  })
})
