/** One connection that is kept: opened again, with growing pauses, whenever it breaks. For LISTEN and for locks. */
import type { Client } from 'pg'
import { openClient } from './open.ts'
import type { PostgresOptions } from './options.ts'
import { pauseMs, reconnectPauses } from './pauses.ts'

export type SessionHooks = {
  /** After each connect; until it resolves the session is not up. What it throws counts as a failed attempt. */
  readonly onUp: (client: Client) => Promise<void> | void
  /** Once for each failed attempt or lost connection. */
  readonly onDown?: (error: unknown, retryInMs: number) => void
  /** A question put this often to see that the other side still answers; 0: never. 5,000 where nothing is said. */
  readonly pingMs?: number
}

export type KeptSession = {
  /** `null` while it is down. */
  readonly client: () => Client | null
  readonly close: () => Promise<void>
}

/** Returns at once; `onUp` tells when it is there. */
export function keepSession(options: PostgresOptions, hooks: SessionHooks): KeptSession {
  const session = new Session(options, hooks)
  session.open()
  return { client: () => session.client, close: () => session.close() }
}

class Session {
  client: Client | null = null
  readonly #options: PostgresOptions
  readonly #hooks: SessionHooks
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #opening: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: PostgresOptions, hooks: SessionHooks) {
    this.#options = { queryTimeoutMs: 10_000, ...options }
    this.#hooks = hooks
  }

  open(): void {
    this.#opening = this.#connect()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#opening
    const { client } = this
    this.client = null
    await client?.end().catch(() => undefined)
  }

  async #connect(): Promise<void> {
    let client: Client | null = null
    try {
      client = await openClient(this.#options)
      const opened = client
      let isLost = false
      const lose = (error: unknown) => {
        if (isLost) return
        isLost = true
        const wasUp = this.client === opened
        if (wasUp) this.#lost(error)
        void opened.end().catch(() => undefined)
      }
      client.on('error', lose)
      client.on('end', () => lose(new Error('connection terminated')))
      await this.#hooks.onUp(client)
      if (isLost) throw new Error('connection terminated')
      if (this.#isClosed) return void (await client.end())
      this.client = client
      this.#failures = 0
      this.#ping(client, lose)
    } catch (error) {
      await client?.end().catch(() => undefined)
      this.#lost(error)
    }
  }

  #lost(error: unknown): void {
    this.client = null
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#isClosed) return
    const retryInMs = pauseMs(reconnectPauses, ++this.#failures)
    this.#hooks.onDown?.(error, retryInMs)
    this.#timer = setTimeout(() => this.open(), retryInMs)
  }

  #ping(client: Client, lose: (error: unknown) => void): void {
    const { pingMs = 5_000 } = this.#hooks
    if (pingMs === 0) return
    this.#timer = setTimeout(() => {
      client.query('SELECT 1').then(() => {
        if (this.client === client) this.#ping(client, lose)
      }, lose)
    }, pingMs)
    this.#timer.unref()
  }
}
