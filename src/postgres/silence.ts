/**
 * Ends the sessions of those who are connected and say nothing: a process that is frozen keeps its connections, and the
 * locks that hang on them, for as long as it is so. Who works says something every few seconds, idle or not (pings of
 * the connection that commits and of kept sessions). Whoever was ended is only cut off: what it does next is refused by its epoch.
 */
import type { ClientBase } from 'pg'

/** Nobody who works is silent for so long. */
export const silentMsDefault = 15_000

/** Finds who holds what we wait for: `pid` and `key` of each. */
export type Holders = { readonly sql: string; readonly values: readonly unknown[] }

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
   * Looks at the holders of these locks, unless it has just looked, and answers the keys of those it has ended.
   * @param holders rows `pid`, `key` of `pg_locks`
   * What counts is the silence that was watched, by our own clock: we may have been frozen too, and the server's may jump.
   */
  async look(client: Pick<ClientBase, 'query'>, holders: Holders): Promise<readonly string[]> {
    const passedMs = this.#now() - this.#lookedAt
    if (passedMs < this.lookMs) return []
    this.#lookedAt = this.#now()
    const { rows } = await client.query<Row>(quietSql(holders.sql), [...holders.values])
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
const quietSql = (holders: string): string => `SELECT a.pid, min(h.key) AS key, a.state_change::text AS since
  FROM (${holders}) AS h JOIN pg_stat_activity a ON a.pid = h.pid
  WHERE a.pid <> pg_backend_pid() AND (a.state LIKE 'idle%' OR a.wait_event_type = 'Client')
  GROUP BY a.pid, a.state_change`
const endSql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND state_change::text = $2`
