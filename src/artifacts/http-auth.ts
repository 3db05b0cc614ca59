/** How a request for an `http` or `artifactory` artifact shows who it is. Secrets are read anew for each request. */
import { UserError, WorldError } from '../resources/index.ts'
import type { Artifact } from '../resources/index.ts'
import type { ArtifactContext } from './port.ts'
import { secretOf } from './secrets.ts'

export type RequestAuth = {
  readonly headers: Readonly<Record<string, string>>
  /** PEM, for TLS client authentication. */
  readonly cert?: string
  readonly key?: string
}

type FetchText = (url: string, form: URLSearchParams, signal?: AbortSignal) => Promise<string>

/** @throws UserError ARTIFACT_SECRET where a secret that is named is not there */
export async function authOf(artifact: Artifact, context: ArtifactContext, fetchText: FetchText): Promise<RequestAuth> {
  const headers: Record<string, string> = {}
  for (const { name, value } of artifact.http?.headers ?? []) headers[name] = value
  const auth = artifact.http?.auth
  const basic = auth?.basicAuth ?? artifact.artifactory
  if (basic?.usernameSecret || basic?.passwordSecret) {
    const user = secretOf(basic.usernameSecret, context) ?? ''
    const password = secretOf(basic.passwordSecret, context) ?? ''
    headers['Authorization'] = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  }
  if (auth?.oauth2) headers['Authorization'] = `Bearer ${await tokenOf(auth.oauth2, context, fetchText)}`
  const cert = secretOf(auth?.clientCert?.clientCertSecret, context)
  const key = secretOf(auth?.clientCert?.clientKeySecret, context)
  return { headers, ...(cert !== undefined && key !== undefined ? { cert, key } : {}) }
}

type OAuth2 = NonNullable<NonNullable<NonNullable<Artifact['http']>['auth']>['oauth2']>

/** The client credentials grant. */
async function tokenOf(oauth2: OAuth2, context: ArtifactContext, fetchText: FetchText): Promise<string> {
  const url = secretOf(oauth2.tokenURLSecret, context)
  if (url === undefined) throw new UserError('ARTIFACT_LOCATION', 'oauth2 of an http artifact needs tokenURLSecret')
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  form.set('client_id', secretOf(oauth2.clientIDSecret, context) ?? '')
  form.set('client_secret', secretOf(oauth2.clientSecretSecret, context) ?? '')
  if (oauth2.scopes?.length) form.set('scope', oauth2.scopes.join(' '))
  for (const { key, value } of oauth2.endpointParams ?? []) form.append(key, value ?? '')
  const answer = parse(await fetchText(url, form, context.signal))
  if (typeof answer?.['access_token'] === 'string') return answer['access_token']
  throw new WorldError('ARTIFACT_HTTP', 'the token endpoint gave no access_token', { retryable: false })
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown> | null
  } catch {
    return null
  }
}
