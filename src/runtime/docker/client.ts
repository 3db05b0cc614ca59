/** Calls to the engine's HTTP API through dockerode's docker-modem (dockerode itself loads gRPC for what we never call): negotiated version, two socket pools, a deadline for each call. */
import type { Agent, AgentOptions, IncomingMessage } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { inspect } from 'node:util'
import type { Readable } from 'node:stream'
import './late-ssh.ts'
import DockerModem from 'docker-modem'
import { http, WorldError } from '../../resources/index.ts'
import type { EngineAddress } from './connection.ts'
import { describeAddress, sshTarget } from './connection.ts'
import { Once } from '../once.ts'
import { SshAgent, SshTunnel } from './ssh-tunnel.ts'
import { record, textOr } from './wire.ts'

export type CallReport = { readonly verb: string; readonly status: number; readonly ms: number }

export type CallOptions = {
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: unknown
  /** A tar, instead of `body`. */
  readonly tar?: Buffer | Readable
  readonly headers?: Readonly<Record<string, string>>
  /** Most milliseconds until the whole answer is here (of a stream: its head). 0 means no limit. */
  readonly deadlineMs?: number
  /** Statuses of 400 and above that are an answer, not an error. */
  readonly allow?: readonly number[]
  readonly signal?: AbortSignal
}

export type Reply = { readonly status: number; readonly body: Buffer; readonly headers: IncomingMessage['headers'] }

/** The engine refused (`status`), or could not be reached or did not answer in time (`status` 0). */
export class EngineError extends WorldError {
  readonly status: number
  constructor(status: number, message: string, cause?: unknown) {
    super(status === 0 ? 'ENGINE_AWAY' : 'ENGINE_REFUSED', message, {
      retryable: status === 0 || status === 429 || status >= 500,
      cause,
    })
    this.status = status
  }
}

/** It did not answer within the deadline of the call. */
export class EngineSilent extends EngineError {
  constructor(message: string, cause?: unknown) {
    super(0, message, cause)
  }
}

type DialOptions = {
  path: string
  method: string
  isStream: true
  statusCodes: Readonly<Record<number, true>>
  options?: { _query?: object; _body?: unknown }
  file?: Buffer | Readable
  headers?: Record<string, string>
  abortSignal: AbortSignal
}
type Modem = {
  version?: string
  dial(options: DialOptions, done: (error: Error | null, response: IncomingMessage) => void): void
}

/** Every status is taken as an answer here and judged by us, with its body. */
const anyStatus: Readonly<Record<number, true>> = Object.fromEntries(
  Array.from({ length: 500 }, (_, index) => [index + 100, true as const]),
)
const defaultDeadlineMs = 60_000
/** The newest API we know, and the oldest we need (Engine 20.10). */
const newestApi = [1, 47] as const
const oldestApi = [1, 40] as const

export class EngineClient {
  readonly address: EngineAddress
  private readonly calls: Modem
  private readonly streams: Modem
  private readonly agents: readonly Agent[]
  private readonly tunnel: SshTunnel | null
  private readonly onCall: (report: CallReport) => void
  private readonly negotiated = new Once<void>()
  apiVersion = ''

  constructor(address: EngineAddress, onCall: (report: CallReport) => void = () => {}) {
    this.address = address
    this.onCall = onCall
    this.tunnel = address.kind === 'ssh' ? new SshTunnel(sshTarget(address)) : null
    const callAgent = newAgent(address, this.tunnel, {
      keepAlive: true,
      maxSockets: 64,
      maxFreeSockets: 32,
      scheduling: 'lifo',
    })
    const streamAgent = newAgent(address, this.tunnel, { keepAlive: false, maxSockets: Infinity })
    this.agents = [callAgent, streamAgent]
    this.calls = newModem(address, callAgent)
    this.streams = newModem(address, streamAgent)
  }

  /** Sockets in use now: of calls and streams. */
  openSockets(): number {
    const count = (agent: Agent): number =>
      Object.values(agent.sockets).reduce((sum, list) => sum + (list?.length ?? 0), 0)
    return this.agents.reduce((sum, agent) => sum + count(agent), 0)
  }

  async call(verb: string, method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    await this.negotiate()
    return this.callNow(verb, method, path, options)
  }

  async json(verb: string, method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    return parsed((await this.call(verb, method, path, options)).body)
  }

  /** The answer as it comes, on a socket of its own. An abort of the signal ends it. */
  async stream(verb: string, method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    await this.negotiate()
    const began = performance.now()
    const { response, settle } = await this.dial(this.streams, verb, method, path, options)
    settle()
    const status = response.statusCode ?? 0
    this.onCall({ verb, status, ms: performance.now() - began })
    if (status < 400 || options.allow?.includes(status)) return response
    throw new EngineError(status, `${verb}: ${messageOf(await bodyOf(response))}`)
  }

  close(): void {
    for (const agent of this.agents) agent.destroy()
    this.tunnel?.close()
  }

