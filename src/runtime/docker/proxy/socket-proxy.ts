/** An HTTP server before the Docker socket that lets through what rules.ts allows, to what carries our instance's label. */
import type { IncomingMessage, RequestOptions, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { http } from '../../../resources/index.ts'
import type { EngineAddress } from '../connection.ts'
import { label } from '../names.ts'
import { record, textOr } from '../wire.ts'
import { type ProxyPolicy, type Subject, bodyRefusal, usedBy, verdictOf } from './rules.ts'

export type SocketProxyOptions = {
  readonly engine: EngineAddress
  /** Only containers and volumes with this label may be made, read or changed; `null`: all. */
  readonly instance: string | null
  readonly policy: ProxyPolicy
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

export type SocketProxy = { readonly port: number; close(): Promise<void> }

const bodyBytesMax = 4 * 1024 * 1024
const knownMax = 10_000

export async function startSocketProxy(
  options: SocketProxyOptions,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<SocketProxy> {
  const gate = new Gate(options)
  const server = http.createServer((incoming, outgoing) => {
    void gate.pass(incoming, outgoing).catch((error: unknown) => answer(outgoing, 502, String(error)))
  })
  // Logs, events and archives last as long as they last.
  server.requestTimeout = 0
  server.timeout = 0
  server.on('upgrade', (_incoming, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

class Gate {
  readonly #options: SocketProxyOptions
  /** Names and ids that were seen to be ours. */
  readonly #ours = new Set<string>()

  constructor(options: SocketProxyOptions) {
    this.#options = options
  }

  async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming
    const refuse = (why: string) => {
      this.#options.log('refused', { method, path: url.split('?', 1)[0] ?? '', why })
      answer(outgoing, 403, `the socket proxy forbids this: ${why}`)
    }
    const verdict = verdictOf(method, url)
    if (verdict.kind === 'refused') return refuse(verdict.why)
    if (verdict.subject !== undefined && !(await this.#isOurs(verdict.subject)))
      return refuse(`${verdict.subject.kind} ${verdict.subject.ref} is none of this Drydock's`)
    if (verdict.body === undefined) return this.#forward(incoming, outgoing, null)
    const body = await bodyOf(incoming)
    const value = body === null ? null : parsed(body)
    if (body === null || value === null) return refuse('a body that cannot be judged')
    const why = bodyRefusal(verdict.body, value, this.#options.policy) ?? this.#strange(verdict.body, value)
    if (why !== null) return refuse(why)
    for (const used of usedBy(verdict.body, value))
      if (!(await this.#isOurs(used))) return refuse(`${used.kind} ${used.ref} is none of this Drydock's`)
    return this.#forward(incoming, outgoing, body)
  }

  /** What is made must say that it is ours. */
  #strange(kind: 'container' | 'exec' | 'volume', body: unknown): string | null {
    const { instance } = this.#options
    if (instance === null || kind === 'exec') return null
    return record(record(body).Labels)[label.instance] === instance
      ? null
      : `a ${kind} without the label of ${instance}`
  }

  /** What does not exist may be asked for: the engine's 404 is an answer that the daemon counts on. */
  async #isOurs({ kind, ref }: Subject): Promise<boolean> {
    const { instance } = this.#options
    const key = `${kind}/${ref}`
    if (instance === null || this.#ours.has(key)) return true
    const name = encodeURIComponent(ref)
    const path = { container: `/containers/${name}/json`, exec: `/exec/${name}/json`, volume: `/volumes/${name}` }[kind]
    const found = await this.#ask(path)
    if (found === null) return true
    if (kind === 'exec') return this.#isOurs({ kind: 'container', ref: textOr(found.ContainerID, '-') })
    const labels = record(kind === 'volume' ? found.Labels : record(found.Config).Labels)
    if (labels[label.instance] !== instance) return false
    // Ids are for ever; a name may be another's once it is free again.
    if (kind === 'container' && textOr(found.Id, '') === ref) {
      if (this.#ours.size >= knownMax) this.#ours.clear()
      this.#ours.add(key)
    }
    return true
  }

  #ask(path: string): Promise<Readonly<Record<string, unknown>> | null> {
    return new Promise((resolve, reject) => {
      const call = http.request({ ...target(this.#options.engine), path, method: 'GET' }, (response) => {
        bodyOf(response).then(
          (body) => resolve(response.statusCode === 200 ? record(parsed(body ?? '')) : null),
          reject,
        )
      })
      call.on('error', reject).end()
    })
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer | null): Promise<void> {
    return new Promise((resolve) => {
      const { method, url, headers } = incoming
      const call = http.request({
        ...target(this.#options.engine),
        path: url,
        method,
        headers: forwarded(headers, body),
      })
      call.on('response', (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, forwarded(response.headers, null))
        outgoing.flushHeaders()
        response.pipe(outgoing)
        response.on('error', () => outgoing.destroy())
        outgoing.on('finish', resolve)
      })
      call.on('error', (error) => {
        answer(outgoing, 502, `the engine is away: ${error.message}`)
        resolve()
      })
      // Whoever goes away takes the engine's end of the call along: an exec, a log that is followed.
      outgoing.on('close', () => {
        call.destroy()
        resolve()
      })
      if (body === null) incoming.pipe(call)
      else call.end(body)
    })
  }
}

/** Without what is between two hops only; a body that was read has its own length. */
function forwarded(headers: IncomingMessage['headers'], body: Buffer | null): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !/^(connection|keep-alive|upgrade|proxy-.*|te|trailer)$/.test(name)) kept[name] = value
  if (body !== null) {
    delete kept['transfer-encoding']
    kept['content-length'] = String(body.length)
  }
  return kept
}

function target(engine: EngineAddress): RequestOptions {
  if (engine.kind === 'socket') return { socketPath: engine.path, agent: false }
  return { host: engine.host, port: engine.port, agent: false }
}

function answer(outgoing: ServerResponse, status: number, message: string): void {
  if (outgoing.headersSent) return void outgoing.destroy()
  outgoing.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' })
  outgoing.end(JSON.stringify({ message }))
}

/** `null` where it is longer than any that we send. */
async function bodyOf(message: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of message) {
    length += (part as Buffer).length
    if (length > bodyBytesMax) return null
    parts.push(part as Buffer)
  }
  return Buffer.concat(parts)
}

function parsed(body: Buffer | string): unknown {
  try {
    return JSON.parse(body.toString()) as unknown
  } catch {
    return null
  }
}
