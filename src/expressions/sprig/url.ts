// URLs as Go's net/url reads and writes them.

import { bytesOf, textOf } from '../expr/utf8.ts'
import { goQuote } from '../go-quote.ts'

export type UserInfo = { readonly name: string; readonly password: string | null }
export type Url = {
  readonly scheme: string
  readonly opaque: string
  readonly user: UserInfo | null
  readonly host: string
  /** Decoded. */
  readonly path: string
  /** As written, if encoding the path again would give something else. */
  readonly rawPath?: string
  readonly query: string
  readonly forceQuery?: boolean
  /** Decoded. */
  readonly fragment: string
  readonly omitHost?: boolean
}

class Problem extends Error {}

/** The parts of a URL, or Go's error: `parse "…": …`. */
export function parseUrl(text: string): Url | { readonly error: string } {
  try {
    return parse(text)
  } catch (cause) {
    if (cause instanceof Problem) return { error: `parse ${goQuote(text)}: ${cause.message}` }
    throw cause
  }
}

function parse(text: string): Url {
  const [main = '', fragment = ''] = cutAt(text, '#')

  if (/[\x00-\x1f\x7f]/.test(main)) throw new Problem('net/url: invalid control character in URL')
  const base = {
    scheme: '',
    opaque: '',
    user: null,
    host: '',
    path: '',
    query: '',
    fragment: unescape(fragment, 'fragment'),
  }
  if (main === '*') return { ...base, path: '*' }
  const [scheme, afterScheme] = schemeOf(main)
  const forceQuery = afterScheme.endsWith('?') && afterScheme.indexOf('?') === afterScheme.length - 1
  const [beforeQuery = '', query = ''] = forceQuery ? [afterScheme.slice(0, -1), ''] : cutAt(afterScheme, '?')
  const url = { ...base, scheme: scheme.toLowerCase(), query, forceQuery }
  if (!beforeQuery.startsWith('/')) {
    if (scheme !== '') return { ...url, opaque: beforeQuery }
    if ((beforeQuery.split('/')[0] ?? '').includes(':'))
      throw new Problem('first path segment in URL cannot contain colon')
  }
  const hasAuthority = beforeQuery.startsWith('//') && (scheme !== '' || !beforeQuery.startsWith('///'))
  if (!hasAuthority) {
    const omitHost = scheme !== '' && beforeQuery.startsWith('/')
    return { ...url, ...pathOf(beforeQuery), ...(omitHost ? { omitHost } : {}) }
  }
  const slash = beforeQuery.indexOf('/', 2)
  const authority = beforeQuery.slice(2, slash < 0 ? undefined : slash)
  return { ...url, ...authorityOf(authority), ...pathOf(slash < 0 ? '' : beforeQuery.slice(slash)) }
}

function cutAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function schemeOf(text: string): readonly [string, string] {
  if (text.startsWith(':')) throw new Problem('missing protocol scheme')
  const m = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)
  return m === null ? ['', text] : [m[1] ?? '', text.slice(m[0].length)]
}

function pathOf(raw: string): { readonly path: string; readonly rawPath?: string } {
  const path = unescape(raw, 'path')
  return escape(path, 'path') === raw ? { path } : { path, rawPath: raw }
}

function authorityOf(authority: string): { readonly user: UserInfo | null; readonly host: string } {
  const at = authority.lastIndexOf('@')
  const host = hostOf(authority.slice(at + 1))
  if (at < 0) return { user: null, host }
  const info = authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) throw new Problem('net/url: invalid userinfo')
  const [name, password] = cutAt(info, ':')
  return {
    user: {
      name: unescape(name, 'userPassword'),
      password: info.includes(':') ? unescape(password, 'userPassword') : null,
    },
    host,
  }
}

