/**
 * Who may write. The right hangs on an advisory lock of the very connection that commits, so who loses the connection
 * can commit no more and the server passes the right on by itself. The row in `lease` has the epoch, which grows with
 * each connection and is named by each commit: what an old connection still had on its way is refused.
 */
import type { ClientBase } from 'pg'
import type { Holders } from '../../postgres/index.ts'

/** First half of the advisory lock's key; the second is made of schema and lease. */
export const lockClass = 0x44727944

export type LeaseName = {
  readonly schema: string
  readonly lease: string
  /** Without a name of its own: beside it there may be no other. */
  readonly isAlone: boolean
}
export type Holder = {
  /** Of this process's store, drawn at random. */
  readonly token: string
  /** For people: host and process. */
  readonly host: string
}

/** Under which epoch commits go on, and which was the last that is stored (0: none yet). */
export type Grip = { readonly epoch: number; readonly lastCommit: number; readonly lastBase: number }

/**
 * `null`: it is ours now. Else who stands in the way: `holder`, one of the same name; `alone`, one without a name;
 * `members`, some with names, where we have none.
 */
export async function tryLock(client: ClientBase, name: LeaseName): Promise<null | 'holder' | 'alone' | 'members'> {
  const lock = async (key: string, how = '') => {
    const sql = `SELECT pg_try_advisory_lock${how}($1, hashtext($2)) AS mine`
    return (await client.query<{ mine: boolean }>(sql, [lockClass, key])).rows[0]?.mine === true
  }
  if (!(await lock(keyOf(name)))) return 'holder'
  if (await lock(kindKey(name), name.isAlone ? '' : '_shared')) return null
  await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [lockClass, keyOf(name)])
  return name.isAlone ? 'members' : 'alone'
}

/** Nobody else works on the database while it lasts. `false`: somebody does. */
export async function shutOthersOut(client: ClientBase, name: LeaseName): Promise<boolean> {
  const sql = 'SELECT pg_try_advisory_lock($1, hashtext($2)) AS mine'
  return (await client.query<{ mine: boolean }>(sql, [lockClass, kindKey(name)])).rows[0]?.mine === true
}

export const letOthersIn = (client: ClientBase, name: LeaseName) =>
  client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [lockClass, kindKey(name)])

/** With the lock in hand: a new holder begins. */
export async function claim(client: ClientBase, { lease }: LeaseName, holder: Holder): Promise<Grip> {
  const sql = `INSERT INTO lease VALUES ($1, 1, $2, $3, pg_backend_pid(), now(), 0, 0)
    ON CONFLICT (name) DO UPDATE SET epoch = lease.epoch + 1, holder = excluded.holder, host = excluded.host,
      backend = excluded.backend, acquired_at = excluded.acquired_at, last_commit = 0, last_version = 0
    RETURNING epoch, last_commit, last_version`
  const [row] = (await client.query<GripRow>(sql, [lease, holder.token, holder.host])).rows
  return gripOf(row)
}

/** Who is alone owns everything, and needs nothing of what several controllers share. */
export async function inherit(client: ClientBase, { lease }: LeaseName): Promise<void> {
  const others = await client.query<{ n: string }>('SELECT count(*) AS n FROM lease WHERE name <> $1', [lease])
  if (others.rows[0]?.n === '0') return
  await client.query('BEGIN')
  try {
    await client.query("UPDATE lease SET epoch = epoch + 1, holder = '' WHERE name <> $1", [lease])
    await client.query('UPDATE workflow SET owner = $1 WHERE NOT finished AND owner <> $1', [lease])
    for (const table of ['lock_claim', 'lock_limit', 'engine_share', 'member', 'handed', 'command', 'change'])
      await client.query(`DELETE FROM ${table}`)
    await client.query(
      `UPDATE feed SET is_on = false, since = c.value, until = c.value, alone = $1
      FROM counter c WHERE c.name = 'resource_version'`,
      [lease],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Names of leases that somebody holds now. */
export async function heldLeases(client: Pick<ClientBase, 'query'>, schema: string): Promise<readonly string[]> {
  return (await client.query<{ name: string }>(heldLeasesSql, [lockClass, schema])).rows.map(({ name }) => name)
}
const heldLeasesSql = `SELECT l.name FROM lease l WHERE hashtext($2 || '/' || l.name)::bigint & 4294967295 IN (
  SELECT k.objid::bigint FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted AND k.classid::bigint = $1
    AND k.objsubid = 2 AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database()))`

/** With the lock in hand again: the same holder goes on. `null`: another has held it in between. */
export async function resume(client: ClientBase, { lease }: LeaseName, { token }: Holder): Promise<Grip | null> {
  const sql = `UPDATE lease SET epoch = epoch + 1, backend = pg_backend_pid(), gone_at = NULL WHERE name = $1 AND holder = $2
    RETURNING epoch, last_commit, last_version`
  const [row] = (await client.query<GripRow>(sql, [lease, token])).rows
  return row ? gripOf(row) : null
}

export type Holding = { readonly token: string; readonly host: string }

/** Who holds it, or held it last. `null`: nobody yet, or the schema is older than leases. */
export async function holderOf(
  client: ClientBase,
  { schema, lease }: Pick<LeaseName, 'schema' | 'lease'>,
): Promise<Holding | null> {
  const there = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [`${schema}.lease`])
  if (there.rows[0]?.found == null) return null
  const sql = `SELECT holder AS token, host FROM ${schema}.lease WHERE name = $1`
  return (await client.query<Holding>(sql, [lease])).rows[0] ?? null
}

/** Our own former connection may live on in the server, with the lock, although we are cut off from it. */
export async function endGhost(client: ClientBase, name: LeaseName, { token }: Holder): Promise<void> {
  const sql = `SELECT pg_terminate_backend(l.pid) FROM pg_locks l
      JOIN ${name.schema}.lease s ON s.backend = l.pid AND s.name = $3 AND s.holder = $4
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = $1
      AND l.objid::bigint = (hashtext($2)::bigint & 4294967295)`
  await client.query(sql, [lockClass, keyOf(name), name.lease, token])
}

/** For silence.ts: who holds the locks of these keys. */
export const holdersOf = (keys: readonly string[]): Holders => ({ sql: holdersSql, values: [lockClass, keys] })
const holdersSql = `SELECT k.pid, w.key FROM unnest($2::text[]) AS w (key)
  JOIN pg_locks k ON k.objid::bigint = hashtext(w.key)::bigint & 4294967295
  WHERE k.locktype = 'advisory' AND k.granted AND k.classid::bigint = $1 AND k.objsubid = 2
    AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())`

export const keyOf = ({ schema, lease }: Pick<LeaseName, 'schema' | 'lease'>): string => `${schema}/${lease}`
/** Held by all with names together, or by the one without. */
const kindKey = ({ schema }: LeaseName): string => `${schema}/#kind`

type GripRow = { readonly epoch: string; readonly last_commit: string; readonly last_version: string }
const gripOf = (row: GripRow | undefined): Grip => ({
  epoch: Number(row?.epoch),
  lastCommit: Number(row?.last_commit),
  lastBase: Number(row?.last_version),
})
