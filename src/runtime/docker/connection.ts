/** Finds the Docker Engine as `docker` itself does (DOCKER_HOST, context, default sockets) and says what is wrong where there is none. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { request as requestTls } from 'node:https'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { http, UserError } from '../../resources/index.ts'
import type { SshTarget } from './ssh-tunnel.ts'

export type EngineTls = {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly verify: boolean
}

export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string; readonly source: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly tls: EngineTls | null
      readonly source: string
    }
  | {
      readonly kind: 'ssh'
      readonly host: string
      readonly port: number
      readonly user: string | null
      /** The engine's socket there; absent: Docker's usual one. */
      readonly socket?: string
      /** Private key, instead of those that `ssh` finds by itself. */
      readonly keyFile?: string
      readonly source: string
    }

export type EngineTried = { readonly source: string; readonly address: string; readonly reason: string }

export type EngineSearch =
  | { readonly found: true; readonly address: EngineAddress }
  /** `message` is for people: what was tried, what was wrong, what to do. */
  | { readonly found: false; readonly message: string; readonly tried: readonly EngineTried[] }

type Surroundings = { readonly env?: Readonly<Record<string, string | undefined>>; readonly home?: string }

/** Never throws: a missing engine is an answer. Asks each candidate's `/_ping`, at most 3 s each. */
export async function findEngine(surroundings: Surroundings = {}): Promise<EngineSearch> {
  const env = surroundings.env ?? process.env
  const home = surroundings.home ?? homedir()
  const tried: EngineTried[] = []
  for (const candidate of candidates(env, home)) {
    if ('problem' in candidate) {
      tried.push({ source: candidate.source, address: candidate.address, reason: candidate.problem })
      continue
    }
    const reason = candidate.kind === 'ssh' ? null : await ping(candidate)
    if (reason === null) return { found: true, address: candidate }
    tried.push({ source: candidate.source, address: describeAddress(candidate), reason })
  }
  const lines = tried.map((one) => `  ${one.address} (${one.source}): ${one.reason}`)
  return { found: false, tried, message: ['no Docker Engine answers:', ...lines].join('\n') }
}

export function describeAddress(address: EngineAddress): string {
  if (address.kind === 'socket') return `unix://${address.path}`
  if (address.kind === 'tcp') return `tcp://${address.host}:${address.port}`
  return `ssh://${address.user === null ? '' : `${address.user}@`}${address.host}:${address.port}`
}

/**
 * The engine at the address, without asking it anything.
 * @param certs folder with ca.pem, cert.pem and key.pem, for `tcp`
 * @throws UserError BAD_ENGINE_ADDRESS
 */
export function engineAt(host: string, certs: string | null = null): EngineAddress {
  const found = fromUrl(host, 'settings', certs === null ? null : tlsFromDir(certs, true))
  if (!('problem' in found)) return found
  throw new UserError('BAD_ENGINE_ADDRESS', `${host}: ${found.problem}`)
}

/** How the address is reached with the system's `ssh`. */
export const sshTarget = (address: Extract<EngineAddress, { kind: 'ssh' }>): SshTarget => ({
  host: address.host,
  port: address.port,
  user: address.user,
  socket: address.socket ?? '/var/run/docker.sock',
  keyFile: address.keyFile ?? null,
})

type Candidate = EngineAddress | { readonly source: string; readonly address: string; readonly problem: string }

function candidates(env: Readonly<Record<string, string | undefined>>, home: string): readonly Candidate[] {
  if (env.DOCKER_HOST) return [fromUrl(env.DOCKER_HOST, 'DOCKER_HOST', tlsFromEnv(env, home))]
  const configDir = env.DOCKER_CONFIG ?? join(home, '.docker')
  const context = env.DOCKER_CONTEXT ?? currentContext(configDir)
  if (context !== null && context !== 'default') return [fromContext(context, configDir)]
  const sockets = ['/var/run/docker.sock', join(home, '.docker/run/docker.sock')]
  if (env.XDG_RUNTIME_DIR) {
    sockets.push(join(env.XDG_RUNTIME_DIR, 'docker.sock'), join(env.XDG_RUNTIME_DIR, 'podman/podman.sock'))
  }
  const present = sockets.filter((path, index) => index === 0 || existsSync(path))
  return present.map((path) => ({ kind: 'socket', path, source: 'default socket' }))
}

