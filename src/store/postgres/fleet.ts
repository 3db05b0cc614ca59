/** The fleet on Postgres: who is there, whose workflows are whose, and what is shared. */
import { randomUUID } from 'node:crypto'
import { openPool, Silence } from '../../postgres/index.ts'
import type { PostgresOptions } from '../../postgres/index.ts'
import { workflowUid } from '../../resources/index.ts'
import type { WorkflowUid } from '../../resources/index.ts'
import { storeError } from '../fault.ts'
import type { Fleet, FleetCapacity, FleetCommands, FleetListener, FleetLocks, FleetSelf, Member } from '../fleet.ts'
import { fenced } from './commit-function.ts'
import { changesKept, joinLog, trimLog } from './fleet-change-log.ts'
import { shareIn } from './fleet-capacity.ts'
import { Commands } from './fleet-commands.ts'
import { LockDesk } from './fleet-desk.ts'
import { Ears } from './fleet-ears.ts'
import { Follower } from './fleet-follower.ts'
import { FleetLink } from './fleet-link.ts'
import type { Statements } from './fleet-link.ts'
import { membersOf } from './fleet-members.ts'
import { Roles } from './fleet-roles.ts'
import { heldLeases, holdersOf, keyOf, lockClass } from './lease.ts'
import type { LeaseName } from './lease.ts'
import { asStoreError } from './postgres-fault.ts'
import type { Writer } from './writer.ts'

export type FleetOptions = {
  readonly server: PostgresOptions
  readonly name: LeaseName
  readonly writer: Writer
  readonly pingMs: number
  /** Members that say nothing for so long are cut off. */
  readonly silentMs: number
}

/** How often it is looked who lives. */
const liveMs = 700
const connectionsMax = 4
const trimMs = 60_000

/** With our lease in hand. @throws WorldError as the store's opening */
export async function openFleet(options: FleetOptions): Promise<PostgresFleet> {
  const { server } = options
  // Two indexes at once are never better than one here: each names what it wants by its key.
  const session = { ...server.session, enable_bitmapscan: 'off' }
  const pool = await openPool({ ...server, session, applicationName: 'drydock fleet', connectionsMax })
  const link = new FleetLink(options.name, pool, options.writer)
  try {
    await joinLog(link)
  } catch (error) {
    await link.close()
    throw error
  }
  return new PostgresFleet(options, link)
}

export class PostgresFleet implements Fleet {
  readonly name: string
  readonly locks: FleetLocks
  readonly commands: FleetCommands
  readonly capacity: FleetCapacity
  readonly #link: FleetLink
  readonly #ears: Ears
  readonly #roles: Roles
  readonly #writer: Writer
  readonly #silence: Silence
  readonly #followers = new Set<Follower>()
  readonly #attempts = new Set<string>()
  readonly #timers: readonly ReturnType<typeof setInterval>[]
  #live = ''
  #looking = false

