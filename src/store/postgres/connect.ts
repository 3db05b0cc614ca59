/** Gets hold of the lease: waits for a server that is away and for another daemon to go, where that is wanted. */
import type { Client } from 'pg'
import { isConnectionFault, openClient, pauseMs, reconnectPauses } from '../../postgres/index.ts'
import type { PostgresOptions } from '../../postgres/index.ts'
import { storeError } from '../fault.ts'
import { claim, holderOf, tryLock } from './lease.ts'
import type { Grip, Holder, LeaseName } from './lease.ts'
import { checkSchema, migrate } from './migrate.ts'

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
  /** Without it a server that is away and a lease that is taken are errors. */
  readonly wait?: Waiting
}

/** How often a standby asks for the lock; it is free at once when the holder's process ends. */
const standbyMs = 300

/** @throws WorldError STORE_LOCKED, STORE_NEWER_SCHEMA, STORE_FOREIGN_SCHEMA, STORE_OLD_SCHEMA; what Postgres says; the signal's reason */
export async function takeLease(options: ConnectOptions): Promise<{ readonly client: Client; readonly grip: Grip }> {
  const { wait } = options
  for (let failures = 1; ; failures++) {
    wait?.signal?.throwIfAborted()
    let client: Client | null = null
    try {
      client = await openClient(options.server)
      const grip = await attempt(client, options)
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

async function attempt(client: Client, { name, holder, mayMigrate, wait }: ConnectOptions): Promise<Grip | null> {
  for (;;) {
    await checkSchema(client, name, { mayBeOld: mayMigrate })
    if (await tryLock(client, name)) break
    const host = (await holderOf(client, name))?.host
    const reason = `another drydock${host === undefined ? '' : ` (${host})`} works on this database`
    if (!wait) throw storeError({ code: 'STORE_LOCKED', message: `${reason}: stop it first` })
    wait.say(`standing by: ${reason}`)
    await pause(standbyMs * (0.5 + Math.random()), wait.signal)
  }
  if (mayMigrate) await migrate(client, name)
  return claim(client, name, holder)
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
