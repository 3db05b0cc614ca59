/** `drydock cron backfill`: what a CronWorkflow would have done in a time that is over. */
import type { Command } from 'commander'
import { UserError } from '../../resources/index.ts'
import type { CronWorkflow } from '../../resources/index.ts'
import { ApiRefusal } from '../client.ts'
import { backfillMonitors, rfc1123, scheduledTimes, timeFrom } from '../cron-backfill.ts'
import { waitForAll } from '../follow.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { createWorkflow } from '../workflows-api.ts'

type Flags = {
  readonly start: string
  readonly end: string
  readonly name: string
  readonly parallel?: boolean
  readonly argname: string
  readonly format: string
  readonly maxworkflowcount: string
  readonly wait?: boolean
}

export function registerBackfill(cron: Command): void {
  cron
    .command('backfill')
    .description(
      'start a workflow for each time that a cron workflow would have fired in between; repeating it doubles nothing',
    )
    .argument('<cronworkflow>')
    .requiredOption('--start <time>', 'the first time, RFC 3339 or as --format says')
    .requiredOption('--end <time>', 'the last time')
    .option('--name <name>', 'tells backfills of the same times apart', '')
    .option('--parallel', 'all at once instead of one after the other')
    .option('--argname <name>', 'parameter that gets the scheduled time', 'cronScheduleTime')
    .option('--format <layout>', 'how Go would write that time', rfc1123)
    .option('--maxworkflowcount <n>', 'workflows that one monitor makes', '1000')
    .option('-w, --wait', 'wait for the end; exit code 1 unless all succeeded')
    .action(async (name: string, flags: Flags, command: Command) => {
      await backfill(contextOf(command), name, flags)
    })
}

async function backfill(context: Context, cronName: string, flags: Flags): Promise<void> {
  const [startMs, endMs] = [timeFrom(flags.start, flags.format), timeFrom(flags.end, flags.format)]
  if (endMs < startMs) throw new UserError('BAD_RANGE', 'the end lies before the start')
  const workflowsMax = Number(flags.maxworkflowcount)
  if (!Number.isInteger(workflowsMax) || workflowsMax < 1)
    throw new UserError('BAD_FLAG', `--maxworkflowcount must be a number above 0, got ${flags.maxworkflowcount}`)
  const { namespace, api, say } = context
  const cron = await api.call<CronWorkflow>(
    'GET',
    `/api/v1/cron-workflows/${namespace}/${encodeURIComponent(cronName)}`,
  )
  const times = scheduledTimes(cron, { startMs, endMs })
  if (times.length === 0) return say(`CronWorkflow '${cronName}' has no scheduled times in between`)
  const { name, argname: argumentName, format, parallel = false } = flags
  const options = { name, startMs, endMs, parallel, argumentName, format, workflowsMax }
  const monitors = backfillMonitors(cron, times, options)
  say(`CronWorkflow '${cronName}': ${times.length} scheduled times`)
  for (const monitor of monitors) {
    const own = monitor.metadata.name ?? ''
    try {
      await createWorkflow(api, namespace, monitor, false)
      say(`workflow ${own} created`)
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status !== 409) throw error
      say(`workflow ${own} is there already`)
    }
  }
  const names = monitors.map(({ metadata }) => metadata.name ?? '')
  if (flags.wait === true && !(await waitForAll(context, names, false))) process.exitCode = 1
}
