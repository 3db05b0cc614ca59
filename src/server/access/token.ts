/** Who may call: the token of the token file, in the header or in a cookie. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { UserError } from '../../resources/index.ts'
import { isLoopback } from './host.ts'

/** Shorter ones can be guessed over a fast network. */
const lengthMin = 8

/**
 * The token, or `null` where none is needed: only on this machine's own addresses.
 * @throws UserError where a token is needed and missing, or the file cannot be read or is too short
 */
export function loadToken(host: string, tokenFile: string | null): string | null {
  if (tokenFile === null) {
    if (isLoopback(host)) return null
    throw new UserError('SERVER_NEEDS_TOKEN', `refusing to listen on ${host} without a token`, {
      hint: 'give --token-file FILE (or server.tokenFile), or listen on 127.0.0.1',
    })
  }
  const token = readToken(tokenFile)
    .trim()
    .replace(/^Bearer\s+/i, '')
  if (token.length < lengthMin || /\s/.test(token))
    throw new UserError('SERVER_TOKEN_INVALID', `the token in ${tokenFile} is not usable`, {
      hint: `one line of at least ${String(lengthMin)} characters without blanks, for instance from: openssl rand -hex 32`,
    })
  return token
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UserError('SERVER_TOKEN_UNREADABLE', `cannot read the token file ${path}`, { cause })
  }
}

/** `header`: by the Authorization header, which no browser adds by itself; `cookie`: by one that browsers do add. */
export type Identity = 'header' | 'cookie' | 'nobody'

export class TokenCheck {
  readonly #digest: Buffer | null

  constructor(token: string | null) {
    this.#digest = token === null ? null : digestOf(token)
  }

  get isRequired(): boolean {
    return this.#digest !== null
  }

  /** The cookie counts only without a header. `null` where the token is wrong or missing. */
  identify(request: IncomingMessage): Identity | null {
    if (this.#digest === null) return 'nobody'
    const header = request.headers.authorization
    if (header !== undefined && header !== '') return this.#holds(header) ? 'header' : null
    return authorizationCookies(request.headers.cookie).some((value) => this.#holds(value)) ? 'cookie' : null
  }

  /** Takes as long for a wrong token as for the right one. */
  #holds(authorization: string): boolean {
    const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1]
    return token !== undefined && this.#digest !== null && timingSafeEqual(digestOf(token), this.#digest)
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Every cookie named `authorization`: raw with a blank as Argo's login page writes it, quoted, or percent-encoded. */
export function authorizationCookies(header: string | undefined): readonly string[] {
  const values: string[] = []
  for (const part of (header ?? '').split(';')) {
    const [, value] = /^\s*authorization=(.*?)\s*$/.exec(part) ?? []
    if (value === undefined || value === '') continue
    const plain = value.replace(/^"(.*)"$/, '$1')
    values.push(plain.includes('%') ? decoded(plain) : plain)
  }
  return values
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