  private async callNow(verb: string, method: string, path: string, options: CallOptions): Promise<Reply> {
    const began = performance.now()
    let status = 0
    try {
      const { response, settle } = await this.dial(this.calls, verb, method, path, options)
      try {
        status = response.statusCode ?? 0
        const body = await bodyOf(response)
        if (status >= 400 && !options.allow?.includes(status)) {
          const hint = status === 403 ? ' (a socket proxy that forbids this call?)' : ''
          throw new EngineError(status, `${verb}: ${messageOf(body)}${hint}`)
        }
        return { status, body, headers: response.headers }
      } finally {
        settle()
      }
    } catch (error) {
      if (error instanceof EngineError) throw error
      options.signal?.throwIfAborted()
      throw new EngineError(0, `${verb}: ${error instanceof Error ? error.message : String(error)}`, error)
    } finally {
      this.onCall({ verb, status, ms: performance.now() - began })
    }
  }

  private async dial(
    modem: Modem,
    verb: string,
    method: string,
    path: string,
    options: CallOptions,
  ): Promise<{ response: IncomingMessage; settle: () => void }> {
    options.signal?.throwIfAborted()
    const deadline = new AbortController()
    const deadlineMs = options.deadlineMs ?? defaultDeadlineMs
    const timer =
      deadlineMs === 0
        ? undefined
        : setTimeout(() => deadline.abort(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
    const abortSignal = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal
    const settle = (): void => clearTimeout(timer)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const hasQuery = options.query !== undefined && Object.keys(options.query).length > 0
      const request: DialOptions = {
        path: hasQuery ? `${path}?` : path,
        method,
        isStream: true,
        statusCodes: anyStatus,
        abortSignal,
        ...(hasQuery || options.body !== undefined
          ? { options: { _query: options.query ?? {}, _body: options.body ?? {} } }
          : {}),
        ...(options.tar && { file: options.tar }),
        ...(options.headers && { headers: { ...options.headers } }),
      }
      modem.dial(request, (error, answer) => {
        if (!error) return resolve(answer)
        settle()
        options.signal?.aborted ? reject(options.signal.reason) : reject(this.unreachable(verb, error, deadline.signal))
      })
    })
    return { response, settle }
  }

  private unreachable(verb: string, error: Error, deadline: AbortSignal): EngineError {
    const cause: unknown = deadline.aborted ? deadline.reason : error
    const text = cause instanceof Error ? cause.message : String(cause)
    const message = `${verb}: the engine at ${describeAddress(this.address)} is away: ${text}`
    return deadline.aborted ? new EngineSilent(message, error) : new EngineError(0, message, error)
  }

  private negotiate(): Promise<void> {
    return this.negotiated.run(() => this.settleVersion())
  }

  private async settleVersion(): Promise<void> {
    const version = record(parsed((await this.callNow('version', 'GET', '/version', { deadlineMs: 10_000 })).body))
    const newest = apiOf(textOr(version.ApiVersion, '1.41'))
    const oldest = apiOf(textOr(version.MinAPIVersion, '1.12'))
    const chosen = compareApi(newest, newestApi) < 0 ? newest : newestApi
    if (compareApi(chosen, oldestApi) < 0 || compareApi(chosen, oldest) < 0) {
      throw new WorldError(
        'ENGINE_VERSION',
        `the engine speaks API ${oldest.join('.')} to ${newest.join('.')}, Drydock ${oldestApi.join('.')} to ${newestApi.join('.')}`,
        { retryable: false },
      )
    }
    this.apiVersion = chosen.join('.')
    this.calls.version = `v${this.apiVersion}`
    this.streams.version = `v${this.apiVersion}`
  }
}

function apiOf(text: string): readonly [number, number] {
  const [major, minor] = text.split('.').map(Number)
  return [major ?? 1, minor ?? 0]
}

const compareApi = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0] || a[1] - b[1]

export const parsed = (body: Buffer): unknown => (body.length === 0 ? {} : JSON.parse(body.toString('utf8')))

export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)
}

function messageOf(body: Buffer): string {
  const text = body.toString('utf8').trim()
  try {
    return textOr(record(JSON.parse(text)).message, text)
  } catch {
    return text
  }
}

/** docker-modem prints its options, agent included, into a debug line on every call, switched on or not: keep that short. */
function newAgent(address: EngineAddress, tunnel: SshTunnel | null, options: AgentOptions): Agent {
  const agent =
    tunnel !== null
      ? new SshAgent(tunnel, options)
      : address.kind === 'tcp' && address.tls
        ? new TlsAgent({ ...options, rejectUnauthorized: address.tls.verify })
        : new http.Agent(options)
  Object.defineProperty(agent, inspect.custom, { value: () => 'Agent', enumerable: false })
  return agent
}

function newModem(address: EngineAddress, agent: Agent): Modem {
  return new DockerModem(modemOptions(address, agent)) as unknown as Modem
}

function modemOptions(address: EngineAddress, agent: Agent): DockerModem.ConstructorOptions {
  if (address.kind === 'socket') return { socketPath: address.path, agent }
  // The agent reaches it, wherever it is.
  if (address.kind === 'ssh') return { host: 'localhost', port: 80, protocol: 'http', agent }
  const tls = address.tls && { ca: address.tls.ca, cert: address.tls.cert, key: address.tls.key }
  const protocol = address.tls ? 'https' : 'http'
  return { host: address.host, port: address.port, protocol, agent, ...tls }
}
