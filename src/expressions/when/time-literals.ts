/** Quoted texts that look like a date or time count as a number of seconds; these are the forms the library knows. */

export type GoTime = {
  /** Seconds since 1970, the fraction dropped. */
  readonly unixSeconds: number
  readonly nanoseconds: number
  readonly offsetMinutes: number
  /** As printed: `UTC`, an abbreviation, or empty for a bare offset. */
  readonly zone: string
}

const day = '(?<weekday>Sun|Mon|Tue|Wed|Thu|Fri|Sat)'
const month = '(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const clock = '(?<hour>\\d{1,2}):(?<minute>\\d\\d):(?<second>\\d\\d)(?:[.,](?<fraction>\\d+))?'
const date = '(?<year>\\d{4})-(?<monthNumber>\\d\\d)-(?<day>\\d\\d)'
const zoneColon = '(?<offset>Z|[+-]\\d\\d:\\d\\d)'
const zonePlain = '(?<offset>Z|[+-]\\d{4})'

const forms: readonly RegExp[] = [
  `${day} +${month} +(?<day>\\d{1,2}) +${clock} +(?<year>\\d{4})`,
  `${day} +${month} +(?<day>\\d{1,2}) +${clock} +(?<zone>[A-Z]{3,4}T?|GMT[+-]\\d{1,2}) +(?<year>\\d{4})`,
  `${day} +${month} +(?<day>\\d\\d) +${clock} +(?<offset>[+-]\\d{4}) +(?<year>\\d{4})`,
  `(?<hour>\\d{1,2}):(?<minute>\\d\\d)(?<half>AM|PM)`,
  `${date}T${clock}${zoneColon}`,
  date,
  `${date} +(?<hour>\\d{1,2}):(?<minute>\\d\\d)`,
  `${date} +${clock}`,
  `${date} +${clock}(?<offset>[+-]\\d\\d:\\d\\d)`,
  `${date}T(?<hour>\\d{1,2})${zonePlain}`,
  `${date}T(?<hour>\\d{1,2}):(?<minute>\\d\\d)${zonePlain}`,
  `${date}T${clock}${zonePlain}`,
].map((form) => new RegExp(`^${form}$`, 'i'))

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The time a text stands for, or `null` if it is just a text (`2024-1-1`, `2024-02-30`, `15:04`). */
export function parseTimeLiteral(text: string): GoTime | null {
  if (!/^[0-9SMTWFsmtwf]/.test(text)) return null
  for (const form of forms) {
    const groups = form.exec(text)?.groups
    const time = groups === undefined ? null : timeOf(groups)
    if (time !== null) return time
  }
  return null
}

function timeOf(groups: Readonly<Record<string, string | undefined>>): GoTime | null {
  const { half, zone, offset } = groups
  if ((half !== undefined && half !== half.toUpperCase()) || (zone !== undefined && zone !== zone.toUpperCase()))
    return null
  if (offset === 'z') return null
  const number = (name: string, absent: number): number => Number(groups[name] ?? absent)
  const monthNumber =
    groups['month'] === undefined ? number('monthNumber', 1) : months.indexOf(groups['month'].toLowerCase()) + 1
  const [year, dayOfMonth, minute, second] = [
    number('year', 0),
    number('day', 1),
    number('minute', 0),
    number('second', 0),
  ]
  const hour = hourOf(number('hour', 0), half)
  if (hour === null || minute > 59 || second > 59 || monthNumber < 1 || monthNumber > 12) return null
  if (dayOfMonth < 1 || dayOfMonth > daysIn(year, monthNumber)) return null
  const offsetMinutes = offsetOf(offset, zone)
  if (offsetMinutes === null) return null
  const at = new Date(0)
  at.setUTCFullYear(year, monthNumber - 1, dayOfMonth)
  at.setUTCHours(hour, minute, second)
  return {
    unixSeconds: at.getTime() / 1000 - offsetMinutes * 60,
    nanoseconds: Number((groups['fraction'] ?? '').slice(0, 9).padEnd(9, '0')),
    offsetMinutes,
    zone: offsetMinutes === 0 && (zone === undefined || zone === 'UTC') ? 'UTC' : (zone ?? ''),
  }
}

function hourOf(hour: number, half: string | undefined): number | null {
  if (half === undefined) return hour > 23 ? null : hour
  if (hour > 12) return null
  if (half === 'PM') return hour < 12 ? hour + 12 : hour
  return hour === 12 ? 0 : hour
}

function daysIn(year: number, monthNumber: number): number {
  const last = new Date(0)
  last.setUTCFullYear(year, monthNumber, 0)
  return last.getUTCDate()
}

function offsetOf(offset: string | undefined, zone: string | undefined): number | null {
  if (zone?.startsWith('GMT') === true && zone.length > 3) return Number(zone.slice(3)) * 60
  if (offset === undefined || offset === 'Z') return 0
  const digits = offset.replace(/[+:-]/g, '')
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))]
  if (hours > 24 || minutes > 59) return null
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** As Go prints a time: `2024-01-01 00:00:00 +0000 UTC`. */
export function goTimeText({ unixSeconds, nanoseconds, offsetMinutes, zone }: GoTime): string {
  const local = new Date((unixSeconds + offsetMinutes * 60) * 1000).toISOString()
  const size = Math.abs(offsetMinutes)
  const offset = `${offsetMinutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}${String(size % 60).padStart(2, '0')}`
  const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`
  return `${local.slice(0, 10)} ${local.slice(11, 19)}${fraction} ${offset} ${zone === '' ? offset : zone}`
}
