/** Connections: a pool for statements, a single one for what belongs to a session. */
import type { Client, Pool } from 'pg'
import { addressOf, clientConfigOf } from './options.ts'
import type { PostgresOptions } from './options.ts'
import { speaksTls } from './probe-tls.ts'

export const connectionsMaxDefault = 8

/**
 * Nothing is connected yet (but under `prefer` the server was asked for TLS). A connection that breaks while idle is
 * replaced silently; one that breaks in use fails its query.
 * @throws UserError BAD_DATABASE_URL, DATABASE_FILE_UNREADABLE; what the network says
 */
export async function openPool(options: PostgresOptions): Promise<Pool> {
  const { default: pg } = await import('pg')
  const config = await clientConfigOf(options, probe(options))
  const pool = new pg.Pool({
    ...config,
    max: options.connectionsMax ?? connectionsMaxDefault,
    idleTimeoutMillis: 60_000,
  })
  pool.on('error', () => undefined)
  // Of one that somebody has, between two queries: the next query fails, which tells him.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** One connection, up. It emits `error` when it breaks (listen, or the process ends) and then `end`. */
export async function openClient(options: PostgresOptions): Promise<Client> {
  const { default: pg } = await import('pg')
  const client = new pg.Client(await clientConfigOf(options, probe(options)))
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const probe = (options: PostgresOptions) => () => speaksTls(addressOf(options), options.connectTimeoutMs ?? 10_000)
