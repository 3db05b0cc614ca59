// The Gregorian calendar as arithmetic, for any year (JavaScript's Date has its own bounds).

export type Civil = {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const DAY = 86_400

/** Days since 1970-01-01 of a date; month and day may lie outside their range and carry over. */
export function daysOf(year: number, month: number, day: number): number {
  const y = year + Math.floor((month - 1) / 12)
  const m = ((((month - 1) % 12) + 12) % 12) + 1
  const shifted = m <= 2 ? y - 1 : y
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5)
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear +
    day -
    1 -
    719_468
  )
}

/** Date and time of day of seconds since 1970 in some zone's local time. */
export function civilOf(localSeconds: number): Civil {
  const days = Math.floor(localSeconds / DAY)
  const rest = localSeconds - days * DAY
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const mp = Math.floor((5 * dayOfYear + 2) / 153)
  const month = mp < 10 ? mp + 3 : mp - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
  }
}

export function secondsOf(c: Civil): number {
  return daysOf(c.year, c.month, c.day) * DAY + c.hour * 3600 + c.minute * 60 + c.second
}

export const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

export function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** 0 is Sunday. */
export const weekdayOf = (days: number): number => (((days + 4) % 7) + 7) % 7

/** 1 is the first of January. */
export const yearDayOf = (c: Civil): number => daysOf(c.year, c.month, c.day) - daysOf(c.year, 1, 1) + 1

/** ISO 8601: the year and week (1 to 53) a date belongs to. */
export function isoWeekOf(c: Civil): { readonly year: number; readonly week: number } {
  const days = daysOf(c.year, c.month, c.day)
  const thursday = days + 3 - ((weekdayOf(days) + 6) % 7)
  const at = civilOf(thursday * DAY)
  return { year: at.year, week: Math.floor((yearDayOf(at) - 1) / 7) + 1 }
}
