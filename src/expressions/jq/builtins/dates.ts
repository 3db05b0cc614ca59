/** Dates: "broken down time" is [year, month from 0, day, hour, minute, second, weekday, day of the year], in UTC. */
import { JqError, failedOn, notApplicable } from '../errors.ts'
import { type JqValue, isArray, toFloat, toInt } from '../values.ts'
import type { Functions } from './functions.ts'

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = 'January February March April May June July August September October November December'.split(' ')

function brokenDown(seconds: number): readonly JqValue[] {
  const at = new Date(Math.floor(seconds) * 1000)
  const yearStart = Date.UTC(at.getUTCFullYear(), 0, 1)
  return [
    BigInt(at.getUTCFullYear()),
    BigInt(at.getUTCMonth()),
    BigInt(at.getUTCDate()),
    BigInt(at.getUTCHours()),
    BigInt(at.getUTCMinutes()),
    at.getUTCSeconds() + Math.floor((seconds - Math.floor(seconds)) * 1e9) / 1e9,
    BigInt(at.getUTCDay()),
    BigInt(Math.floor((at.getTime() - yearStart) / 86_400_000)),
  ]
}

/** Seconds since 1970; null unless it is a list of numbers. Fields left out are 0. */
function secondsOf(value: JqValue): number | null {
  if (!isArray(value)) return null
  const fields = value.slice(0, 6).map((field, i) => (i === 5 ? toFloat(field) : toInt(field)))
  if (fields.includes(null) || value.slice(6, 8).some((field) => toInt(field) === null)) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map(Number)
  const at = new Date(0)
  at.setUTCFullYear(year, month, day)
  at.setUTCHours(hour, minute, Math.trunc(second))
  return at.getTime() / 1000 + (second - Math.floor(second))
}

const wrongArray = 'expected an array of 8 numbers'

const formatting =
  (name: string) =>
  (value: JqValue, [format = null]: readonly JqValue[]): JqValue => {
    const number = toFloat(value)
    if (number === null && !isArray(value)) throw notApplicable(name, value, format)
    if (typeof format !== 'string') throw notApplicable(name, value, format)
    const seconds = number ?? secondsOf(value)
    if (seconds === null) throw failedOn(name, wrongArray, value, format)
    return formatDate(seconds, format)
  }

function formatDate(seconds: number, format: string): string {
  const at = new Date(Math.floor(seconds) * 1000)
  const micro = Math.floor((seconds - Math.floor(seconds)) * 1e6)
  return format.replace(/%([-_^#0]?)([A-Za-z%])/g, (all, flag: string, letter: string) => {
    const text = directive(letter, at, micro)
    if (text === null) return all
    if (flag === '-') return text.replace(/^[0 ]+(?=.)/, '')
    if (flag === '_') return text.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length))
    return flag === '^' ? text.toUpperCase() : text
  })
}

function directive(letter: string, at: Date, micro: number): string | null {
  const pad = (value: number, width = 2, fill = '0'): string => String(value).padStart(width, fill)
  const again = (format: string): string => formatDate(at.getTime() / 1000, format)
  const yearDay = Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000)
  const hour12 = at.getUTCHours() % 12 === 0 ? 12 : at.getUTCHours() % 12
  const year = at.getUTCFullYear()
  const [weekYear, week] = isoWeek(at)
  const known: Readonly<Record<string, () => string>> = {
    Y: () => pad(year, 4),
    C: () => pad(Math.floor(year / 100)),
    y: () => pad(year % 100),
    G: () => pad(weekYear, 4),
    g: () => pad(weekYear % 100),
    V: () => pad(week),
    U: () => pad(Math.floor((yearDay + 7 - at.getUTCDay()) / 7)),
    W: () => pad(Math.floor((yearDay + 7 - ((at.getUTCDay() + 6) % 7)) / 7)),
    m: () => pad(at.getUTCMonth() + 1),
    B: () => months[at.getUTCMonth()] ?? '',
    b: () => (months[at.getUTCMonth()] ?? '').slice(0, 3),
    h: () => (months[at.getUTCMonth()] ?? '').slice(0, 3),
    A: () => days[at.getUTCDay()] ?? '',
    a: () => (days[at.getUTCDay()] ?? '').slice(0, 3),
    w: () => String(at.getUTCDay()),
    u: () => String(at.getUTCDay() === 0 ? 7 : at.getUTCDay()),
    d: () => pad(at.getUTCDate()),
    e: () => pad(at.getUTCDate(), 2, ' '),
    j: () => pad(yearDay + 1, 3),
    H: () => pad(at.getUTCHours()),
    k: () => pad(at.getUTCHours(), 2, ' '),
    I: () => pad(hour12),
    l: () => pad(hour12, 2, ' '),
    M: () => pad(at.getUTCMinutes()),
    S: () => pad(at.getUTCSeconds()),
    f: () => pad(micro, 6),
    p: () => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
    P: () => (at.getUTCHours() < 12 ? 'am' : 'pm'),
    s: () => String(at.getTime() / 1000),
    Z: () => 'UTC',
    z: () => '+0000',
    n: () => '\n',
    t: () => '\t',
    '%': () => '%',
    R: () => again('%H:%M'),
    r: () => again('%I:%M:%S %p'),
    T: () => again('%H:%M:%S'),
    X: () => again('%H:%M:%S'),
    c: () => again('%a %b %e %H:%M:%S %Y'),
    v: () => again('%e-%b-%Y'),
    D: () => again('%m/%d/%y'),
    x: () => again('%m/%d/%y'),
    F: () => again('%Y-%m-%d'),
  }
  return known[letter]?.() ?? null
}

