/** Failed connections in the words of Go's client, which people who know Argo look for. */
import { getServers } from 'node:dns'

/** What a request that failed would be told as by Go's client, after `Get "URL": `. */
export function goNetworkText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, address, port, hostname, errors } = error as Error & {
    code?: string
    address?: string
    port?: number
    hostname?: string
    errors?: readonly Error[]
  }
  if (errors?.[0] !== undefined) return goNetworkText(errors[0])
  const host = address?.includes(':') === true ? `[${address}]` : address
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${host}:${port}: connect: connection refused`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname ?? ''}${resolver()}: no such host`
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${hostname ?? ''}${resolver()}: server misbehaving`
    case 'ETIMEDOUT':
      return `dial tcp ${host}:${port}: i/o timeout`
    case 'ECONNRESET':
      return error.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    default:
      return error.message
  }
}

/** Go names the server it asked. */
function resolver(): string {
  const [server] = getServers()
  if (server === undefined) return ''
  return ` on ${server.includes(':') ? server : `${server}:53`}`
}
