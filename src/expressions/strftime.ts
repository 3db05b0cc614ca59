/** The letters of `workflow.creationTimestamp.<c>` and of artifact key formats; others stay as they are. */
import { monthNames, weekdayNames } from './calendar-names.ts'
import { zoneAbbreviation, zoneOffsetMs } from './time-zone.ts'

const letters = 'YymBbdAaHIMSpLZz'

/** A clock at some place: an IANA zone, or a fixed offset from UTC without a name. */
export type Place = string | { readonly offsetMinutes: number }

type Local = { readonly clock: Date; readonly offset: string; readonly zone: string }

function localTime(at: Date, place: Place): Local {
  const offsetMs = typeof place === 'string' ? zoneOffsetMs(place, at.getTime()) : place.offsetMinutes * 60_000
  const size = Math.abs(offsetMs) / 60_000
  const pair = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const offset = `${offsetMs < 0 ? '-' : '+'}${pair(size / 60)}${pair(size % 60)}`
  const utc = typeof place === 'string' ? place === '' || place === 'UTC' || place === 'Local' : offsetMs === 0
  const zone = utc ? 'UTC' : typeof place === 'string' ? zoneAbbreviation(place, at) : offset
  return { clock: new Date(at.getTime() + offsetMs), offset, zone }
}

/** Replaces `%Y`, `%m`, …; `%%` is a percent sign, unknown letters and a trailing `%` stay. */
export function strftime(format: string, at: Date, place: Place = 'UTC'): string {
  const local = localTime(at, place)
  return format.replace(/%([\s\S])/gu, (all, letter: string) =>
    letter === '%' ? '%' : (directive(letter, local) ?? all),
  )
}

/** All tags `workflow.creationTimestamp` and `workflow.creationTimestamp.<key>`; the key `''` is the bare one. */
export function creationTimestampTags(at: Date, place: Place = 'UTC'): Readonly<Record<string, string>> {
  const local = localTime(at, place)
  const tags: Record<string, string> = {}
  for (const letter of letters) tags[letter] = directive(letter, local) ?? ''
  const colon = `${local.offset.slice(0, 3)}:${local.offset.slice(3)}`
  const text = `${local.clock.toISOString().slice(0, 19)}${local.offset === '+0000' ? 'Z' : colon}`
  return { ...tags, '': text, RFC3339: text, s: String(Math.floor(at.getTime() / 1000)) }
}

function directive(letter: string, { clock, offset, zone }: Local): string | null {
  const two = (value: number): string => String(value).padStart(2, '0')
  const hour = clock.getUTCHours()
  const month = monthNames[clock.getUTCMonth()] ?? ''
  const day = weekdayNames[clock.getUTCDay()] ?? ''
  switch (letter) {
    case 'Y':
      return String(clock.getUTCFullYear()).padStart(4, '0')
    case 'y':
      return two(clock.getUTCFullYear() % 100)
    case 'm':
      return two(clock.getUTCMonth() + 1)
    case 'B':
      return month
    case 'b':
      return month.slice(0, 3)
    case 'd':
      return two(clock.getUTCDate())
    case 'A':
      return day
    case 'a':
      return day.slice(0, 3)
    case 'H':
      return two(hour)
    case 'I':
      return two(hour % 12 === 0 ? 12 : hour % 12)
    case 'M':
      return two(clock.getUTCMinutes())
    case 'S':
      return two(clock.getUTCSeconds())
    case 'p':
      return hour < 12 ? 'AM' : 'PM'
    case 'L':
      return `.${String(clock.getUTCMilliseconds()).padStart(3, '0')}`
    case 'Z':
      return zone
    case 'z':
      return offset
    default:
      return null
  }
}