function isoWeek(at: Date): readonly [number, number] {
  const thursday = new Date(at.getTime() + (3 - ((at.getUTCDay() + 6) % 7)) * 86_400_000)
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  return [thursday.getUTCFullYear(), Math.floor((thursday.getTime() - start) / (7 * 86_400_000)) + 1]
}

/** What a directive reads, as a pattern with a name for its part of the date. */
const readers: Readonly<Record<string, string>> = {
  Y: '(?<Y>-?\\d{4})',
  y: '(?<y>\\d{2})',
  m: '(?<m>\\d{1,2})',
  d: '(?<d>\\d{1,2})',
  e: ' ?(?<d>\\d{1,2})',
  H: '(?<H>\\d{1,2})',
  k: ' ?(?<H>\\d{1,2})',
  I: '(?<I>\\d{1,2})',
  l: ' ?(?<I>\\d{1,2})',
  M: '(?<M>\\d{1,2})',
  S: '(?<S>\\d{1,2})',
  f: '(?<f>\\d{1,9})',
  j: '(?<j>\\d{1,3})',
  s: '(?<s>-?\\d+)',
  p: '(?<p>AM|PM|am|pm)',
  B: `(?<B>${months.map((month) => `${month}|${month.slice(0, 3)}`).join('|')})`,
  A: `(?:${days.map((day) => `${day}|${day.slice(0, 3)}`).join('|')})`,
  Z: '(?<Z>[A-Z]{1,5})',
  z: '(?<z>Z|[+-]\\d{2}:?\\d{2})',
  n: '\\s+',
  t: '\\s+',
  '%': '%',
}
const composed: Readonly<Record<string, string>> = {
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  F: '%Y-%m-%d',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  c: '%a %b %e %H:%M:%S %Y',
  v: '%e-%b-%Y',
}

function strptime(value: JqValue, [format = null]: readonly JqValue[]): JqValue {
  if (typeof value !== 'string' || typeof format !== 'string') throw notApplicable('strptime', value, format)
  const expandedFormat = format.replace(/%([TXRrFDxcv])/g, (_, letter: string) => composed[letter] ?? '')
  const pattern = expandedFormat.replace(/%([A-Za-z%])|([\\^$.*+?()[\]{}|/])/g, (_, letter?: string, sign?: string) => {
    if (letter === undefined) return `\\${sign ?? ''}`
    const same: Readonly<Record<string, string>> = { b: 'B', h: 'B', a: 'A', P: 'p' }
    return readers[same[letter] ?? letter] ?? '(?!)'
  })
  let groups: Readonly<Record<string, string | undefined>> | undefined
  try {
    const found = new RegExp(`^${pattern}$`).exec(value)
    groups = found === null ? undefined : (found.groups ?? {})
  } catch {
    throw failedOn('strptime', `unexpected format ${JSON.stringify(format)}`, value, format)
  }
  if (groups === undefined) {
    throw failedOn('strptime', `failed to parse ${JSON.stringify(value)} with ${JSON.stringify(format)}`, value, format)
  }
  return brokenDown(secondsOfGroups(groups))
}

function secondsOfGroups(groups: Readonly<Record<string, string | undefined>>): number {
  if (groups['s'] !== undefined) return Number(groups['s'])
  const number = (name: string, absent: number): number => Number(groups[name] ?? absent)
  const short = groups['y'] === undefined ? null : Number(groups['y'])
  const year = short === null ? number('Y', 1900) : short < 69 ? 2000 + short : 1900 + short
  const named = months.findIndex((month) => groups['B'] !== undefined && month.startsWith(groups['B'].slice(0, 3)))
  const month = groups['j'] === undefined ? (named >= 0 ? named : number('m', 1) - 1) : 0
  const half = groups['p']?.toUpperCase()
  const hour = groups['I'] === undefined ? number('H', 0) : (number('I', 12) % 12) + (half === 'PM' ? 12 : 0)
  const at = new Date(0)
  at.setUTCFullYear(year, month, groups['j'] === undefined ? number('d', 1) : number('j', 1))
  at.setUTCHours(hour, number('M', 0), number('S', 0))
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})$/.exec(groups['z'] ?? '') ?? []
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
  return at.getTime() / 1000 - offset + Number(`0.${groups['f'] ?? '0'}`)
}

const breaking =
  (name: string) =>
  (value: JqValue): JqValue => {
    const seconds = toFloat(value)
    if (seconds === null) throw notApplicable(name, value)
    return brokenDown(seconds)
  }

export const dateFunctions: Functions = {
  'gmtime/0': breaking('gmtime'),
  'localtime/0': breaking('localtime'),
  'mktime/0': (value) => {
    if (!isArray(value)) throw notApplicable('mktime', value)
    const seconds = secondsOf(value)
    if (seconds === null) throw failedOn('mktime', wrongArray, value)
    return seconds
  },
  'strftime/1': formatting('strftime'),
  'strflocaltime/1': formatting('strflocaltime'),
  'strptime/1': strptime,
  'now/0': (_value, _args, { nowMs }) => {
    if (nowMs === null) throw new JqError('now is not known here')
    return nowMs / 1000
  },
}
