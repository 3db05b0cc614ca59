/** When a CronWorkflow fires, over all its schedules. */
import { nextCronTimes, parseCronSchedule } from '../../expressions/index.ts'
import type { CronWorkflow, Instant } from '../../resources/index.ts'
import { instant, instantOf } from '../../resources/index.ts'

/** A missed time is searched for no further than this many ticks. */
const ticksMax = 200_000

const zoneOf = (cron: CronWorkflow, timezone: string): string => cron.spec.timezone || timezone

/** The next instant after `from`, or `null` if there is none (or no schedule can be read). */
export function nextTick(cron: CronWorkflow, from: Instant, timezone: string): Instant | null {
  let next: number | null = null
  for (const text of cron.spec.schedules ?? []) {
    const schedule = parseCronSchedule(text, zoneOf(cron, timezone))
    const [at] = schedule.ok ? nextCronTimes(schedule.value, new Date(from), 1) : []
    if (at !== undefined && (next === null || at.getTime() < next)) next = at.getTime()
  }
  return next === null ? null : instant(next)
}

/** The latest missed instant of the first schedule that has one within the deadline, or `null`. */
export function missedTick(cron: CronWorkflow, now: Instant, timezone: string): Instant | null {
  const deadlineMs = Number(cron.spec.startingDeadlineSeconds ?? 0) * 1000
  const last = instantOf(cron.status?.lastScheduledTime)
  if (deadlineMs <= 0 || last === null) return null
  for (const text of cron.spec.schedules ?? []) {
    const schedule = parseCronSchedule(text, zoneOf(cron, timezone))
    if (!schedule.ok) continue
    // What is older than the deadline cannot count, but `@every` goes by the last time.
    const from = schedule.value.kind === 'every' ? last : Math.max(last, now - deadlineMs - 60_000)
    let missed: number | null = null
    let at: number = from
    for (let ticks = 0; ticks < ticksMax; ticks += 1) {
      const [next] = nextCronTimes(schedule.value, new Date(at), 1)
      if (next === undefined || next.getTime() >= now) break
      at = next.getTime()
      missed = at
    }
    if (missed !== null && missed > last && now < missed + deadlineMs) return instant(missed)
  }
  return null
}

/** Counted no further: beyond it, it does not matter how many they were. */
const countedMost = 1_000

/** How many times it should have fired after `from` and before `to`. */
export function ticksBetween(cron: CronWorkflow, from: Instant, to: Instant, timezone: string): number {
  let count = 0
  for (let at = nextTick(cron, from, timezone); at !== null && at < to && count < countedMost; count += 1)
    at = nextTick(cron, at, timezone)
  return count
}

/** What the annotation `cronworkflows.argoproj.io/last-used-schedule` holds. */
export function usedSchedule(cron: CronWorkflow): string {
  const { timezone, schedules = [] } = cron.spec
  return schedules.map((schedule) => (timezone ? `CRON_TZ=${timezone} ${schedule}` : schedule)).join(',')
}
