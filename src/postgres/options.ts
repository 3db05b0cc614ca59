/** Where a server is and how to get in: a URL as libpq takes it, and what should not stand in a URL. */
import { readFile } from 'node:fs/promises'
import type { ClientConfig } from 'pg'
import { UserError } from '../resources/index.ts'

export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
/** As libpq has them. `allow` and `prefer`: TLS where the server has it, asked when the pool is opened. */
export type SslMode = (typeof sslModes)[number]

export type PostgresOptions = {
  /** `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…&host=/socket/folder&application_name=…`. */
  readonly url: string
  /** Instead of the URL's password; read anew for each connection, so that it may be changed while we run. */
  readonly passwordFile?: string
  /** Over the URL's. Where neither says: `prefer`. */
  readonly sslMode?: SslMode
  /** PEM of the authorities to trust, over the URL's `sslrootcert`. */
  readonly caFile?: string
  /** Most connections of a pool; 8 where nothing is said. */
  readonly connectionsMax?: number
  readonly connectTimeoutMs?: number
  /** A query that has had no answer for so long fails, and its connection is given up. */
  readonly queryTimeoutMs?: number
  readonly applicationName?: string
  /** Settings of each session, such as `search_path`. Values may hold no blanks. */
  readonly session?: Readonly<Record<string, string>>
}

export type PostgresAddress = {
  /** A name, an address, or the folder of a socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | null
  readonly database: string
  readonly sslMode: SslMode
  readonly caFile: string | null
  readonly applicationName: string | null
}

const refuse = (why: string) =>
  new UserError('BAD_DATABASE_URL', `the database URL ${why}`, {
    hint: 'it reads postgres://user:password@host:5432/database; a %, @, / or : in the password is written as %25, %40, %2F, %3A',
  })

/** @throws UserError BAD_DATABASE_URL; never with the password in it */
export function addressOf({ url: text, sslMode, caFile }: PostgresOptions): PostgresAddress {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw refuse('cannot be read')
  if (!['postgres:', 'postgresql:'].includes(url.protocol)) throw refuse('must begin with postgres://')
  const decoded = (part: string): string => {
    try {
      return decodeURIComponent(part)
    } catch {
      throw refuse('has a % that begins no code')
    }
  }
  const query = url.searchParams
  const mode = sslMode ?? query.get('sslmode') ?? 'prefer'
  if (!isSslMode(mode)) throw refuse(`has the unknown sslmode ${mode}; there are ${sslModes.join(', ')}`)
  const user = decoded(url.username) || (query.get('user') ?? 'postgres')
  return {
    host: query.get('host') ?? (decoded(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost'),
    port: Number(query.get('port') ?? url.port) || 5432,
    user,
    password: decoded(url.password) || query.get('password'),
    database: decoded(url.pathname.slice(1)) || user,
    sslMode: mode,
    caFile: caFile ?? query.get('sslrootcert'),
    applicationName: query.get('application_name'),
  }
}

const isSslMode = (text: string): text is SslMode => (sslModes as readonly string[]).includes(text)

/** For logs and `config show`. */
export function redactedUrl(url: string): string {
  return url.replace(/^(\w+:\/\/[^:/@]*):.*@(?=[^@]*$)/, '$1:***@').replace(/([?&]password=)[^&]*/, '$1***')
}

/** What `pg` wants. @throws UserError BAD_DATABASE_URL, DATABASE_FILE_UNREADABLE */
export async function clientConfigOf(options: PostgresOptions, hasTls: () => Promise<boolean>): Promise<ClientConfig> {
  const address = addressOf(options)
  const { passwordFile, session = {}, connectTimeoutMs = 10_000, queryTimeoutMs } = options
  const settings = Object.entries({ ...patience, client_min_messages: 'warning', ...session })
  return {
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    ...(passwordFile !== undefined
      ? { password: async () => (await fileText(passwordFile)).replace(/\r?\n$/, '') }
      : address.password === null
        ? {}
        : { password: address.password }),
    ssl: await tlsOf(address, hasTls),
    options: settings.map(([name, value]) => `-c ${name}=${value}`).join(' '),
    application_name: options.applicationName ?? address.applicationName ?? 'drydock',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  }
}

/** The server gives up those whose host is gone within some ten seconds, and with them their locks. */
const patience = {
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10000',
}

async function tlsOf(address: PostgresAddress, hasTls: () => Promise<boolean>): Promise<ClientConfig['ssl']> {
  const { sslMode, caFile, host } = address
  if (sslMode === 'disable' || host.startsWith('/')) return false
  if (sslMode === 'allow' || sslMode === 'prefer') return (await hasTls()) ? { rejectUnauthorized: false } : false
  const ca = caFile === null ? {} : { ca: await fileText(caFile) }
  // As in libpq, `require` with a root certificate checks it like `verify-ca`.
  if (sslMode === 'require' && caFile === null) return { rejectUnauthorized: false }
  return sslMode === 'verify-full' ? ca : { ...ca, checkServerIdentity: () => undefined }
}

const fileText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError('DATABASE_FILE_UNREADABLE', `cannot read ${path}, which a database setting names`, { cause })
  })
