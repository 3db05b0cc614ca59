/** Functions of texts. */
import { add, splitText } from '../arithmetic.ts'
import { JqError, failedOn, notApplicable } from '../errors.ts'
import { indicesOf } from '../paths.ts'
import { type JqValue, encode, isArray, isNumber, isObject, membersOf, parseNumberText, toInt } from '../values.ts'
import { formatValue, textOf } from './formats.ts'
import type { Functions } from './functions.ts'
import { decodeJson } from './json.ts'
import { matchesOf, testPattern } from './regexp.ts'

const ofText =
  (name: string, change: (text: string) => JqValue) =>
  (value: JqValue): JqValue => {
    if (typeof value !== 'string') throw notApplicable(name, value)
    return change(value)
  }

const ofTwo =
  (name: string, change: (text: string, other: string) => JqValue) =>
  (value: JqValue, [other = null]: readonly JqValue[]): JqValue => {
    if (typeof value !== 'string' || typeof other !== 'string') throw notApplicable(name, value, other)
    return change(value, other)
  }

const spaces = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const leading = new RegExp(`^${spaces}`)
const trailing = new RegExp(`${spaces}$`)
const withoutStart = (text: string, start: string): string => (text.startsWith(start) ? text.slice(start.length) : text)
const withoutEnd = (text: string, end: string): string =>
  end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text

const codePoints = (text: string): readonly JqValue[] => [...text].map((char) => BigInt(char.codePointAt(0) ?? 0))

function implode(value: JqValue): JqValue {
  if (!isArray(value)) throw notApplicable('implode', value)
  return value
    .map((item) => {
      const code = toInt(item)
      if (code === null) throw notApplicable('implode', value)
      const valid = code >= 0n && code <= 0x10_ffffn && !(code >= 0xd800n && code <= 0xdfffn)
      return valid ? String.fromCodePoint(Number(code)) : '\ufffd'
    })
    .join('')
}

/** Numbers and booleans become text, null nothing; anything else cannot be added to a text. */
function join(value: JqValue, [separator = null]: readonly JqValue[]): JqValue {
  const members = membersOf(value)
  if (members === null) throw notApplicable('join', value, separator)
  if (members.length === 0) return ''
  let texts: string[] = []
  let mixed: JqValue = null
  for (const [index, member] of members.entries()) {
    const part = isNumber(member) || typeof member === 'boolean' ? encode(member) : member
    const between = index === 0 ? '' : separator
    if ((typeof part !== 'string' && part !== null) || (typeof between !== 'string' && between !== null)) {
      mixed = add(add(add(mixed, texts.join('')), between), part)
      texts = []
    } else texts.push(between ?? '', part ?? '')
  }
  return mixed === null ? texts.join('') : add(mixed, texts.join(''))
}

type Finder = (found: readonly bigint[]) => JqValue

const finding =
  (name: string, finder: Finder) =>
  (value: JqValue, [part = null]: readonly JqValue[]): JqValue => {
    if (value === null) return null
    if (isArray(value)) return finder(indicesOf(value, isArray(part) ? part : [part]))
    if (typeof value !== 'string' || typeof part !== 'string') throw notApplicable(name, value, part)
    return finder(indicesOf(codePoints(value), codePoints(part)))
  }

function toNumber(value: JqValue): JqValue {
  if (isNumber(value)) return value
  if (typeof value !== 'string') throw notApplicable('tonumber', value)
  if (!/^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(value)) {
    throw failedOn('tonumber', 'invalid number', value)
  }
  return parseNumberText(value)
}

function toBoolean(value: JqValue): JqValue {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') throw notApplicable('toboolean', value)
  if (value === 'true' || value === 'false') return value === 'true'
  throw failedOn('toboolean', 'invalid boolean', value)
}

function fromJsonText(value: JqValue): JqValue {
  if (typeof value !== 'string') throw notApplicable('fromjson', value)
  const decoded = decodeJson(value)
  if (decoded.ok) return decoded.value
  throw decoded.trailing ? notApplicable('fromjson', value) : failedOn('fromjson', decoded.error, value)
}

function captured(value: JqValue): JqValue {
  if (!isArray(value)) throw new JqError('expected an array')
  const named = value.flatMap((group): (readonly [string, JqValue])[] => {
    const name = isObject(group) ? group.get('name') : null
    return isObject(group) && typeof name === 'string' ? [[name, group.get('string') ?? null]] : []
  })
  return new Map(named)
}

export const textFunctions: Functions = {
  'tostring/0': (value) => textOf(value),
  'tojson/0': (value) => encode(value),
  'fromjson/0': fromJsonText,
  'tonumber/0': toNumber,
  'toboolean/0': toBoolean,
  'utf8bytelength/0': ofText('utf8bytelength', (text) => BigInt(Buffer.byteLength(text))),
  'startswith/1': ofTwo('startswith', (text, start) => text.startsWith(start)),
  'endswith/1': ofTwo('endswith', (text, end) => text.endsWith(end)),
  'ltrimstr/1': ofTwo('ltrimstr', withoutStart),
  'rtrimstr/1': ofTwo('rtrimstr', withoutEnd),
  'trimstr/1': ofTwo('trimstr', (text, other) => withoutEnd(withoutStart(text, other), other)),
  'ltrim/0': ofText('ltrim', (text) => text.replace(leading, '')),
  'rtrim/0': ofText('rtrim', (text) => text.replace(trailing, '')),
  'trim/0': ofText('trim', (text) => text.replace(leading, '').replace(trailing, '')),
  'explode/0': ofText('explode', codePoints),
  'implode/0': implode,
  'split/1': (value, [separator = null]) => {
    if (typeof value !== 'string') throw notApplicable('split', value)
    if (typeof separator !== 'string') throw notApplicable('split', separator)
    return splitText(value, separator)
  },
  'join/1': join,
  'ascii_downcase/0': ofText('ascii_downcase', (text) => text.replace(/[A-Z]/g, (char) => char.toLowerCase())),
  'ascii_upcase/0': ofText('ascii_upcase', (text) => text.replace(/[a-z]/g, (char) => char.toUpperCase())),
  'indices/1': finding('indices', (found) => found),
  'index/1': finding('index', ([first = null]) => first),
  'rindex/1': finding('rindex', (found) => found.at(-1) ?? null),
  'format/1': (value, [name = null]) => {
    if (typeof name !== 'string') throw notApplicable('format', name)
    return formatValue(`@${name}`, value)
  },
  'test/2': (value, [pattern = null, flags = null]) => testPattern(value, pattern, flags),
  '_match/2': (value, [pattern = null, flags = null]) =>
    matchesOf(value, pattern, flags, 'match').map(({ shown }) => shown),
  '_captures/0': captured,
}
