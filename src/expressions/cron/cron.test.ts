import { describe, expect, it } from 'vitest'
import { evaluateCronWorkflowWhen } from './cron-when.ts'
import { nextCronTimes } from './next.ts'
import { cronScheduleFault, parseCronSchedule } from './schedule.ts'

function next(text: string, zone: string, from: string, count: number): readonly string[] {
  const schedule = parseCronSchedule(text, zone)
  if (!schedule.ok) throw new Error(schedule.error)
  return nextCronTimes(schedule.value, new Date(from), count).map((at) => at.toISOString())
}

describe('a schedule', () => {
  it.each([
    ['*/20 * * * *', '', '2024-01-01T00:05:30Z', ['2024-01-01T00:20:00.000Z', '2024-01-01T00:40:00.000Z']],
    ['0 0 1,15 * mon', '', '2024-01-02T00:00:00Z', ['2024-01-08T00:00:00.000Z', '2024-01-15T00:00:00.000Z']],
    ['@every 90s', '', '2024-01-01T00:00:00.500Z', ['2024-01-01T00:01:30.000Z', '2024-01-01T00:03:00.000Z']],
    ['0 9 * * *', 'Asia/Tokyo', '2024-01-01T00:00:00Z', ['2024-01-02T00:00:00.000Z', '2024-01-03T00:00:00.000Z']],
  ])('%s in zone "%s" fires at the right times', (text, zone, from, times) => {
    expect(next(text, zone, from, 2)).toEqual(times)
  })

  it('does not run at a local time that the day does not have', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2024-03-30T12:00:00Z', 1)).toEqual(['2024-04-01T00:30:00.000Z'])
  })

  it('runs twice at a local time that the day has twice', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2024-10-26T12:00:00Z', 2)).toEqual([
      '2024-10-27T00:30:00.000Z',
      '2024-10-27T01:30:00.000Z',
    ])
  })

  it('that never comes has no times', () => {
    expect(next('0 0 31 2 *', '', '2024-01-01T00:00:00Z', 1)).toEqual([])
  })

  it.each([
    ['* * * *', 'cron schedule * * * * is malformed: expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'cron schedule 60 * * * * is malformed: end of range (60) above maximum (59): 60'],
    ['* * * * *', null],
  ])('%s has the fault %s', (text, fault) => {
    expect(cronScheduleFault(text)).toBe(fault)
  })
})

it('a when of a CronWorkflow has its tags replaced first', () => {
  const cron = { name: 'nightly', namespace: 'default', failed: 3, succeeded: 1 }
  expect(evaluateCronWorkflowWhen('{{=cronworkflow.failed > 2}}', cron)).toEqual({ ok: true, value: true })
  expect(evaluateCronWorkflowWhen('{{cronworkflow.failed}} > 2', cron)).toMatchObject({ ok: false })
})
