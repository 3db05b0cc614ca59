/** What a CronWorkflow may have started: each time once, and none beside another where that is forbidden. */
import type { SeenWorkflow } from './history.ts'
import type { Scenario } from './scenario.ts'

const scheduledTime = 'workflows.argoproj.io/scheduled-time'

export function checkCron(all: Iterable<SeenWorkflow>, cron: Scenario['cron'], wrong: string[]): void {
  if (cron === null) return
  const times = new Set<string>()
  const open: string[] = []
  for (const { name, workflow, finished, deleted } of all) {
    const at = workflow.metadata.annotations?.[scheduledTime]
    if (at === undefined) continue
    if (times.has(at)) wrong.push(`the tick of ${at} started two workflows`)
    times.add(at)
    if (!at.endsWith(':00Z')) wrong.push(`a tick at ${at}, which is no full minute`)
    if (!finished && !deleted) open.push(name)
  }
  if (cron.object.spec.concurrencyPolicy === 'Forbid' && open.length > 1)
    wrong.push(`${open.join(' and ')} run at once though that is forbidden`)
}
