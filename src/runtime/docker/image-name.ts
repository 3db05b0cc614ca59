/** Image references, and the registry credentials that fit them. Pure. */
import { UserError } from '../../resources/index.ts'
import { record, textOr } from './wire.ts'

export type ImageName = {
  /** As the engine wants it: `nginx`, `quay.io/argo/x`. */
  readonly repository: string
  /** A tag or a digest. */
  readonly tag: string
  readonly registry: string
}

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const hostPattern = /^(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?$/

/** @throws UserError InvalidImageName */
export function parseImageName(text: string): ImageName {
  const invalid = (): UserError =>
    new UserError(
      'INVALID_IMAGE_NAME',
      `InvalidImageName: Failed to apply default image tag "${text}": couldn't parse image name "${text}": invalid reference format`,
    )
  const [named, digest] = text.split('@', 2)
  if (!named) throw invalid()
  const slash = named.lastIndexOf('/')
  const colon = named.lastIndexOf(':')
  const repository = colon > slash ? named.slice(0, colon) : named
  const tag = digest ?? (colon > slash ? named.slice(colon + 1) : 'latest')
  const parts = repository.split('/')
  const first = parts[0] ?? ''
  const hasHost = parts.length > 1 && (first.includes('.') || first.includes(':') || first === 'localhost')
  const path = hasHost ? parts.slice(1) : parts
  const isTagGood = digest === undefined ? /^\w[\w.-]{0,127}$/.test(tag) : /^[a-z0-9+._-]+:[0-9a-fA-F]{32,}$/.test(tag)
  if (!isTagGood || !path.every((part) => component.test(part)) || (hasHost && !hostPattern.test(first)))
    throw invalid()
  return { repository, tag, registry: hasHost ? first : 'docker.io' }
}

/**
 * The value of `X-Registry-Auth` for this registry, or `null` without credentials.
 * @param configs texts of the form `{"auths": {…}}`; the first that fits wins, what is no JSON is passed over
 */
export function registryAuth(registry: string, configs: readonly string[]): string | null {
  for (const config of configs) {
    for (const [server, entry] of Object.entries(authsOf(config))) {
      if (!isSameRegistry(server, registry)) continue
      const { auth, username, password, identitytoken } = record(entry)
      const [user, ...secret] = Buffer.from(textOr(auth, ''), 'base64').toString('utf8').split(':')
      const token = textOr(identitytoken, '')
      const value = token
        ? { identitytoken: token, serveraddress: server }
        : {
            username: textOr(username, user ?? ''),
            password: textOr(password, secret.join(':')),
            serveraddress: server,
          }
      if (!token && !('username' in value && value.username)) continue
      return Buffer.from(JSON.stringify(value)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    }
  }
  return null
}

function authsOf(config: string): Readonly<Record<string, unknown>> {
  try {
    return record(record(JSON.parse(config)).auths)
  } catch {
    return {}
  }
}

function isSameRegistry(server: string, registry: string): boolean {
  const host = server.replace(/^https?:\/\//, '').split('/')[0] ?? ''
  const canonical = /^(index\.|registry-1\.)?docker\.io$/.test(host) ? 'docker.io' : host
  return canonical === registry
}
