/** The store that the settings ask for, opened: SQLite in the data folder, or Postgres once we are in charge there. */
import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { argoDatabaseOf } from '../config/index.ts'
import type { Config } from '../config/index.ts'
import { addressOf, redactedUrl } from '../postgres/index.ts'
import type { Log } from '../controller/index.ts'
import { UserError, WorldError } from '../resources/index.ts'
import { openPostgresStore, openSqliteStore } from '../store/index.ts'
import type { Fleet, PostgresStoreOptions, Store } from '../store/index.ts'
import { databaseSecrets } from './database-secrets.ts'
import { instanceOf } from './instance.ts'

export type OpenedStore = {
  readonly store: Store
  /** The other controllers; `null` where this one has no name among several. */
  readonly fleet: Fleet | null
  /** A server's, which may be away for a while. */
  readonly isRemote: boolean
  /** For people; without a password. */
  readonly place: string
  sizeBytes(): Promise<number>
  /** The name that our containers carry: of whoever works on this store, wherever it runs. */
  instance(): Promise<string>
  /** Resolves with the reason when another daemon has taken the store over; this one must end its work. */
  readonly lost: Promise<string>
}

export type OpenOptions = {
  readonly log: Log
  /** Told, again and again, why it is not open yet. Without it that is an error. */
  readonly waiting?: { readonly say: (reason: string) => void; readonly signal?: AbortSignal }
  /** Aborted when the daemon begins to end. */
  readonly ending: AbortSignal
}

/** Commits get so long to be written after the end has begun although the server is away. */
const patienceMs = 3_000

/** @throws WorldError STORE_LOCKED and others of the store; UserError of the URL, files and Secrets */
export async function openStore(config: Config, options: OpenOptions): Promise<OpenedStore> {
  const database = await postgresOf(config)
  if (database !== null) return postgres(config, database, options)
  if (config.controller.name === null) return sqlite(config)
  throw new UserError('NAME_NEEDS_POSTGRES', `controller.name is ${config.controller.name}, and the store is SQLite`, {
    hint: 'controllers share their work over Postgres: set store.url, or take controller.name away',
  })
}

/** How to reach Postgres; `null` where the store is SQLite. @throws UserError */
export async function postgresOf(config: Config): Promise<PostgresStoreOptions | null> {
  const { url, passwordFile, sslMode, caFile, poolSize, schema, migrate } = config.store
  const common = {
    schema,
    connectionsMax: poolSize,
    mayMigrate: migrate,
    ...(passwordFile === null ? {} : { passwordFile }),
    ...(caFile === null ? {} : { caFile }),
  }
  if (url !== null) {
    const own = { ...common, url, ...(sslMode === null ? {} : { sslMode }) }
    addressOf(own) // says what is wrong with it
    return own
  }
  const argo = argoDatabaseOf(config.argo)
  if (argo === null) return null
  const { user, password } = await databaseSecrets(config.folders, argo)
  const full = new URL(argo.url)
  full.username = encodeURIComponent(user)
  full.password = encodeURIComponent(password)
  return {
    ...common,
    url: full.href,
    sslMode: sslMode ?? argo.sslMode,
    mayMigrate: migrate && argo.migrate,
    ...(argo.poolSize === null ? {} : { connectionsMax: argo.poolSize }),
    ...(argo.connectTimeoutMs === null ? {} : { connectTimeoutMs: argo.connectTimeoutMs }),
  }
}

async function sqlite({ dataDir, instance, store: { migrate } }: Config): Promise<OpenedStore> {
  const store = await openSqliteStore({ directory: dataDir, mayMigrate: migrate })
  const sizeOf = (name: string) =>
    stat(join(dataDir, name)).then(
      ({ size }) => size,
      () => 0,
    )
  return {
    store,
    isRemote: false,
    fleet: null,
    place: join(dataDir, 'drydock.db'),
    sizeBytes: async () => (await sizeOf('drydock.db')) + (await sizeOf('drydock.db-wal')),
    instance: () => instanceOf(instance, dataDir),
    lost: new Promise(() => undefined),
  }
}

async function postgres(
  { instance, controller: { name, silentAfterMs } }: Config,
  database: PostgresStoreOptions,
  { log, waiting, ending }: OpenOptions,
): Promise<OpenedStore> {
  const place = redactedUrl(database.url)
  let lose: (reason: string) => void = () => undefined
  const lost = new Promise<string>((resolve) => (lose = resolve))
  const store = await openPostgresStore({
    ...database,
    ...(name === null ? {} : { controller: name }),
    silentMs: silentAfterMs,
    ...(waiting === undefined ? {} : { wait: waiting }),
    onHealth: (reason) => {
      if (reason === null) log.info({ store: place }, 'the store answers again')
      else log.error({ store: place, reason }, 'the store is away: commits wait for it')
    },
    onLost: (reason) => {
      log.error({ store: place, reason }, 'this daemon is no longer in charge')
      lose(reason)
    },
  })
  const giveUpSoon = () => setTimeout(() => store.giveUp(), patienceMs).unref()
  if (ending.aborted) giveUpSoon()
  else ending.addEventListener('abort', giveUpSoon, { once: true })
  return {
    store,
    isRemote: true,
    fleet: store.fleet,
    place,
    sizeBytes: () => store.sizeBytes(),
    instance: () => (instance === null ? instanceIn(store) : Promise.resolve(instance)),
    lost,
  }
}

/** Drawn once for the database, so that who takes over finds the containers of who went. */
async function instanceIn(store: Store): Promise<string> {
  const known = await store.record('daemon', 'instance')
  if (typeof known === 'string') return known
  const value = `drydock-${randomUUID().slice(0, 8)}`
  try {
    await store.commit([
      // Of several that begin at once one draws it.
      { kind: 'putObject', row: { kind: 'Drawn', namespace: '', name: 'instance', body: {} }, expected: 0 },
      { kind: 'putRecord', collection: 'daemon', key: 'instance', value },
    ])
    return value
  } catch (error) {
    const drawn = await store.record('daemon', 'instance')
    if (error instanceof WorldError && error.code === 'STORE_CONFLICT' && typeof drawn === 'string') return drawn
    throw error
  }
}
