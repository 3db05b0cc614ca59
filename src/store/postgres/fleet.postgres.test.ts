import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import { fleetContract } from '../fleet.contract.ts'
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
  await client.query(text)
  await client.end()
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
