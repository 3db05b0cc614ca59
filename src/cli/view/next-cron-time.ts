/** When a cron workflow fires next. */
import { nextCronTimes, parseCronSchedule } from '../../expressions/index.ts'

/** The earliest of all schedules, in milliseconds since 1970; `null` where none comes or none can be read. */
export function nextCronTime(schedules: readonly string[], timezone: string, nowMs: number): number | null {
  const times = schedules.flatMap((text) => {
    const schedule = parseCronSchedule(text, timezone === '' ? undefined : timezone)
    return schedule.ok ? nextCronTimes(schedule.value, new Date(nowMs), 1).map((at) => at.getTime()) : []
  })
  return times.length === 0 ? null : Math.min(...times)
}
