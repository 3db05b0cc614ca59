/**
 * When a schedule fires next. The walk over months, days, hours and minutes is the cron library's, so that the days
 * on which clocks change come out the same: a local time that does not exist is not run, one that occurs twice runs twice.
 */
import { zoneOffsetMs, zonedInstantMs } from '../time-zone.ts'
import type { CronSchedule } from './schedule.ts'

type Fields = Extract<CronSchedule, { readonly kind: 'fields' }>

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** A schedule that does not come within five years never comes (31 February). */
const yearsAhead = 5

/** The next `count` instants after `from`, fewer if there are none. A schedule without zone counts in UTC. */
export function nextCronTimes(schedule: CronSchedule, from: Date, count: number): readonly Date[] {
  const times: Date[] = []
  let at: number | null = from.getTime()
  while (times.length < count) {
    at = nextAfter(schedule, at)
    if (at === null) break
    times.push(new Date(at))
  }
  return times
}

function nextAfter(schedule: CronSchedule, atMs: number): number | null {
  const wholeSecond = Math.floor(atMs / 1000) * 1000
  return schedule.kind === 'every' ? wholeSecond + schedule.delayMs : new Walk(schedule, wholeSecond + 1000).run()
}

/** A place in time, seen on the zone's clock. */
class Walk {
  private readonly schedule: Fields
  private at: number
  private local = new Date(0)
  /** Whether the smaller fields have been set to their beginning. */
  private reset = false

  constructor(schedule: Fields, at: number) {
    this.schedule = schedule
    this.at = at
    this.moveTo(at)
  }

  run(): number | null {
    const lastYear = this.local.getUTCFullYear() + yearsAhead
    while (this.local.getUTCFullYear() <= lastYear) {
      if (this.findMonth() && this.findDay() && this.findHour() && this.findMinute() && this.findSecond())
        return this.at
    }
    return null
  }

  private moveTo(at: number): void {
    this.at = at
    this.local = new Date(at + zoneOffsetMs(this.schedule.zone, at))
  }

  /** To a local time; fields beyond their range carry over. */
  private moveToLocal(month: number, day: number, hour: number, minute: number, second: number): void {
    const local = Date.UTC(this.local.getUTCFullYear(), month, day, hour, minute, second)
    this.moveTo(zonedInstantMs(this.schedule.zone, local))
  }

  private beginWith(set: () => void): void {
    if (this.reset) return
    this.reset = true
    set()
  }

  // Each of these returns false when it passed the end of the larger unit and everything is to be looked at again.

  private findMonth(): boolean {
    while (!this.schedule.month.values.has(this.local.getUTCMonth() + 1)) {
      this.beginWith(() => {
        this.moveToLocal(this.local.getUTCMonth(), 1, 0, 0, 0)
      })
      this.addDate(1, 0)
      if (this.local.getUTCMonth() === 0) return false
    }
    return true
  }

  private findDay(): boolean {
    while (!this.dayMatches()) {
      this.beginWith(() => {
        this.moveToLocal(this.local.getUTCMonth(), this.local.getUTCDate(), 0, 0, 0)
      })
      this.addDate(0, 1)
      const hour = this.local.getUTCHours()
      // Midnight may not exist on that day; back to the hour nearest to it.
      if (hour !== 0) this.moveTo(this.at + (hour > 12 ? 24 - hour : -hour) * hourMs)
      if (this.local.getUTCDate() === 1) return false
    }
    return true
  }

  private findHour(): boolean {
    while (!this.schedule.hour.values.has(this.local.getUTCHours())) {
      this.beginWith(() => {
        this.moveToLocal(this.local.getUTCMonth(), this.local.getUTCDate(), this.local.getUTCHours(), 0, 0)
      })
      this.moveTo(this.at + hourMs)
      if (this.local.getUTCHours() === 0) return false
    }
    return true
  }

  private findMinute(): boolean {
    while (!this.schedule.minute.values.has(this.local.getUTCMinutes())) {
      this.beginWith(() => {
        this.moveTo(Math.floor(this.at / minuteMs) * minuteMs)
      })
      this.moveTo(this.at + minuteMs)
      if (this.local.getUTCMinutes() === 0) return false
    }
    return true
  }

  private findSecond(): boolean {
    const second = this.local.getUTCSeconds()
    if (second === 0) return true
    this.reset = true
    this.moveTo(this.at + (60 - second) * 1000)
    return false
  }

  private addDate(months: number, days: number): void {
    const { local } = this
    this.moveToLocal(
      local.getUTCMonth() + months,
      local.getUTCDate() + days,
      local.getUTCHours(),
      local.getUTCMinutes(),
      local.getUTCSeconds(),
    )
  }

  /** If both day fields are restricted, either may match. */
  private dayMatches(): boolean {
    const { dayOfMonth, dayOfWeek } = this.schedule
    const inMonth = dayOfMonth.values.has(this.local.getUTCDate())
    const inWeek = dayOfWeek.values.has(this.local.getUTCDay())
    return dayOfMonth.any || dayOfWeek.any ? inMonth && inWeek : inMonth || inWeek
  }
}
