/**
 * The log of changes is written while there are several members; `feed` says from where on it is complete. Who is alone
 * knows its own changes, so that nothing is missed by it when others come.
 */
import { heldLeases } from './lease.ts'
import type { FleetLink, Statements } from './fleet-link.ts'

/** Changes that are kept, and for how long. */
export const changesKept = 200_000
const keptMinutes = 30

/** Called with our lease in hand, before anything is read: from now on we miss no change. */
export function joinLog(link: FleetLink): Promise<void> {
  return link.transact(async (client) => {
    await client.query(lockCounter)
    const { schema, lease } = link.name
    const others = (await heldLeases(client, schema)).filter((name) => name !== lease)
    if (others.length === 0) await turnOff(client, lease)
    else
      await client.query(`UPDATE feed SET is_on = true, until = c.value FROM counter c
        WHERE c.name = 'resource_version' AND NOT is_on`)
  })
}

/** Old changes go; all of them where nobody is left to read them. */
export function trimLog(link: FleetLink, kept: number): Promise<void> {
  return link.transact(async (client) => {
    await client.query(lockCounter)
    const { schema, lease } = link.name
    const live = await heldLeases(client, schema)
    if (live.length === 1 && live[0] === lease) return turnOff(client, lease)
    const found = await client.query<{ last: string | null }>(
      `WITH gone AS (
        DELETE FROM change USING counter c WHERE c.name = 'resource_version'
          AND (version <= c.value - $1::bigint OR at < now() - interval '${keptMinutes} minutes') RETURNING version
      ) SELECT max(version) AS last FROM gone`,
      [kept],
    )
    const last = found.rows[0]?.last
    if (last != null)
      await client.query('UPDATE feed SET since = greatest(since, $1), until = greatest(until, $1)', [last])
  })
}

async function turnOff(client: Statements, alone: string): Promise<void> {
  const sql = `UPDATE feed SET is_on = false, since = c.value, until = c.value, alone = $1 FROM counter c
    WHERE c.name = 'resource_version' AND (is_on OR alone <> $1)`
  if ((await client.query(sql, [alone])).rowCount === 1) await client.query('DELETE FROM change')
}

const lockCounter = "SELECT 1 FROM counter WHERE name = 'resource_version' FOR UPDATE"
