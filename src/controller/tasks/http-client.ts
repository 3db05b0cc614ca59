/** One HTTP request as Go's client makes it: redirects followed, the Host header settable, errors in its words. */
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { goNetworkText, http } from '../../resources/index.ts'

export type HttpCall = {
  readonly method: string
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly body: Uint8Array
  readonly insecureSkipVerify: boolean
  readonly timeoutMs: number | null
}

export type HttpAnswer = {
  readonly status: number
  readonly statusText: string
  readonly body: Uint8Array
  /** Canonical names (`Content-Type`), each with its values. */
  readonly headers: Readonly<Record<string, readonly string[]>>
}

const redirectsMax = 10
const bodyBytesMax = 64 * 1024 * 1024

/** @throws Error with the text of Go's client: `Get "http://x": dial tcp …` */
export async function httpCall(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
  const fault = parseFault(call.url)
  if (fault !== null) throw new Error(`parse ${JSON.stringify(call.url)}: ${fault}`)
  const verb = call.method.charAt(0) + call.method.slice(1).toLowerCase()
  const deadline = call.timeoutMs === null ? null : AbortSignal.timeout(call.timeoutMs)
  const either = deadline === null ? signal : AbortSignal.any([signal, deadline])
  let current = call
  for (let redirects = 0; ; redirects += 1) {
    let answer: HttpAnswer
    try {
      answer = await once(current, either)
    } catch (error) {
      signal.throwIfAborted()
      throw new Error(`${verb} "${current.url}": ${deadline?.aborted === true ? timeoutText : goNetworkText(error)}`, {
        cause: error,
      })
    }
    const location = answer.headers['Location']?.[0]
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer
    if (redirects >= redirectsMax) throw new Error(`${verb} "${location}": stopped after 10 redirects`)
    current = redirected(current, answer.status, location)
  }
}

/** Why Go would not take the text for a URL at all; `null` where it would. */
function parseFault(url: string): string | null {
  if (url.startsWith(':')) return 'missing protocol scheme'
  const [segment = ''] = url.split('/', 1)
  if (/^[^A-Za-z].*:/.test(segment)) return 'first path segment in URL cannot contain colon'
  return null
}

const timeoutText = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'

function redirected(call: HttpCall, status: number, location: string): HttpCall {
  const url = new URL(location, call.url).toString()
  const keeps = status === 307 || status === 308
  const method = keeps || call.method === 'HEAD' ? call.method : 'GET'
  const isSameHost = new URL(url).hostname === new URL(call.url).hostname
  const secret = ['authorization', 'cookie', 'www-authenticate', 'host']
  const headers = call.headers.filter(({ name }) => isSameHost || !secret.includes(name.toLowerCase()))
  return { ...call, url, method, headers, body: keeps ? call.body : new Uint8Array() }
}

function once(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(call.url)) return Promise.reject(new Error('unsupported protocol scheme ""'))
  const url = new URL(call.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return Promise.reject(new Error(`unsupported protocol scheme "${url.protocol.slice(0, -1)}"`))
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | string[]> = {
      'User-Agent': 'Go-http-client/1.1',
      'Accept-Encoding': 'gzip',
    }
    const asksItself = !call.headers.some(({ name }) => name.toLowerCase() === 'accept-encoding')
    for (const { name, value } of call.headers) {
      const known = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase())
      const before = known === undefined ? undefined : headers[known]
      if (known !== undefined && (known === 'User-Agent' || known === 'Accept-Encoding')) delete headers[known]
      if (before === undefined || known === 'User-Agent' || known === 'Accept-Encoding') headers[name] = value
      else headers[known ?? name] = [...(Array.isArray(before) ? before : [before]), value]
    }
    if (call.body.length > 0) headers['Content-Length'] = String(call.body.length)
    const options: RequestOptions & { rejectUnauthorized?: boolean } = { method: call.method, headers, signal }
    if (call.insecureSkipVerify) options.rejectUnauthorized = false
    const sending = (url.protocol === 'https:' ? httpsRequest : http.request)(url, options, (incoming) => {
      read(incoming, asksItself).then(resolve, reject)
    })
    sending.removeHeader('Connection')
    sending.on('error', reject)
    sending.end(call.body)
  })
}

/** @param unzips whether the client asked for gzip of its own accord; then nobody learns of it, as with Go */
async function read(incoming: IncomingMessage, unzips: boolean): Promise<HttpAnswer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of incoming) {
    size += (part as Uint8Array).length
    if (size > bodyBytesMax) throw new Error('response body too large')
    parts.push(part as Uint8Array)
  }
  const headers: Record<string, string[]> = {}
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2)
    (headers[canonical(incoming.rawHeaders[i] ?? '')] ??= []).push(incoming.rawHeaders[i + 1] ?? '')
  const isZipped = unzips && incoming.headers['content-encoding'] === 'gzip'
  if (isZipped) {
    delete headers['Content-Encoding']
    delete headers['Content-Length']
  }
  const body = Buffer.concat(parts)
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? '',
    body: isZipped && body.length > 0 ? gunzipSync(body, { maxOutputLength: bodyBytesMax }) : body,
    headers,
  }
}

/** `content-type` → `Content-Type`. */
export const canonical = (name: string): string =>
  name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
