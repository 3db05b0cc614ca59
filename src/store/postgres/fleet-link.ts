/** Transactions beside the commits. They wait while the server is away, and end with our lease. */
import type { Pool, PoolClient } from 'pg'
import { isConnectionFault, pauseMs, reconnectPauses } from '../../postgres/index.ts'
import { storeError } from '../fault.ts'
import { fenced } from './commit-function.ts'
import { pause } from './connect.ts'
import type { LeaseName } from './lease.ts'
import { asStoreError } from './postgres-fault.ts'
import type { Writer } from './writer.ts'

/** Statement by statement, inside a transaction. */
export type Statements = Pick<PoolClient, 'query'>

export class FleetLink {
  readonly name: LeaseName
  readonly #pool: Pool
  readonly #writer: Writer
  readonly #closing = new AbortController()

  constructor(name: LeaseName, pool: Pool, writer: Writer) {
    this.name = name
    this.#pool = pool
    this.#writer = writer
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#pool.end()
  }

  /**
   * What it does must bear to be done again: the answer may be lost although it is stored.
   * @throws WorldError STORE_LOCKED where our lease is over, STORE_DOWN after the end
   */
  async transact<T>(work: (client: Statements, epoch: number) => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      if (this.isClosed) throw storeError({ code: 'STORE_DOWN', message: 'the store is closed' })
      await this.#writer.ready()
      try {
        return await this.#attempt(work, this.#writer.epoch)
      } catch (error) {
        if (codeOf(error) === fenced)
          await this.#writer.push([]).catch(() => undefined) // finds out for certain
        else if (!isConnectionFault(error) && !isPassing(error)) throw asStoreError(error)
      }
      await pause(pauseMs(reconnectPauses, failures), this.#closing.signal).catch(() => undefined)
    }
  }

  async #attempt<T>(work: (client: Statements, epoch: number) => Promise<T>, epoch: number): Promise<T> {
    const client = await this.#pool.connect()
    let isBroken = true
    try {
      await client.query('BEGIN')
      const result = await work(client, epoch)
      await client.query('COMMIT')
      isBroken = false
      return result
    } catch (error) {
      if (!isConnectionFault(error)) {
        isBroken = false
        await client.query('ROLLBACK').catch(() => (isBroken = true))
      }
      throw error
    } finally {
      client.release(isBroken)
    }
  }

  /** Once the rows are locked that it must not change behind our back. @throws an error with the code `fenced` */
  async mustLead(client: Statements, epoch: number): Promise<void> {
    const sql = 'SELECT 1 FROM lease WHERE name = $1 AND epoch = $2'
    const found = await client.query({ name: 'fleet-lead', text: sql, values: [this.name.lease, epoch] })
    if (found.rowCount === 0) throw Object.assign(new Error(`the lease ${this.name.lease} is over`), { code: fenced })
  }

  tell(client: Statements, ...news: readonly string[]): Promise<unknown> {
    const sql = 'SELECT pg_notify(current_schema(), one) FROM unnest($1::text[]) AS one'
    return client.query({ name: 'fleet-tell', text: sql, values: [news] })
  }
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code
/** A deadlock, or a lock that took too long. */
const isPassing = (error: unknown): boolean => {
  const code = codeOf(error)
  return typeof code === 'string' && (code.startsWith('40') || code === '55P03')
}