function currentContext(configDir: string): string | null {
  const config = readJson(join(configDir, 'config.json'))
  return typeof config?.currentContext === 'string' && config.currentContext !== '' ? config.currentContext : null
}

function fromContext(name: string, configDir: string): Candidate {
  const source = `docker context ${name}`
  const hash = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(configDir, 'contexts/meta', hash, 'meta.json'))
  const endpoints = asRecord(meta?.Endpoints)
  const docker = asRecord(endpoints?.docker)
  const host = docker?.Host
  if (typeof host !== 'string')
    return { source, address: name, problem: 'the context does not exist: docker context ls' }
  const dir = join(configDir, 'contexts/tls', hash, 'docker')
  return fromUrl(host, source, existsSync(dir) ? tlsFromDir(dir, docker?.SkipTLSVerify !== true) : null)
}

function fromUrl(text: string, source: string, tls: EngineTls | null): Candidate {
  if (text.startsWith('unix://')) return { kind: 'socket', path: text.slice(7) || '/var/run/docker.sock', source }
  if (text.startsWith('npipe://')) return { kind: 'socket', path: text.slice(8), source }
  if (text.startsWith('/')) return { kind: 'socket', path: text, source }
  try {
    const url = new URL(text.includes('://') ? text : `tcp://${text}`)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (url.protocol === 'ssh:') {
      const socket = url.pathname.length > 1 ? { socket: url.pathname } : {}
      return { kind: 'ssh', host, port: Number(url.port || 22), user: url.username || null, ...socket, source }
    }
    const isTls = url.protocol === 'https:' || tls !== null || url.port === '2376'
    const port = Number(url.port || (isTls ? 2376 : 2375))
    return { kind: 'tcp', host, port, tls: isTls ? (tls ?? { verify: true }) : null, source }
  } catch {
    return { source, address: text, problem: 'not an address: use unix:///path, tcp://host:port or ssh://user@host' }
  }
}

function tlsFromEnv(env: Readonly<Record<string, string | undefined>>, home: string): EngineTls | null {
  if (env.DOCKER_TLS_VERIFY) return tlsFromDir(env.DOCKER_CERT_PATH ?? join(home, '.docker'), true)
  return env.DOCKER_CERT_PATH ? tlsFromDir(env.DOCKER_CERT_PATH, false) : null
}

function tlsFromDir(dir: string, verify: boolean): EngineTls {
  const read = (name: string): string | undefined =>
    existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : undefined
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem'), verify }
}

function readJson(path: string): Readonly<Record<string, unknown>> | null {
  try {
    return asRecord(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
}

/** `null` when the engine answers, else the reason with what to do. */
function ping(address: Exclude<EngineAddress, { kind: 'ssh' }>): Promise<string | null> {
  return new Promise((resolve) => {
    const target =
      address.kind === 'socket'
        ? { socketPath: address.path }
        : {
            host: address.host,
            port: address.port,
            ...(address.tls && { ...address.tls, rejectUnauthorized: address.tls.verify }),
          }
    const send = address.kind === 'tcp' && address.tls ? requestTls : http.request
    const call = send({ ...target, path: '/_ping', timeout: 3_000 }, (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      resolve(status === 200 ? null : `answers ${status}${status === 403 ? ': a socket proxy forbids /_ping' : ''}`)
    })
    call.on('timeout', () => call.destroy(new Error('no answer within 3 s')))
    call.on('error', (error: NodeJS.ErrnoException) => resolve(reasonOf(error)))
    call.end()
  })
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such socket: install Docker or start it (systemctl start docker), or set DOCKER_HOST'
    case 'EACCES':
      return 'this user may not open it: add the user to the group docker and log in again, or run as root'
    case 'ECONNREFUSED':
      return 'nothing listens there: start the engine (systemctl start docker)'
    case 'ENOTFOUND':
      return 'the host name is unknown'
    default:
      return error.message
  }
}
