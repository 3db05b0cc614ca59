/** Webhooks of GitHub, GitLab and Bitbucket, who sign requests instead of sending a token. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { parse } from 'yaml'
import type { Secret } from '../../resources/index.ts'

/** The Secret with the clients: keys are service accounts, values YAML of type and secret. */
export const webhookSecretName = 'argo-workflows-webhook-clients'
/** More is not read for the check of a signature. */
export const webhookBytesMax = 2 * 1024 * 1024

type Client = { readonly type: string; readonly secret: string }
type Signed = { readonly headers: IncomingHttpHeaders; readonly body: Buffer }

const checks: Readonly<Record<string, (client: Client, signed: Signed) => boolean>> = {
  github: ({ secret }, { headers, body }) => {
    if (headers['x-github-event'] === undefined) return false
    const [strong, weak] = [textOf(headers['x-hub-signature-256']), textOf(headers['x-hub-signature'])]
    if (strong !== '') return isEqual(strong, `sha256=${hmac('sha256', secret, body)}`)
    return isEqual(weak, `sha1=${hmac('sha1', secret, body)}`)
  },
  gitlab: ({ secret }, { headers }) =>
    headers['x-gitlab-event'] !== undefined && isEqual(textOf(headers['x-gitlab-token']), secret),
  bitbucket: ({ secret }, { headers }) =>
    headers['x-event-key'] !== undefined && isEqual(textOf(headers['x-hook-uuid']), secret),
  bitbucketserver: ({ secret }, { headers, body }) =>
    headers['x-event-key'] !== undefined &&
    isEqual(textOf(headers['x-hub-signature']), `sha256=${hmac('sha256', secret, body)}`),
}

/** Whether a request claims to be signed by one of them. */
export const isSigned = (headers: IncomingHttpHeaders): boolean =>
  ['x-hub-signature-256', 'x-hub-signature', 'x-gitlab-token', 'x-hook-uuid'].some(
    (name) => headers[name] !== undefined,
  )

/** The service account whose signature it is, or `null`. Clients that cannot be read count as none. */
export function signerOf(secret: Secret, signed: Signed): string | null {
  for (const [account, text] of clientTexts(secret)) {
    const client = clientOf(text)
    if (client !== null && checks[client.type]?.(client, signed) === true) return account
  }
  return null
}

function clientTexts({ data = {}, stringData = {} }: Secret): ReadonlyMap<string, string> {
  const decoded = Object.entries(data).map(
    ([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const,
  )
  return new Map([...decoded, ...Object.entries(stringData)])
}

/** An empty secret would let anyone sign. */
function clientOf(text: string): Client | null {
  try {
    const value = parse(text) as { type?: unknown; secret?: unknown } | null
    const { type, secret } = value ?? {}
    return typeof type === 'string' && typeof secret === 'string' && secret !== '' ? { type, secret } : null
  } catch {
    return null
  }
}

const hmac = (algorithm: string, secret: string, body: Buffer): string =>
  createHmac(algorithm, secret).update(body).digest('hex')
const textOf = (header: string | string[] | undefined): string => (typeof header === 'string' ? header : '')
const isEqual = (given: string, expected: string): boolean =>
  given !== '' &&
  timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest())
