/** Roles hang on advisory locks of a connection of their own: who loses it has no role any more, and the next one takes it. */
import type { Client } from 'pg'
import { keepSession } from '../../postgres/index.ts'
import type { KeptSession, PostgresOptions } from '../../postgres/index.ts'
import { keyOf, lockClass } from './lease.ts'

type Role = { readonly name: string; isOurs: boolean; readonly onChange: (isOurs: boolean) => void }

/** How often those who wait for a role ask for it. */
const askMs = 500

export class Roles {
  readonly #server: PostgresOptions
  readonly #schema: string
  readonly #pingMs: number
  readonly #roles = new Set<Role>()
  #session: KeptSession | null = null
  #timer: ReturnType<typeof setInterval> | null = null
  #asking: Promise<void> | null = null
  #isClosed = false

  constructor(server: PostgresOptions, schema: string, pingMs: number) {
    this.#server = { ...server, applicationName: 'drydock roles' }
    this.#schema = schema
    this.#pingMs = pingMs
  }

  add(name: string, onChange: (isOurs: boolean) => void): { readonly isOurs: boolean; close(): Promise<void> } {
    const role: Role = { name, isOurs: false, onChange }
    this.#roles.add(role)
    this.#open()
    this.#ask()
    return {
      get isOurs() {
        return role.isOurs
      },
      close: () => this.#drop(role),
    }
  }

  /** Of the locks that others hold. */
  get keys(): readonly string[] {
    return [...this.#roles].filter(({ isOurs }) => !isOurs).map((role) => this.#keyOf(role))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer) clearInterval(this.#timer)
    await this.#session?.close()
    this.#tellNone()
  }

  #open(): void {
    if (this.#session !== null || this.#isClosed) return
    this.#session = keepSession(this.#server, {
      pingMs: this.#pingMs,
      onUp: (client) => this.#try(client),
      onDown: () => this.#tellNone(),
    })
    this.#timer = setInterval(() => this.#ask(), askMs)
    this.#timer.unref()
  }

  #ask(): void {
    const client = this.#session?.client()
    if (client)
      this.#asking ??= this.#try(client)
        .catch(() => undefined)
        .finally(() => (this.#asking = null))
  }

  async #try(client: Client): Promise<void> {
    for (const role of this.#roles) {
      if (role.isOurs || this.#isClosed) continue
      const sql = 'SELECT pg_try_advisory_lock($1, hashtext($2)) AS mine'
      const found = await client.query<{ mine: boolean }>(sql, [lockClass, this.#keyOf(role)])
      if (found.rows[0]?.mine !== true) continue
      if (this.#roles.has(role)) tell(role, true)
      else await this.#unlock(client, role)
    }
  }

  async #drop(role: Role): Promise<void> {
    this.#roles.delete(role)
    const wasOurs = role.isOurs
    tell(role, false)
    const client = this.#session?.client()
    if (wasOurs && client) await this.#unlock(client, role).catch(() => undefined)
  }

  #unlock(client: Client, role: Role): Promise<unknown> {
    return client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [lockClass, this.#keyOf(role)])
  }

  #keyOf({ name }: Role): string {
    return keyOf({ schema: this.#schema, lease: `#role/${name}` })
  }

  #tellNone(): void {
    for (const role of this.#roles) tell(role, false)
  }
}

function tell(role: Role, isOurs: boolean): void {
  if (role.isOurs === isOurs) return
  role.isOurs = isOurs
  role.onChange(isOurs)
}
