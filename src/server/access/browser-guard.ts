/** Keeps web pages of other origins out: a browser carries cookies, and reaches loopback, on behalf of any page. */
import type { IncomingMessage } from 'node:http'
import { hostName, isLoopback } from './host.ts'

export type GuardOptions = {
  /** Without a token only this machine's own names are served: another name that leads here is DNS rebinding. */
  readonly checkHost: boolean
  /** `--access-control-allow-origin`; `*` allows every origin to read, none to write. */
  readonly allowedOrigin: string | null
}

const isWrite = (method: string | undefined): boolean => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'

/**
 * Why a request is refused, or `null`. Requests with an Authorization header are the caller's own, whatever the page:
 * the guard is for cookies and for servers without a token.
 */
export function refusal(request: IncomingMessage, { checkHost, allowedOrigin }: GuardOptions): string | null {
  const host = hostName(request.headers.host)
  if (checkHost && (host === null || !isLoopback(host)))
    return 'this host name is not served without a token: use 127.0.0.1 or localhost'
  return isForeign(request, allowedOrigin) ? 'requests from pages of another origin are refused' : null
}

function isForeign({ headers, method }: IncomingMessage, allowedOrigin: string | null): boolean {
  const { origin, referer, host } = headers
  if (origin !== undefined && origin !== '') {
    if (allowedOrigin === '*' && !isWrite(method)) return false
    return !isSame(origin, host) && origin !== allowedOrigin
  }
  const site = headers['sec-fetch-site']
  // Browsers that do not say where a request comes from still say it in the referer.
  if (site === undefined) return isWrite(method) && referer !== undefined && !isSame(referer, host)
  // Following a link here is fine; loading from here into another page, or sending a form here, is not.
  return isCrossSite(site) && (isWrite(method) || headers['sec-fetch-mode'] !== 'navigate')
}

/** `same-site` is not enough: ports of one host are one site. */
const isCrossSite = (site: string | string[] | undefined): boolean => site === 'cross-site' || site === 'same-site'

/** The scheme may differ: a proxy may have ended TLS. */
function isSame(address: string, host: string | undefined): boolean {
  try {
    return host !== undefined && new URL(address).host === new URL(`${new URL(address).protocol}//${host}`).host
  } catch {
    return false
  }
}
