// Reading times by Go's reference-time layouts.

import { monthNames, weekdayNames } from '../../calendar-names.ts'
import { daysIn } from './civil.ts'
import type { Civil } from './civil.ts'
import { GoTime, timeOfCivil } from './go-time.ts'
import { piecesOf } from './layout.ts'
import { fixedZone, UTC } from './zones.ts'
import type { Zone } from './zones.ts'

type Read = {
  year: number
  month: number
  day: number
  yearDay: number
  hour: number
  minute: number
  second: number
  nanos: number
  pm: boolean | null
  offset: number | null
  zoneName: string | null
}

/** Why a text does not fit a layout, in Go's words. */
export class LayoutError extends Error {}

/** The time a text says, in `zone` where it names none. Throws LayoutError. */
export function parseTime(layout: string, text: string, zone: Zone = UTC): GoTime {
  const read: Read = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
    pm: null,
    offset: null,
    zoneName: null,
  }
  let rest = text
  const list = piecesOf(layout)
  const q = (s: string): string => JSON.stringify(s)
  const fail = (piece: string, message = ''): never => {
    if (message !== '') throw new LayoutError(`parsing time ${q(text)}${message}`)
    throw new LayoutError(`parsing time ${q(text)} as ${q(layout)}: cannot parse ${q(rest)} as ${q(piece)}`)
  }
  for (const [i, piece] of list.entries()) {
    if ('literal' in piece) {
      const after = skipLiteral(rest, piece.literal)
      if (after === null) return fail(piece.literal)
      rest = after
      continue
    }
    const next = list[i + 1]
    const result = readField(piece.field, rest, read, next !== undefined && 'field' in next ? next.field : '')
    if (result === null) return fail(piece.field)
    if (typeof result === 'object') return fail(piece.field, `: ${result.range} out of range`)
    rest = result
  }
  if (rest !== '') fail('', `: extra text: ${q(rest)}`)
  return finish(read, zone, (message) => fail('', message))
}

function skipLiteral(text: string, literal: string): string | null {
  let rest = text
  let lit = literal
  while (lit !== '') {
    if (lit.startsWith(' ')) {
      if (rest !== '' && !rest.startsWith(' ')) return null
      lit = lit.replace(/^ +/, '')
      rest = rest.replace(/^ +/, '')
      continue
    }
    if (rest === '' || rest[0] !== lit[0]) return null
    lit = lit.slice(1)
    rest = rest.slice(1)
  }
  return rest
}

function finish(read: Read, zone: Zone, fail: (message: string) => never): GoTime {
  let { hour, month, day } = read
  if (read.pm === true && hour < 12) hour += 12
  else if (read.pm === false && hour === 12) hour = 0
  if (read.yearDay >= 0) {
    const leap = daysIn(read.year, 2) === 29
    if (read.yearDay < 1 || read.yearDay > (leap ? 366 : 365)) fail(': day-of-year out of range')
    let m = 1
    let d = read.yearDay
    while (d > daysIn(read.year, m)) d -= daysIn(read.year, m++)
    if ((month >= 0 && month !== m) || (day >= 0 && day !== d)) fail(': day-of-year does not match month')
    month = m
    day = d
  }
  if (month < 0) month = 1
  if (day < 0) day = 1
  if (day < 1 || day > daysIn(read.year, month)) fail(': day out of range')
  const civil: Civil = { year: read.year, month, day, hour, minute: read.minute, second: read.second }
  if (read.offset !== null) {
    const utc = timeOfCivil(civil, read.nanos, UTC)
    const at = utc.seconds - read.offset
    if (zone.offsetAt(at) === read.offset && (read.zoneName === null || read.zoneName === zone.abbreviationAt(at)))
      return new GoTime(at, read.nanos, zone)
    if (read.offset === 0 && read.zoneName === null) return new GoTime(at, read.nanos, UTC)
    return new GoTime(at, read.nanos, fixedZone(read.zoneName ?? '', read.offset))
  }
  if (read.zoneName !== null) {
    const local = timeOfCivil(civil, read.nanos, zone)
    if (zone.abbreviationAt(local.seconds) === read.zoneName) return local
    const hours = /^GMT([+-]\d+)$/.exec(read.zoneName)
    const offset = hours === null ? 0 : Number(hours[1]) * 3600
    return new GoTime(
      timeOfCivil(civil, read.nanos, UTC).seconds - offset,
      read.nanos,
      fixedZone(read.zoneName, offset),
    )
  }
  return timeOfCivil(civil, read.nanos, zone)
}

type FieldResult = string | null | { readonly range: string }

