/** Where the store is: settings of our own, or what Argo's `persistence` says. */
import Type from 'typebox'
import { sslModes } from '../postgres/index.ts'
import type { SslMode } from '../postgres/index.ts'
import type { ArgoSettings } from './argo-settings.ts'
import { connectionSettings, optionalText } from './connection-settings.ts'

export const storeSettings = Type.Optional(
  Type.Object(
    {
      url: optionalText(
        'Postgres to keep everything in, as `postgres://user@host/database`; else SQLite in the data folder.',
      ),
      ...connectionSettings,
      poolSize: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1000, description: 'Most connections for reading; one more writes.' }),
      ),
      schema: optionalText('Schema of our tables in the database.'),
      migrate: Type.Optional(
        Type.Boolean({ description: 'Bring the schema up to date at the start; else `drydock db migrate` does.' }),
      ),
    },
    { additionalProperties: false },
  ),
)

export type StoreConfig = {
  /** `null`: SQLite in the data folder. */
  readonly url: string | null
  /** Absolute. */
  readonly passwordFile: string | null
  readonly sslMode: SslMode | null
  readonly caFile: string | null
  readonly poolSize: number
  readonly schema: string
  readonly migrate: boolean
}

type SecretKey = { readonly name: string; readonly key: string }

/** Argo's database, where nothing of our own says otherwise. Names and passwords stand in Secret manifests. */
export type ArgoDatabase = {
  /** Without user and password. */
  readonly url: string
  readonly user: SecretKey
  readonly password: SecretKey
  readonly sslMode: SslMode
  readonly poolSize: number | null
  readonly connectTimeoutMs: number | null
  readonly migrate: boolean
}

const secretKey = Type.Object({ name: Type.String({ minLength: 1 }), key: Type.String({ minLength: 1 }) })
const whole = () => Type.Optional(Type.Integer({ minimum: 0 }))
const plain = () => Type.Optional(Type.String())
const flag = () => Type.Optional(Type.Boolean())

/** Of Argo's `persistence`. Its tables are Argo's and are not looked at: `tableName` has no meaning here. */
export const argoPostgresql = Type.Optional(
  Type.Object(
    {
      host: Type.String({ minLength: 1 }),
      port: whole(),
      database: Type.String({ minLength: 1 }),
      tableName: plain(),
      userNameSecret: secretKey,
      passwordSecret: secretKey,
      ssl: flag(),
      sslMode: Type.Optional(Type.Unsafe<SslMode>({ type: 'string', enum: [...sslModes] })),
      azureToken: Type.Optional(Type.Unsafe<unknown>({})),
      awsRDSToken: Type.Optional(Type.Unsafe<unknown>({})),
    },
    { additionalProperties: false },
  ),
)
export const argoConnectionPool = Type.Optional(
  Type.Object(
    { maxIdleConns: whole(), maxOpenConns: whole(), connMaxLifetime: plain() },
    { additionalProperties: false },
  ),
)

export function argoDatabaseOf({ persistence }: ArgoSettings): ArgoDatabase | null {
  const postgresql = persistence?.postgresql
  if (persistence === undefined || postgresql === undefined) return null
  const { host, port, database, userNameSecret, passwordSecret, ssl, sslMode } = postgresql
  const { connectionTimeoutSeconds, connectionPool, skipMigration } = persistence
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return {
    url: `postgres://${name}:${port === undefined || port === 0 ? 5432 : port}/${encodeURIComponent(database)}`,
    user: userNameSecret,
    password: passwordSecret,
    sslMode: ssl === true ? (sslMode ?? 'require') : 'disable',
    poolSize: connectionPool?.maxOpenConns || null,
    connectTimeoutMs: connectionTimeoutSeconds === undefined ? null : connectionTimeoutSeconds * 1000,
    migrate: skipMigration !== true,
  }
}

/** What of `persistence` changes nothing here, to be said once. */
export function persistenceNotes({ persistence }: ArgoSettings): readonly string[] {
  if (persistence === undefined) return []
  const notes: string[] = []
  const say = (key: string, why: string) => notes.push(`setting \`persistence.${key}\` has no effect on Docker: ${why}`)
  const { mysql, nodeStatusOffLoad, postgresql } = persistence
  if (mysql !== undefined) say('mysql', 'the store is SQLite or Postgres')
  if (nodeStatusOffLoad !== undefined) say('nodeStatusOffLoad', 'nodes have rows of their own in the store')
  if (postgresql?.tableName !== undefined) say('postgresql.tableName', 'the tables are Drydock’s own (`store.schema`)')
  for (const key of ['azureToken', 'awsRDSToken'] as const)
    if (postgresql?.[key] !== undefined)
      say(`postgresql.${key}`, 'write the token to a file and name it: `store.passwordFile`')
  return notes
}
