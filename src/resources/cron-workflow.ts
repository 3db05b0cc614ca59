/** A workflow on a schedule. */
import { ConditionSchema, ObjectMetaSchema, ObjectReferenceSchema } from './meta.ts'
import { type Static, bool, choice, int32, int64, list, object, text, time } from './schema.ts'
import { WorkflowSpecSchema } from './workflow-spec.ts'

export const StopStrategySchema = object('StopStrategy', { expression: text() }, ['expression'])
export type StopStrategy = Static<typeof StopStrategySchema>

export const CronWorkflowSpecSchema = object(
  'CronWorkflowSpec',
  {
    workflowSpec: WorkflowSpecSchema,
    concurrencyPolicy: choice(['Allow', 'Forbid', 'Replace'], 'What happens while an earlier workflow still runs.'),
    suspend: bool('Start nothing while true.'),
    startingDeadlineSeconds: int64('How late a missed start may still happen, in seconds.'),
    successfulJobsHistoryLimit: int32(),
    failedJobsHistoryLimit: int32(),
    timezone: text('IANA name such as `Europe/Berlin`.'),
    workflowMetadata: ObjectMetaSchema,
    stopStrategy: StopStrategySchema,
    schedules: list(text(), 'Cron expressions; each starts a workflow.'),
    when: text('Condition for a start.'),
  },
  ['workflowSpec', 'schedules'],
)
export type CronWorkflowSpec = Static<typeof CronWorkflowSpecSchema>

export const CronWorkflowStatusSchema = object('CronWorkflowStatus', {
  active: list(ObjectReferenceSchema),
  lastScheduledTime: time(),
  conditions: list(ConditionSchema),
  succeeded: int64(),
  failed: int64(),
  phase: text(),
})
export type CronWorkflowStatus = Static<typeof CronWorkflowStatusSchema>

export const CronWorkflowSchema = object(
  'CronWorkflow',
  {
    kind: text(),
    apiVersion: text(),
    metadata: ObjectMetaSchema,
    spec: CronWorkflowSpecSchema,
    status: CronWorkflowStatusSchema,
  },
  ['metadata', 'spec'],
)
export type CronWorkflow = Static<typeof CronWorkflowSchema>
