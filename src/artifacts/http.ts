/** `http` and `artifactory`: GET and PUT of a URL, with Argo's headers, basic auth, client certificates and OAuth2. */
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { goNetworkText, http, UserError, WorldError } from '../resources/index.ts'
import type { Artifact } from '../resources/index.ts'
import { authOf } from './http-auth.ts'
import type { RequestAuth } from './http-auth.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream, ObjectInfo, ObjectStream } from './port.ts'
import type { Scratch, SpooledFile } from './scratch.ts'

/** As Go's client, which Argo uses. */
const redirectsMax = 10
/** Without a byte for so long, a transfer has failed. */
const silenceMsMax = 120_000

type Call = { readonly method: 'GET' | 'PUT' | 'HEAD'; readonly url: string; readonly body?: SpooledFile }

export class HttpDriver implements ArtifactDriver {
  readonly #scratch: Scratch

  constructor(scratch: Scratch) {
    this.#scratch = scratch
  }

  open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null> {
    return this.openKey(artifact, urlOf(artifact), context)
  }

  async openKey(artifact: Artifact, key: string, context: ArtifactContext): Promise<ObjectStream | null> {
    if (key === '') return null
    const response = await send({ method: 'GET', url: key }, await authOf(artifact, context, fetchText), context.signal)
    if (response.statusCode === 404) return discard(response, null)
    if (!isGood(response)) throw discard(response, refusal(`loading file from ${shown(key)}`, response))
    const length = Number(response.headers['content-length'] ?? NaN)
    const isPlain = (response.headers['content-encoding'] ?? 'identity') === 'identity'
    return Object.assign(readBody(response, key), isPlain && Number.isSafeInteger(length) ? { sizeBytes: length } : {})
  }

  /** A URL is one object; how long it is, is not always told. */
  async list(artifact: Artifact, context: ArtifactContext): Promise<readonly ObjectInfo[]> {
    const url = urlOf(artifact)
    if (url === '') return []
    const response = await send({ method: 'HEAD', url }, await authOf(artifact, context, fetchText), context.signal)
    response.resume()
    if (!isGood(response)) return []
    return [{ key: url, sizeBytes: Number(response.headers['content-length'] ?? 0) || 0 }]
  }

  /** Spooled first: many servers want to know the length, and a redirect wants the body again. */
  async save(artifact: Artifact, key: string, content: ByteStream, context: ArtifactContext): Promise<void> {
    const auth = await authOf(artifact, context, fetchText)
    const body = await this.#scratch.spool(content)
    try {
      const response = await send({ method: 'PUT', url: key, body }, auth, context.signal)
      if (!isGood(response)) throw discard(response, refusal(`saving file to ${shown(key)}`, response))
      response.resume()
    } finally {
      await body.remove()
    }
  }

  delete(): Promise<void> {
    return Promise.reject(new UserError('ARTIFACT_DELETE', 'delete not supported for http artifacts'))
  }
}

const urlOf = (artifact: Artifact): string => artifact.http?.url ?? artifact.artifactory?.url ?? ''
const isGood = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode >= 200 && statusCode < 300

/** A URL as it may be shown: without user, password and query, where signatures stand. */
function shown(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : '(a URL that cannot be read)'
}

function refusal(what: string, { statusCode = 0, statusMessage = '' }: IncomingMessage): WorldError {
  const retryable = statusCode >= 500 || statusCode === 429 || statusCode === 408
  return new WorldError('ARTIFACT_HTTP', `${what} failed with reason: ${statusCode} ${statusMessage}`, { retryable })
}

function discard<T>(response: IncomingMessage, result: T): T {
  response.on('error', () => undefined).destroy()
  return result
}

async function send(call: Call, auth: RequestAuth, signal?: AbortSignal): Promise<IncomingMessage> {
  let { url, method } = call
  let headers = auth.headers
  for (let hops = 0; hops <= redirectsMax; hops++) {
    const target = URL.parse(url)
    if (!target || (target.protocol !== 'http:' && target.protocol !== 'https:'))
      throw new UserError('ARTIFACT_LOCATION', `artifact URL must begin with http:// or https://: ${shown(url)}`)
    const response = await exchange(target, { ...call, method }, { ...auth, headers }, signal)
    const { statusCode = 0 } = response
    const location = response.headers.location
    if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return response
    discard(response, null)
    const next = new URL(location, target)
    if (next.host !== target.host) headers = withoutSecrets(headers)
    if (statusCode === 303) method = 'GET'
    url = next.href
  }
  throw new WorldError('ARTIFACT_HTTP', `${shown(call.url)}: more than ${redirectsMax} redirects`, { retryable: false })
}

/** Credentials go to the host they were given for, and no other. */
const withoutSecrets = (headers: RequestAuth['headers']): RequestAuth['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(authorization|cookie|.*token.*)$/i.test(name)))

function exchange(target: URL, call: Call, auth: RequestAuth, signal?: AbortSignal): Promise<IncomingMessage> {
  const isTls = target.protocol === 'https:'
  const { cert, key } = auth
  const options: RequestOptions = {
    method: call.method,
    headers: {
      ...(call.body && call.method === 'PUT' ? { 'Content-Length': call.body.sizeBytes } : {}),
      ...auth.headers,
    },
    timeout: silenceMsMax,
    ...(signal ? { signal } : {}),
    ...(isTls && cert !== undefined && key !== undefined
      ? { agent: new HttpsAgent({ cert, key, keepAlive: false }) }
      : {}),
  }
  return new Promise((resolve, reject) => {
    const request = (isTls ? httpsRequest : http.request)(target, options, resolve)
    request.on('timeout', () => request.destroy(new Error(`no answer for ${silenceMsMax / 1000} s`)))
    request.on('error', (error) => {
      reject(signal?.aborted ? signal.reason : networkError(call.method, target.href, error))
    })
    if (call.body && call.method === 'PUT') void sendBody(call.body, request)
    else request.end()
  })
}

async function sendBody(body: SpooledFile, request: ReturnType<typeof http.request>): Promise<void> {
  try {
    for await (const part of body.read()) {
      if (!request.write(part))
        await new Promise<void>((resolve) => request.once('drain', resolve).once('close', resolve))
      if (request.destroyed) return
    }
    request.end()
  } catch (error) {
    request.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

const networkError = (method: string, url: string, error: unknown): WorldError =>
  new WorldError(
    'ARTIFACT_HTTP',
    `${method.charAt(0)}${method.slice(1).toLowerCase()} "${shown(url)}": ${goNetworkText(error)}`,
    {
      retryable: true,
      cause: error,
    },
  )

async function* readBody(response: IncomingMessage, url: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of response) yield part as Uint8Array
  } catch (error) {
    throw networkError('GET', url, error)
  } finally {
    response.destroy()
  }
}

/** For tokens: a form sent by POST, a short text back. */
async function fetchText(url: string, form: URLSearchParams, signal?: AbortSignal): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: form, ...(signal ? { signal } : {}) }).catch(
    (error: unknown) => {
      throw networkError('POST', url, error)
    },
  )
  if (response.ok) return response.text()
  const retryable = response.status >= 500
  throw new WorldError('ARTIFACT_HTTP', `token from ${shown(url)}: ${response.status} ${response.statusText}`, {
    retryable,
  })
}
