/** CronWorkflows as `argo cron list` and `argo cron get` print them; the next time is computed here. */
import { nextCronTime } from './next-cron-time.ts'
import type { CronWorkflow } from '../../resources/index.ts'
import { shortDuration, timestamp } from './duration-text.ts'
import { tableText } from './table.ts'

const schedulesOf = ({ spec }: CronWorkflow): readonly string[] => spec.schedules ?? []

export function cronListText(crons: readonly CronWorkflow[], nowMs: number, namespaces: boolean): string {
  const headings = [
    ...(namespaces ? ['NAMESPACE'] : []),
    'NAME',
    'AGE',
    'LAST RUN',
    'NEXT RUN',
    'SCHEDULES',
    'TIMEZONE',
    'SUSPENDED',
  ]
  const rows = crons.map((cron) => {
    const { metadata, spec, status } = cron
    const next = spec.suspend === true ? null : nextCronTime(schedulesOf(cron), spec.timezone ?? '', nowMs)
    return [
      ...(namespaces ? [metadata.namespace ?? ''] : []),
      metadata.name ?? '',
      metadata.creationTimestamp ? shortDuration(nowMs - Date.parse(metadata.creationTimestamp)) : 'N/A',
      status?.lastScheduledTime ? shortDuration(nowMs - Date.parse(status.lastScheduledTime)) : 'N/A',
      next === null ? 'N/A' : shortDuration(next - nowMs),
      schedulesOf(cron).join(','),
      spec.timezone ?? '',
      String(spec.suspend ?? false),
    ]
  })
  return tableText([headings, ...rows])
}

export function cronText(cron: CronWorkflow, nowMs: number): string {
  const { metadata, spec, status } = cron
  const next = nextCronTime(schedulesOf(cron), spec.timezone ?? '', nowMs)
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Created', metadata.creationTimestamp ? timestamp(metadata.creationTimestamp, nowMs) : undefined],
    ['Schedules', schedulesOf(cron).join(',')],
    ['Suspended', String(spec.suspend ?? false)],
    ['Timezone', spec.timezone],
    [
      'StartingDeadlineSeconds',
      spec.startingDeadlineSeconds === undefined ? undefined : String(spec.startingDeadlineSeconds),
    ],
    ['ConcurrencyPolicy', spec.concurrencyPolicy],
    ['LastScheduledTime', status?.lastScheduledTime ? timestamp(status.lastScheduledTime, nowMs) : undefined],
    ['NextScheduledTime', next === null ? undefined : `${new Date(next).toISOString().slice(0, 19)}Z`],
    ['Active Workflows', (status?.active ?? []).map(({ name }) => name ?? '').join(', ')],
    ['Conditions', (status?.conditions ?? []).map(({ type, message }) => `${type ?? ''} ${message ?? ''}`).join('; ')],
  ]
  return lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value]) => `${`${label}:`.padEnd(30)} ${value ?? ''}\n`)
    .join('')
}