function readField(field: string, text: string, read: Read, following: string): FieldResult {
  const number = (pattern: RegExp, store: (n: number) => string | undefined): FieldResult => {
    const m = pattern.exec(text)
    if (m === null) return null
    const range = store(Number(m[1] ?? m[0]))
    return range === undefined ? text.slice(m[0].length) : { range }
  }
  const between = (name: string, low: number, high: number, set: (n: number) => void) => (n: number) => {
    if (n < low || n > high) return name
    set(n)
    return undefined
  }
  switch (field) {
    case '2006':
      return number(/^\d{4}/, (n) => void (read.year = n))
    case '06':
      return number(/^\d\d/, (n) => void (read.year = n >= 69 ? 1900 + n : 2000 + n))
    case '01':
      return number(
        /^\d\d/,
        between('month', 1, 12, (n) => (read.month = n)),
      )
    case '1':
      return number(
        /^\d\d?/,
        between('month', 1, 12, (n) => (read.month = n)),
      )
    case 'January':
    case 'Jan':
      return readName(text, monthNames, field === 'Jan', (i) => (read.month = i + 1))
    case 'Monday':
    case 'Mon':
      return readName(text, weekdayNames, field === 'Mon', () => undefined)
    case '02':
      return number(/^\d\d/, (n) => void (read.day = n))
    case '2':
      return number(/^\d\d?/, (n) => void (read.day = n))
    case '_2':
      return number(/^ ?(\d\d?)/, (n) => void (read.day = n))
    case '002':
    case '__2':
      return number(/^ {0,2}(\d{1,3})/, (n) => void (read.yearDay = n))
    case '15':
      return number(
        /^\d\d?/,
        between('hour', 0, 23, (n) => (read.hour = n)),
      )
    case '03':
      return number(
        /^\d\d/,
        between('hour', 0, 12, (n) => (read.hour = n)),
      )
    case '3':
      return number(
        /^\d\d?/,
        between('hour', 0, 12, (n) => (read.hour = n)),
      )
    case '04':
      return number(
        /^\d\d/,
        between('minute', 0, 59, (n) => (read.minute = n)),
      )
    case '4':
      return number(
        /^\d\d?/,
        between('minute', 0, 59, (n) => (read.minute = n)),
      )
    case '05':
    case '5': {
      const after = number(
        field === '05' ? /^\d\d/ : /^\d\d?/,
        between('second', 0, 59, (n) => (read.second = n)),
      )
      // A fraction is taken after the seconds even if the layout does not ask for one.
      if (typeof after !== 'string' || /^[.,]/.test(following)) return after
      const m = /^[.,](\d+)/.exec(after)
      if (m === null) return after
      read.nanos = Number((m[1] ?? '').slice(0, 9).padEnd(9, '0'))
      return after.slice(m[0].length)
    }
    case 'PM':
    case 'pm': {
      const m = (field === 'PM' ? /^(AM|PM)/ : /^(am|pm)/).exec(text)
      if (m === null) return null
      read.pm = m[0].toLowerCase() === 'pm'
      return text.slice(2)
    }
    case 'MST': {
      if (text.startsWith('UTC')) {
        read.offset = 0
        return text.slice(3)
      }
      const m =
        /^(?:ChST|MeST|GMT[+-]\d{1,2}|[+-]\d{2}(?!\d)|WITA|[A-Z]{4}(?<=T)(?![A-Z])|[A-Z]{3}(?![A-Z])|[A-Z]{5}(?<=T)(?![A-Z]))/.exec(
          text,
        )
      if (m === null) return null
      read.zoneName = m[0]
      return text.slice(m[0].length)
    }
    default:
      return /^[.,]/.test(field) ? readFraction(field, text, read) : readOffset(field, text, read)
  }
}

function readName(
  text: string,
  names: readonly string[],
  short: boolean,
  set: (index: number) => unknown,
): string | null {
  const lower = text.toLowerCase()
  const at = names.findIndex((n) => lower.startsWith((short ? n.slice(0, 3) : n).toLowerCase()))
  if (at < 0) return null
  set(at)
  return text.slice(short ? 3 : (names[at] ?? '').length)
}

function readFraction(field: string, text: string, read: Read): string | null {
  if (field[1] === '0') {
    const m = new RegExp(`^[.,]\\d{${field.length - 1}}`).exec(text)
    if (m === null) return null
    read.nanos = Number(m[0].slice(1, 10).padEnd(9, '0'))
    return text.slice(m[0].length)
  }
  const m = /^[.,](\d{1,9})\d*/.exec(text)
  if (m === null) return text
  read.nanos = Number((m[1] ?? '').padEnd(9, '0'))
  return text.slice(m[0].length)
}

function readOffset(field: string, text: string, read: Read): FieldResult {
  if (field.startsWith('Z') && text.startsWith('Z')) {
    read.offset = 0
    return text.slice(1)
  }
  const colon = field.includes(':') ? ':' : ''
  const digits = field.replace(/[^0-9]/g, '').length
  const m = new RegExp(
    `^([+-])(\\d\\d)${digits > 2 ? `${colon}(\\d\\d)` : '()'}${digits > 4 ? `${colon}(\\d\\d)` : '()'}`,
  ).exec(text)
  if (m === null) return null
  const [hours, minutes, seconds] = [Number(m[2]), Number(m[3] ?? 0), Number(m[4] ?? 0)]
  if (hours > 24) return { range: 'time zone offset hour' }
  if (minutes > 60) return { range: 'time zone offset minute' }
  const offset = hours * 3600 + minutes * 60 + seconds
  read.offset = m[1] === '-' ? -offset : offset
  return text.slice(m[0].length)
}
