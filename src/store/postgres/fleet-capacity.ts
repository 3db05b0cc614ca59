/** The capacity of an engine, divided between the members that reach it, one asking at a time. */
import type { EngineShare } from '../fleet.ts'
import { isLess, shareOf } from '../fleet-shares.ts'
import type { FleetLink } from './fleet-link.ts'
import { heldLeases, keyOf, lockClass } from './lease.ts'

type Asked = { readonly engine: string; readonly wanted: EngineShare; readonly budget: EngineShare }
type ShareRow = {
  readonly member: string
  readonly cpus: number
  readonly memory_bytes: number
  readonly containers: number
}

export function shareIn(link: FleetLink, { engine, wanted, budget }: Asked): Promise<EngineShare> {
  const { schema, lease } = link.name
  return link.transact(async (client, epoch) => {
    await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [
      ...[lockClass, keyOf({ schema, lease: `#engine/${engine}` })],
    ])
    await link.mustLead(client, epoch)
    const live = await heldLeases(client, schema)
    const found = await client.query<ShareRow>('SELECT * FROM engine_share WHERE engine = $1', [engine])
    const parts = found.rows.map((row) => ({ ...row, memoryBytes: row.memory_bytes }))
    const others = parts.filter(({ member }) => member !== lease && live.includes(member))
    const before = parts.find(({ member }) => member === lease)
    const share = shareOf(wanted, budget, others)
    await client.query(putSql, [engine, lease, share.cpus, share.memoryBytes, share.containers])
    if (before && isLess(share, before)) await link.tell(client, 'capacity')
    return share
  })
}

const putSql = `INSERT INTO engine_share VALUES ($1, $2, $3, $4, $5) ON CONFLICT (engine, member)
  DO UPDATE SET cpus = excluded.cpus, memory_bytes = excluded.memory_bytes, containers = excluded.containers`