function hostOf(host: string): string {
  const bracket = host.lastIndexOf('[')
  if (bracket >= 0) {
    const end = host.lastIndexOf(']')
    if (end < 0) throw new Problem("missing ']' in host")
    const port = host.slice(end + 1)
    if (port !== '' && !/^:\d*$/.test(port)) throw new Problem(`invalid port ${goQuote(port)} after host`)
    const zone = host.indexOf('%25')
    if (zone >= 0 && zone < end)
      return (
        unescape(host.slice(0, zone), 'host') +
        unescape(host.slice(zone, end), 'zone') +
        unescape(host.slice(end), 'host')
      )
  } else {
    const colon = host.lastIndexOf(':')
    const port = colon < 0 ? '' : host.slice(colon)
    if (port !== '' && !/^:\d*$/.test(port)) throw new Problem(`invalid port ${goQuote(port)} after host`)
  }
  return unescape(host, 'host')
}

type Mode = 'path' | 'host' | 'zone' | 'userPassword' | 'fragment'

function unescape(text: string, mode: Mode): string {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (bad !== null) throw new Problem(`invalid URL escape ${goQuote(text.slice(bad.index, bad.index + 3))}`)
  if (mode === 'host') {
    const high = /%[0-7][0-9a-fA-F]/.exec(text.replaceAll('%25', '___'))
    if (high !== null) throw new Problem(`invalid URL escape ${goQuote(high[0])}`)
  }
  if (mode === 'host' || mode === 'zone') {
    const wrong = /[\x00-\x20"<>\\^`{|}\x7f]/.exec(text.replaceAll(/%../g, ''))
    const allowed = wrong === null || wrong[0] === '"' || wrong[0] === '<' || wrong[0] === '>'
    if (!allowed) throw new Problem(`invalid character ${goQuote(wrong[0])} in host name`)
  }
  if (!text.includes('%')) return text
  return textOf(
    Uint8Array.from(
      [...text.matchAll(/%([0-9a-fA-F]{2})|([^%])/gsu)].flatMap((m) =>
        m[1] === undefined ? [...bytesOf(m[2] ?? '')] : [Number.parseInt(m[1], 16)],
      ),
    ),
  )
}

const unreserved = /^[A-Za-z0-9\-_.~]$/
const allowedIn: Readonly<Record<Mode, RegExp>> = {
  path: /^[$&+,/:;=@]$/,
  host: /^[!$&'()*+,;=:[\]<>"]$/,
  zone: /^[!$&'()*+,;=:[\]<>"]$/,
  userPassword: /^[$&+,;=]$/,
  fragment: /^[$&+,/:;=?@!()*]$/,
}

function escape(text: string, mode: Mode): string {
  let out = ''
  for (const byte of bytesOf(text)) {
    const char = String.fromCharCode(byte)
    const isPlain = byte < 0x80 && (unreserved.test(char) || allowedIn[mode].test(char))
    out += isPlain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

export function showUserInfo(user: UserInfo): string {
  const name = escape(user.name, 'userPassword')
  return user.password === null ? name : `${name}:${escape(user.password, 'userPassword')}`
}

/** The URL as text. */
export function showUrl(url: Url): string {
  let out = url.scheme === '' ? '' : `${url.scheme}:`
  if (url.opaque !== '') out += url.opaque
  else {
    const hasAuthority = url.scheme !== '' || url.host !== '' || url.user !== null
    if (hasAuthority && !(url.omitHost === true && url.host === '' && url.user === null)) {
      if (url.host !== '' || url.path !== '' || url.user !== null) out += '//'
      if (url.user !== null) out += `${showUserInfo(url.user)}@`
      if (url.host !== '') out += escape(url.host, 'host')
    }
    const path = url.path === '*' ? '*' : (url.rawPath ?? escape(url.path, 'path'))
    if (path !== '' && !path.startsWith('/') && url.host !== '') out += '/'
    // A colon in the first segment would read as a scheme.
    if (out === '' && (path.split('/')[0] ?? '').includes(':')) out += './'
    out += path
  }
  if (url.forceQuery === true || url.query !== '') out += `?${url.query}`
  return url.fragment === '' ? out : `${out}#${escape(url.fragment, 'fragment')}`
}
