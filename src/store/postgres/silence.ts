/**
 * Ends the sessions of those who are connected and say nothing: a process that is frozen keeps its connections, and the
 * locks that hang on them, for as long as it is so. Who works says something every few seconds, idle or not (pings of
 * writer.ts and of kept sessions). Whoever was ended is only cut off: what it does next is refused by its epoch.
 */
import type { ClientBase } from 'pg'
import { lockClass } from './lease.ts'

/** Nobody who works is silent for so long. */
export const silentMsDefault = 15_000

type Quiet = { readonly since: string; quietMs: number }
type Row = { readonly pid: number; readonly key: string; readonly since: string }

export class Silence {
  readonly #silentMs: number
  readonly #now: () => number
  /** By process of the server. */
  #quiet = new Map<number, Quiet>()
  #lookedAt = -Infinity

  constructor(silentMs: number, now: () => number = () => performance.now()) {
    this.#silentMs = silentMs
    this.#now = now
  }

  /** How often a look is worth it, in milliseconds. */
  get lookMs(): number {
    return this.#silentMs / 10
  }

  /**
   * Looks at the holders of these advisory locks, unless it has just looked, and answers the keys of those it has ended.
   * What counts is the silence that was watched, by our own clock: we may have been frozen too, and the server's may jump.
   */
  async look(client: Pick<ClientBase, 'query'>, keys: readonly string[]): Promise<readonly string[]> {
    const passedMs = this.#now() - this.#lookedAt
    if (passedMs < this.lookMs) return []
    this.#lookedAt = this.#now()
    const { rows } = keys.length === 0 ? { rows: [] } : await client.query<Row>(quietSql, [lockClass, keys])
    const before = this.#quiet
    this.#quiet = new Map()
    const ended: string[] = []
    for (const { pid, key, since } of rows) {
      const known = before.get(pid)
      const quietMs = known?.since === since ? known.quietMs + Math.min(passedMs, 2 * this.lookMs) : 0
      this.#quiet.set(pid, { since, quietMs })
      if (quietMs < this.#silentMs) continue
      await client.query(endSql, [pid, since])
      ended.push(key)
    }
    return ended
  }
}

/** Who waits for nothing but its client. Of sessions of another role nothing is told, and they are left alone. */
const quietSql = `SELECT a.pid, min(w.key) AS key, a.state_change::text AS since
  FROM unnest($2::text[]) AS w (key)
  JOIN pg_locks k ON k.objid::bigint = hashtext(w.key)::bigint & 4294967295
  JOIN pg_stat_activity a ON a.pid = k.pid
  WHERE k.locktype = 'advisory' AND k.granted AND k.classid::bigint = $1 AND k.objsubid = 2
    AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND a.pid <> pg_backend_pid() AND (a.state LIKE 'idle%' OR a.wait_event_type = 'Client')
  GROUP BY a.pid, a.state_change`
const endSql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND state_change::text = $2`
