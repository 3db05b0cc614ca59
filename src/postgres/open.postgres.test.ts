import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import { openPool } from './open.ts'

let server: PostgresServer
beforeAll(async () => void (server = await startPostgres()), 120_000)
afterAll(() => server.stop())

it('a connection that somebody holds when the server goes fails his next query, not the process', async () => {
  const pool = await openPool({ url: server.url, sslMode: 'disable', connectionsMax: 1 })
  try {
    const client = await pool.connect()
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
    server.shutDown()
    await ended
    await expect(client.query('SELECT 1')).rejects.toThrow()
    client.release()
    server.start()
    expect((await pool.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  } finally {
    await pool.end()
  }
})