  constructor({ server, name, writer, pingMs, silentMs }: FleetOptions, link: FleetLink) {
    this.name = name.lease
    this.#link = link
    this.#writer = writer
    this.#silence = new Silence(silentMs)
    this.#ears = new Ears({ server, schema: name.schema, name: name.lease, pingMs })
    this.#roles = new Roles(server, name.schema, Math.min(2_000, pingMs))
    this.locks = new LockDesk(link, () => this.#ears.tell(['grants']))
    this.commands = new Commands(link, this.#ears)
    this.capacity = { share: (engine, wanted, budget) => shareIn(link, { engine, wanted, budget }) }
    this.#timers = [
      setInterval(() => void this.#lookWhoLives(), liveMs),
      setInterval(() => void this.trim().catch(() => undefined), trimMs * (0.75 + Math.random() / 2)),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  async present(self: FleetSelf): Promise<void> {
    const text = JSON.stringify(self)
    const sql = 'INSERT INTO member VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET self = excluded.self'
    await this.#link.transact(async (client, epoch) => {
      await this.#link.mustLead(client, epoch)
      await client.query(sql, [this.name, text])
      await this.#link.tell(client, 'members')
    })
  }

  members(): Promise<readonly Member[]> {
    return this.#link.transact((client) => membersOf(client, this.#link.name.schema))
  }

  async takeOver(member: string): Promise<readonly WorkflowUid[]> {
    if (member === this.name) return []
    const attempt = randomUUID()
    this.#attempts.add(attempt)
    try {
      const uids = await this.#link.transact((client, epoch) => this.#takeOver(client, epoch, { member, attempt }))
      await this.#link.transact((client) => client.query('DELETE FROM handed WHERE attempt = $1', [attempt]))
      return uids
    } finally {
      this.#attempts.delete(attempt)
    }
  }

  /** What comes is written down under the attempt, for the case that our answer is lost. */
  async #takeOver(client: Statements, epoch: number, { member, attempt }: { member: string; attempt: string }) {
    const { schema } = this.#link.name
    const uidsOf = ({ rows }: { readonly rows: readonly { readonly uid: string }[] }) =>
      rows.map(({ uid }) => workflowUid(uid))
    const before = await client.query<{ uid: string }>('SELECT uid FROM handed WHERE attempt = $1', [attempt])
    if (before.rows.length > 0) return uidsOf(before)
    const free = await client.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS free', [
      ...[lockClass, keyOf({ schema, lease: member })],
    ])
    if (free.rows[0]?.free !== true) return []
    await client.query("UPDATE lease SET epoch = epoch + 1, holder = '' WHERE name = $1", [member])
    await this.#lockAll(client)
    await this.#link.mustLead(client, epoch)
    const moved = await client.query<{ uid: string }>(
      `WITH moved AS (UPDATE workflow SET owner = $1 WHERE NOT finished AND owner = $2 RETURNING uid)
        INSERT INTO handed SELECT $1, uid, $3 FROM moved
        ON CONFLICT (member, uid) DO UPDATE SET attempt = excluded.attempt RETURNING uid`,
      [this.name, member, attempt],
    )
    await client.query(passClaims('member = $2'), [this.name, member])
    await client.query('DELETE FROM engine_share WHERE member = $1', [member])
    await client.query('DELETE FROM member WHERE name = $1', [member])
    await client.query('DELETE FROM handed WHERE member = $1', [member])
    await this.#link.tell(client, 'members', 'capacity', 'commands', 'grants')
    return uidsOf(moved)
  }

  async handOver(uids: readonly WorkflowUid[], to: string): Promise<void> {
    if (uids.length === 0) return
    try {
      await this.#writer.alone(async (client, epoch) => {
        await client.query('BEGIN')
        try {
          await this.#handOver(client, epoch, { uids, to })
          await client.query('COMMIT')
        } catch (error) {
          await client.query('ROLLBACK').catch(() => undefined)
          throw error
        }
      })
    } catch (error) {
      throw asStoreError(error)
    }
  }

  async #handOver(client: Statements, epoch: number, { uids, to }: { uids: readonly WorkflowUid[]; to: string }) {
    const lead = 'SELECT 1 FROM lease WHERE name = $1 AND epoch = $2 FOR UPDATE'
    if ((await client.query(lead, [this.name, epoch])).rowCount === 0)
      throw Object.assign(new Error(`the lease ${this.name} is over`), { code: fenced })
    await this.#lockAll(client)
    if (!(await heldLeases(client, this.#link.name.schema)).includes(to))
      throw storeError({ code: 'STORE_CONFLICT', message: `no controller ${to} is there to take workflows` })
    const moved = await client.query<{ uid: string }>(
      `WITH moved AS (UPDATE workflow SET owner = $1 WHERE NOT finished AND owner = $2 AND uid = ANY($3) RETURNING uid)
        INSERT INTO handed SELECT $1, uid FROM moved
        ON CONFLICT (member, uid) DO UPDATE SET attempt = NULL RETURNING uid`,
      [to, this.name, uids],
    )
    await client.query(passClaims('workflow_uid = ANY($2)'), [to, moved.rows.map(({ uid }) => uid)])
    await this.#link.tell(client, 'owned', 'commands', 'grants')
  }

  /** Neither a commit nor a lock passes while it lasts. */
  async #lockAll(client: Statements): Promise<void> {
    for (const name of ['resource_version', 'locks'])
      await client.query('SELECT 1 FROM counter WHERE name = $1 FOR UPDATE', [name])
  }

  role(name: string, onChange: (isOurs: boolean) => void) {
    return this.#roles.add(name, onChange)
  }

  follow(since: number, listener: FleetListener): { close(): void } {
    const follower = new Follower({ link: this.#link, ears: this.#ears, since, listener, attempts: this.#attempts })
    this.#followers.add(follower)
    return {
      close: () => {
        follower.close()
        this.#followers.delete(follower)
      },
    }
  }

  /** Takes away changes beyond so many, and commands that are late. */
  async trim(kept = changesKept): Promise<void> {
    await trimLog(this.#link, kept)
    await this.#link.transact((client) => client.query('DELETE FROM command WHERE late_at < now()'))
  }

  /** Our lease is over: no role is ours any more. */
  lost(): void {
    void this.#roles.close()
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const follower of this.#followers) follower.close()
    await this.#roles.close()
    if (this.#writer.health.isUp) await this.#leave().catch(() => undefined)
    await this.#ears.close()
    await this.#link.close()
    for (const follower of this.#followers) await follower.ended()
  }

  /** Who owns nothing more is forgotten when it goes. */
  #leave(): Promise<unknown> {
    return this.#link.transact(async (client, epoch) => {
      await this.#link.mustLead(client, epoch)
      await client.query(
        `DELETE FROM member WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM workflow WHERE NOT finished AND owner = $1)`,
        [this.name],
      )
      await client.query('DELETE FROM engine_share WHERE member = $1', [this.name])
      await this.#link.tell(client, 'members', 'capacity')
    })
  }

  async #lookWhoLives(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const names = await this.#link.transact(async (client) => {
        const held = await heldLeases(client, this.#link.name.schema)
        await this.#endSilent(client, held)
        return held
      })
      const live = names.toSorted().join(' ')
      if (live !== this.#live && names.length > 1) await joinLog(this.#link)
      this.#live = live
      for (const follower of this.#followers) follower.lives(live)
    } catch {
      // closed, or our lease is over
    } finally {
      this.#looking = false
    }
  }

  /** A frozen member keeps its lease and its roles while its connections live. */
  async #endSilent(client: Statements, held: readonly string[]): Promise<void> {
    const { schema } = this.#link.name
    const others = held.filter((lease) => lease !== this.name)
    if (others.length === 0) return
    const keys = [...others.map((lease) => keyOf({ schema, lease })), ...this.#roles.keys]
    await this.#silence.look(client, holdersOf(keys))
  }
}

/** Claims become another's, who is told of what they hold. */
const passClaims = (isMeant: string): string => `UPDATE lock_claim SET member = $1,
  granted = CASE WHEN granted IS NULL THEN NULL ELSE nextval('lock_grant') END WHERE ${isMeant}`
