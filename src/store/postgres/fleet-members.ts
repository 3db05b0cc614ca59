/** Who is there: whoever holds a lease, has told something about itself, or owns unfinished workflows. */
import { nobody } from '../fleet.ts'
import type { FleetSelf, Member } from '../fleet.ts'
import type { Statements } from './fleet-link.ts'
import { heldLeases } from './lease.ts'

export async function membersOf(client: Statements, schema: string): Promise<readonly Member[]> {
  const live = await heldLeases(client, schema)
  await client.query(markSql, [live])
  const { rows } = await client.query<MemberRow>(membersSql, [live])
  return rows.map(({ name, self, gone_ms: goneMs, workflows }) => {
    const isLive = live.includes(name)
    const told = self === null ? nobody : (JSON.parse(self) as FleetSelf)
    return {
      ...told,
      name,
      isLive,
      goneForMs: isLive ? 0 : Math.max(0, Number(goneMs ?? 0)),
      workflows: Number(workflows),
    }
  })
}

type MemberRow = {
  readonly name: string
  readonly self: string | null
  readonly gone_ms: string | null
  readonly workflows: string
}

/** When somebody first saw that it is held by nobody. */
const markSql = `UPDATE lease SET gone_at = CASE WHEN name = ANY($1::text[]) THEN NULL ELSE now() END
  WHERE (gone_at IS NULL) <> (name = ANY($1::text[]))`
const membersSql = `WITH owned AS (SELECT owner AS name, count(*) AS workflows FROM workflow WHERE NOT finished GROUP BY owner)
  SELECT n.name, m.self, extract(epoch FROM now() - l.gone_at) * 1000 AS gone_ms, coalesce(o.workflows, 0) AS workflows
  FROM (SELECT unnest($1::text[]) COLLATE "C" AS name UNION SELECT name FROM member UNION SELECT name FROM owned) AS n
  LEFT JOIN member m ON m.name = n.name LEFT JOIN lease l ON l.name = n.name LEFT JOIN owned o ON o.name = n.name
  ORDER BY n.name`
