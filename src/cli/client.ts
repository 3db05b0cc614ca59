/** The daemon's REST API, as the verbs need it. */
import { readFileSync } from 'node:fs'
import { UserError } from '../resources/index.ts'

export type ClientOptions = { readonly server: string; readonly token: string | null }

/** The daemon refused: its words, and the HTTP status. */
export class ApiRefusal extends UserError {
  readonly status: number
  constructor(status: number, message: string) {
    super('API_REFUSED', message)
    this.status = status
  }
}

export class ApiClient {
  readonly #server: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ server, token }: ClientOptions) {
    this.#server = server.replace(/\/+$/, '')
    this.#headers = token === null ? {} : { authorization: `Bearer ${token}` }
  }

  get server(): string {
    return this.#server
  }

  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const response = await this.#fetch(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    if (!response.ok) throw refusalOf(response.status, text)
    return (text === '' ? {} : JSON.parse(text)) as T
  }

  /** A file as it is. */
  async download(path: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(path, { method: 'GET' })
    if (response.status !== 200 || response.body === null)
      throw refusalOf(response.status, `${path}: ${await response.text()}`)
    return response.body
  }

  /** The `result` of each line of a stream, until it ends or the signal says so. */
  async *stream<T>(path: string, signal?: AbortSignal): AsyncIterable<T> {
    const response = await this.#fetch(path, { method: 'GET', ...(signal === undefined ? {} : { signal }) })
    if (!response.ok) throw refusalOf(response.status, await response.text())
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') yield resultOf<T>(line)
    }
    if (rest.trim() !== '') yield resultOf<T>(rest)
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.#server}${path}`, { ...init, headers: { ...this.#headers, ...init.headers } })
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause
      throw new UserError('NO_DAEMON', `no daemon answers at ${this.#server}`, {
        hint: 'start one with `drydock up FOLDER`, or name it with --server',
        cause,
      })
    }
  }
}

function resultOf<T>(line: string): T {
  const { result, error } = JSON.parse(line) as { result?: T; error?: { message?: string } }
  if (result === undefined) throw new ApiRefusal(500, error?.message ?? line)
  return result
}

function refusalOf(status: number, text: string): ApiRefusal {
  try {
    const { message } = JSON.parse(text) as { message?: string }
    return new ApiRefusal(status, message ?? text)
  } catch {
    return new ApiRefusal(status, text.trim() || `HTTP status ${status}`)
  }
}

/** @throws UserError where the token file cannot be read */
export function readTokenFile(path: string): string {
  try {
    return (readFileSync(path, 'utf8').split('\n')[0] ?? '').trim()
  } catch (cause) {
    throw new UserError('TOKEN_UNREADABLE', `cannot read token file ${path}`, { cause })
  }
}
