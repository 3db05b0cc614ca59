/** A server on a free port of loopback, and a client that speaks to it as argo's CLI or a browser would. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ServerConfig, ServerLog } from '../routes/parts.ts'
import { createServer } from '../server.ts'
import type { ServerOptions } from '../server.ts'
import { MemoryController } from './memory-controller.ts'

export type Harness = {
  readonly controller: MemoryController
  readonly url: string
  readonly log: { readonly level: string; readonly fields: object }[]
  close(): Promise<void>
}

export function serverConfig(server: Partial<ServerConfig['server']> = {}): ServerConfig {
  return {
    namespace: 'default',
    argo: {},
    server: {
      host: '127.0.0.1',
      port: 0,
      tokenFile: null,
      baseHref: '/',
      accessControlAllowOrigin: null,
      allowedLinkProtocols: [],
      ...server,
    },
  }
}

export async function startServer(
  server: Partial<ServerConfig['server']> = {},
  more: Partial<ServerOptions> = {},
): Promise<Harness> {
  const controller = new MemoryController()
  const log: { level: string; fields: object }[] = []
  const note = (level: string) => (fields: object) => void log.push({ level, fields })
  const logger: ServerLog = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
  const made = createServer({ controller, config: serverConfig(server), log: logger, version: '0.1.0', ...more })
  const { url } = await made.listen()
  return { controller, url, log, close: () => made.close() }
}

/** Is gone when the test is over. */
export function tokenFile(token: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-server-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'token')
  writeFileSync(path, `${token}\n`)
  return path
}

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

/** `body`: text as it is, anything else as JSON; no Content-Type, as argo's CLI sends none. */
export async function call(
  url: string,
  init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { method = 'GET', body, headers = {} } = init
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    ...(payload !== undefined && { body: Buffer.from(payload) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** What fetch does not let one send: any Host header, a path that is not normalized. */
export async function rawCall(
  url: string,
  { path, headers = {}, method = 'GET' }: { path: string; headers?: Record<string, string>; method?: string },
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: hostname, port, path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', reject).end()
  })
}

/** The frames of a stream, one by one. */
export class StreamReader {
  readonly #abort = new AbortController()
  readonly #frames: string[] = []
  #waiting: (() => void) | undefined
  raw = ''
  ended = false
  status = 0
  headers = new Headers()

  static async open(url: string, headers: Record<string, string> = {}): Promise<StreamReader> {
    const reader = new StreamReader()
    const response = await fetch(url, { headers, signal: reader.#abort.signal })
    reader.status = response.status
    reader.headers = response.headers
    void reader.#read(response).catch(() => {})
    return reader
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of response.body ?? []) {
      const text = decoder.decode(chunk, { stream: true })
      this.raw += text
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      this.#frames.push(...lines.filter((line) => line.length > 6))
      this.#waiting?.()
    }
    this.ended = true
    this.#waiting?.()
  }

  /** The next result. Rejects when the stream ends before it comes. */
  async next(): Promise<Record<string, unknown>> {
    while (this.#frames.length === 0) {
      if (this.ended) throw new Error('the stream has ended')
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
    const line = this.#frames.shift() ?? ''
    const { result } = JSON.parse(line.replace(/^data: /, '')) as { result: Record<string, unknown> }
    return result
  }

  async untilEnd(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => (this.#waiting = resolve))
  }

  close(): void {
    this.#abort.abort()
  }
}
