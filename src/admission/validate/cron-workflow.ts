/** A CronWorkflow: its schedules, and its workflow checked as one that is created. */
import { cronScheduleFault, isKnownZone } from '../../expressions/index.ts'
import type { CronWorkflow } from '../../resources/index.ts'
import { type Fault, fault } from './fault.ts'
import { type SpecOptions, specFaults } from './workflow.ts'

const maxNameLength = 52
const policies = ['', 'Allow', 'Forbid', 'Replace']
const scheduledTime = 'workflows.argoproj.io/scheduled-time'

export function* cronWorkflowFaults(cron: CronWorkflow, options: Omit<SpecOptions, 'mayLackValues'>): Generator<Fault> {
  const own = cronFault(cron)
  if (own) yield own
  const { metadata, spec } = cron
  const faults = specFaults(
    {
      metadata: {
        labels: spec.workflowMetadata?.labels,
        annotations: { ...spec.workflowMetadata?.annotations, [scheduledTime]: '' },
      },
      spec: spec.workflowSpec,
      place: ['spec', 'workflowSpec'],
      namespace: metadata.namespace ?? '',
      isTemplate: false,
    },
    { ...options, mayLackValues: false },
  )
  for (const found of faults) yield { ...found, message: `cannot validate Workflow: ${found.message}` }
}

function cronFault({ metadata, spec }: CronWorkflow): Fault | null {
  const name = metadata.name ?? ''
  if (Buffer.byteLength(name) > maxNameLength) {
    const words = `must not be more than ${maxNameLength} characters long (currently ${Buffer.byteLength(name)})`
    return fault(`cron workflow name "${name}" ${words}`, ['metadata', 'name'])
  }
  if (spec.schedules.length === 0) return fault('cron workflow must have at least one schedule', ['spec'])
  for (const [index, schedule] of spec.schedules.entries()) {
    const wrong = cronScheduleFault(schedule)
    if (wrong !== null) return fault(wrong, ['spec', 'schedules', index])
  }
  const { timezone = '', concurrencyPolicy = '', startingDeadlineSeconds = 0 } = spec
  if (timezone !== '' && !isKnownZone(timezone)) {
    return fault(`invalid timezone "${timezone}": unknown time zone ${timezone}`, ['spec', 'timezone'])
  }
  if (!policies.includes(concurrencyPolicy)) {
    return fault(`'${concurrencyPolicy}' is not a valid concurrencyPolicy`, ['spec', 'concurrencyPolicy'])
  }
  if (startingDeadlineSeconds < 0) {
    return fault('startingDeadlineSeconds must be positive', ['spec', 'startingDeadlineSeconds'])
  }
  return null
}
