/** Administration of a store on Postgres. */
import { randomUUID } from 'node:crypto'
import type { ClientBase } from 'pg'
import { openClient, redactedUrl } from '../../postgres/index.ts'
import type { LeaseStatus, StoreAdministration } from '../administration.ts'
import { versionBefore } from '../administration.ts'
import { storeError } from '../fault.ts'
import { namelessLease } from '../fleet.ts'
import type { Migration } from '../migrations.ts'
import { pause } from './connect.ts'
import { claim, heldLeases, holderOf, tryLock } from './lease.ts'
import { isDue, migrate, rollback, schemaStatus } from './migrate.ts'
import { asStoreError } from './postgres-fault.ts'
import { schemaOf, sessionOf } from './store.ts'
import type { PostgresStoreOptions } from './store.ts'

/** The server may need a moment to see that a daemon has gone. */
const farewellMs = 2_000
const stepMs = 100

/** @throws WorldError STORE_DOWN, STORE_READONLY */
export async function administerPostgres(
  options: PostgresStoreOptions,
  migrations?: readonly Migration[],
): Promise<StoreAdministration> {
  const schema = schemaOf(options)
  const at = { schema, ...(migrations === undefined ? {} : { migrations }) }
  const name = { schema, lease: namelessLease, isAlone: true }
  const place = `${redactedUrl(options.url)} (schema ${schema})`
  const said = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw asStoreError(error)
    }
  }
  const client = await said(() => openClient({ ...sessionOf(options), applicationName: 'drydock db' }))
  /** Nobody else works on it until we have closed, and who did before finds that its time is over. */
  const takeOver = async () => {
    const holder = await holderOf(client, name)
    let inTheWay = await tryLock(client, name)
    for (let waitedMs = 0; inTheWay !== null && waitedMs < farewellMs; waitedMs += stepMs) {
      await pause(stepMs)
      inTheWay = await tryLock(client, name)
    }
    if (inTheWay !== null) {
      const names = inTheWay === 'members' ? (await heldLeases(client, schema)).toSorted().join(', ') : holder?.host
      const who = names === undefined ? '' : ` (${names})`
      throw storeError({ code: 'STORE_LOCKED', message: `a drydock${who} works on ${place}: stop it first` })
    }
    if (holder !== null) await claim(client, name, { token: randomUUID(), host: 'drydock db' })
  }
  return {
    place,
    status: () => said(() => schemaStatus(client, at)),
    controllers: () =>
      said(async () => ((await isDue(client, at)) ? [] : leasesOf(client, await heldLeases(client, schema)))),
    migrate: () =>
      said(async () => {
        await takeOver()
        return migrate(client, at)
      }),
    rollback: ({ to, mayLoseData }) =>
      said(async () => {
        await takeOver()
        return rollback(client, at, { to: to ?? versionBefore(await schemaStatus(client, at)), mayLoseData })
      }),
    close: () => client.end(),
  }
}

async function leasesOf(client: ClientBase, live: readonly string[]): Promise<readonly LeaseStatus[]> {
  const { rows } = await client.query<Record<'name' | 'host' | 'workflows' | 'locks', string>>(leasesSql)
  return rows
    .map(({ name, host, workflows, locks }) => {
      const isLive = live.includes(name)
      return { name, holder: host, isLive, workflows: Number(workflows), locks: Number(locks) }
    })
    .filter(({ isLive, workflows, locks }) => isLive || workflows + locks > 0)
}

const leasesSql = `SELECT l.name, l.host,
    (SELECT count(*) FROM workflow w WHERE NOT w.finished AND w.owner = l.name) AS workflows,
    (SELECT count(*) FROM lock_claim c WHERE c.member = l.name AND c.granted IS NOT NULL) AS locks
  FROM lease l ORDER BY l.name`
