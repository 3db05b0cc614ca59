/** Gets hold of the lease: waits for a server that is away and for another daemon to go, where that is wanted. */
import type { Client } from 'pg'
import { isConnectionFault, openClient, pauseMs, reconnectPauses, Silence } from '../../postgres/index.ts'
import type { PostgresOptions } from '../../postgres/index.ts'
import { storeError } from '../fault.ts'
import { namelessLease } from '../fleet.ts'
import { claim, heldLeases, holderOf, holdersOf, inherit, keyOf, letOthersIn, shutOthersOut, tryLock } from './lease.ts'
import type { Grip, Holder, LeaseName } from './lease.ts'
import { checkSchema, isDue, migrate } from './migrate.ts'

export type Waiting = {
  /** Told whenever the reason changes. */
  readonly say: (reason: string) => void
  readonly signal?: AbortSignal
}

export type ConnectOptions = {
  readonly server: PostgresOptions
  readonly name: LeaseName
  readonly holder: Holder
  readonly mayMigrate: boolean
  /** Whoever is in the way and says nothing for so long is cut off. */
  readonly silentMs: number
  /** Without it a server that is away and a lease that is taken are errors. */
  readonly wait?: Waiting
}

/** How often a standby asks for the lock; it is free at once when the holder's process ends. */
const standbyMs = 300

/** @throws WorldError STORE_LOCKED, STORE_NEWER_SCHEMA, STORE_FOREIGN_SCHEMA, STORE_OLD_SCHEMA; what Postgres says; the signal's reason */
export async function takeLease(options: ConnectOptions): Promise<{ readonly client: Client; readonly grip: Grip }> {
  const { wait } = options
  const silence = new Silence(options.silentMs)
  for (let failures = 1; ; failures++) {
    wait?.signal?.throwIfAborted()
    let client: Client | null = null
    try {
      client = await openClient(options.server)
      const grip = await attempt(client, options, silence)
      if (grip) return { client, grip }
      failures = 0
    } catch (error) {
      await client?.end().catch(() => undefined)
      if (!wait || !isConnectionFault(error)) throw error
      wait.say(`the database does not answer: ${error instanceof Error ? error.message || error.name : String(error)}`)
    }
    await pause(pauseMs(reconnectPauses, Math.max(1, failures)), wait?.signal)
  }
}

async function attempt(client: Client, options: ConnectOptions, silence: Silence): Promise<Grip | null> {
  const { name, holder, mayMigrate, silentMs, wait } = options
  for (;;) {
    await checkSchema(client, name, { mayBeOld: mayMigrate })
    const old = await tooOld(client, name, mayMigrate)
    const found = old === null ? await inTheWay(client, name) : { reason: old, leases: [] }
    if (found === null) break
    const { reason, leases } = found
    if (!wait) throw storeError({ code: 'STORE_LOCKED', message: `${reason}: stop it first` })
    wait.say(`standing by: ${reason}`)
    const ended = await silence.look(client, holdersOf(leases.map((lease) => keyOf({ schema: name.schema, lease }))))
    if (ended.length > 0) wait.say(`it said nothing for ${silentMs / 1000} s and was cut off: ${reason}`)
    await pause(standbyMs * (0.5 + Math.random()), wait.signal)
  }
  if (mayMigrate && name.isAlone) await migrate(client, name)
  const grip = await claim(client, name, holder)
  if (name.isAlone) await inherit(client, name)
  else await client.query('UPDATE lease SET gone_at = NULL WHERE name = $1', [name.lease])
  return grip
}

type InTheWay = { readonly reason: string; readonly leases: readonly string[] }

/** Takes the lease. `null`: it is ours; else the reason why not, for people, and whose leases are in the way. */
async function inTheWay(client: Client, name: LeaseName): Promise<InTheWay | null> {
  const who = await tryLock(client, name)
  if (who === null) return null
  if (who === 'members') {
    const leases = (await heldLeases(client, name.schema)).toSorted()
    const names = leases.join(', ')
    const reason = `controllers with names (${names}) work on this database, and this one has none (controller.name)`
    return { reason, leases }
  }
  const lease = who === 'alone' ? namelessLease : name.lease
  const host = (await holderOf(client, { schema: name.schema, lease }))?.host
  const where = host === undefined ? '' : ` (${host})`
  const works =
    who === 'alone'
      ? `, which has no name (controller.name), works on this database alone`
      : ` works on this database${name.isAlone ? '' : ` under the name ${lease}`}`
  return { reason: `another drydock${where}${works}`, leases: [lease] }
}

/** Brings the schema up to date for a member, which needs it for itself meanwhile. `null`: done, or nothing to do. */
async function tooOld(client: Client, name: LeaseName, mayMigrate: boolean): Promise<string | null> {
  if (name.isAlone || !mayMigrate || !(await isDue(client, name))) return null
  if (!(await shutOthersOut(client, name)))
    return 'a drydock works on this database, whose schema must be brought up to date'
  try {
    await migrate(client, name)
    return null
  } finally {
    await letOthersIn(client, name)
  }
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
