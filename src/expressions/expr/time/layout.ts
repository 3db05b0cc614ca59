// Go's reference-time layouts (`2006-01-02T15:04:05Z07:00`): formatting and parsing.

import { monthNames, weekdayNames } from '../../calendar-names.ts'
import { daysOf, weekdayOf, yearDayOf } from './civil.ts'
import type { Civil } from './civil.ts'
import type { GoTime } from './go-time.ts'

export const RFC3339 = '2006-01-02T15:04:05Z07:00'
export const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00'

// Longest first where one begins another.
const pieces =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|01|02|03|04|05|06|002|_2006|__2|_2|2006|15|PM|pm|-07:00:00|-07:00|-070000|-0700|-07|Z07:00:00|Z07:00|Z070000|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g

type Piece = { readonly literal: string } | { readonly field: string }
const layouts = new Map<string, readonly Piece[]>()
const LAYOUTS_MAX = 500

/** A layout cut into fields and what stands between them. */
export function piecesOf(layout: string): readonly Piece[] {
  const hit = layouts.get(layout)
  if (hit !== undefined) return hit
  const out: Piece[] = []
  let at = 0
  for (const m of layout.matchAll(pieces)) {
    if (m.index < at) continue
    if (m.index > at) out.push({ literal: layout.slice(at, m.index) })
    // `_2006` is an underscore before the year.
    if (m[0] === '_2006') out.push({ literal: '_' }, { field: '2006' })
    else out.push({ field: m[0] })
    at = m.index + m[0].length
  }
  if (at < layout.length) out.push({ literal: layout.slice(at) })
  if (layouts.size < LAYOUTS_MAX) layouts.set(layout, out)
  return out
}

const pad = (n: number, width: number, fill = '0'): string =>
  n < 0 ? `-${String(-n).padStart(width, fill)}` : String(n).padStart(width, fill)

export function formatTime(time: GoTime, layout: string): string {
  const c = time.civil
  return piecesOf(layout)
    .map((p) => ('literal' in p ? p.literal : formatField(p.field, time, c)))
    .join('')
}

function formatField(field: string, time: GoTime, c: Civil): string {
  const days = daysOf(c.year, c.month, c.day)
  const hour12 = c.hour % 12 === 0 ? 12 : c.hour % 12
  switch (field) {
    case 'January':
      return monthNames[c.month - 1] ?? ''
    case 'Jan':
      return (monthNames[c.month - 1] ?? '').slice(0, 3)
    case 'Monday':
      return weekdayNames[weekdayOf(days)] ?? ''
    case 'Mon':
      return (weekdayNames[weekdayOf(days)] ?? '').slice(0, 3)
    case 'MST': {
      const name = time.zone.abbreviationAt(time.seconds)
      return name === '' ? offsetText(time.offset, '-0700').replace(/00$/, '') : name
    }
    case '2006':
      return pad(c.year, 4)
    case '06':
      return pad(((c.year % 100) + 100) % 100, 2)
    case '01':
      return pad(c.month, 2)
    case '1':
      return String(c.month)
    case '02':
      return pad(c.day, 2)
    case '_2':
      return pad(c.day, 2, ' ')
    case '2':
      return String(c.day)
    case '002':
      return pad(yearDayOf(c), 3)
    case '__2':
      return pad(yearDayOf(c), 3, ' ')
    case '15':
      return pad(c.hour, 2)
    case '03':
      return pad(hour12, 2)
    case '3':
      return String(hour12)
    case '04':
      return pad(c.minute, 2)
    case '4':
      return String(c.minute)
    case '05':
      return pad(c.second, 2)
    case '5':
      return String(c.second)
    case 'PM':
      return c.hour >= 12 ? 'PM' : 'AM'
    case 'pm':
      return c.hour >= 12 ? 'pm' : 'am'
    default:
      if (field.startsWith('.') || field.startsWith(',')) return fractionText(time.nanos, field)
      return offsetText(time.offset, field)
  }
}

function fractionText(nanos: number, field: string): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .slice(0, field.length - 1)
  if (field[1] === '0') return `${field[0] ?? '.'}${digits.padEnd(field.length - 1, '0')}`
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : `${field[0] ?? '.'}${short}`
}

function offsetText(offset: number, field: string): string {
  if (field.startsWith('Z') && offset === 0) return 'Z'
  const sign = offset < 0 ? '-' : '+'
  const s = Math.abs(offset)
  const hh = pad(Math.floor(s / 3600), 2)
  const mm = pad(Math.floor(s / 60) % 60, 2)
  const ss = pad(s % 60, 2)
  const colon = field.includes(':') ? ':' : ''
  const digits = field.replace(/[^0-9]/g, '').length
  return `${sign}${hh}${digits > 2 ? colon + mm : ''}${digits > 4 ? colon + ss : ''}`
}
