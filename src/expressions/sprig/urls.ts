// Sprig's URL functions, on what Go's net/url makes of a text.

import type { Group } from './table.ts'
import { parseUrl, showUrl, showUserInfo } from './url.ts'
import { GoMap, kindName, panic, stringMapOf } from '../expr/values.ts'

function urlParse(text: string): GoMap {
  const url = parseUrl(text)
  if ('error' in url) return panic(`unable to parse url: ${url.error}`)
  return new GoMap(
    new Map<string, unknown>([
      ['scheme', url.scheme],
      ['host', url.host],
      ['hostname', hostName(url.host)],
      ['path', url.path],
      ['query', url.query],
      ['opaque', url.opaque],
      ['fragment', url.fragment],
      ['userinfo', url.user === null ? '' : showUserInfo(url.user)],
    ]),
  )
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)
  if (bracketed !== null) return bracketed[1] ?? ''
  return host.replace(/:\d*$/, '')
}

function urlJoin(dict: unknown): string {
  const map = stringMapOf(dict)
  const field = (key: string): string => {
    const value = map?.get(key)
    if (value === undefined) return ''
    if (value === null) return panic('runtime error: invalid memory address or nil pointer dereference')
    return typeof value === 'string'
      ? value
      : panic(`unable to parse ${key} key, must be of type string, but ${kindName(value)} found`)
  }
  const url = {
    scheme: field('scheme'),
    host: field('host'),
    path: field('path'),
    query: field('query'),
    opaque: field('opaque'),
    fragment: field('fragment'),
  }
  const userinfo = field('userinfo')
  if (userinfo === '') return showUrl({ ...url, user: null })
  const parsed = parseUrl(`proto://${userinfo}@host`)
  return 'error' in parsed
    ? panic(`unable to parse userinfo in dict: ${parsed.error}`)
    : showUrl({ ...url, user: parsed.user })
}

export const urlFunctions: Group = () => ({
  urlParse: ['(string) map[string]any', urlParse],
  urlJoin: ['(map[string]any) string', urlJoin],
})
