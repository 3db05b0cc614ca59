/** A workflow on a schedule. */
import { ConditionSchema, ObjectMetaSchema, ObjectReferenceSchema } from './meta.ts'
import { type Static, bool, choice, int32, int64, list, object, text, time } from './schema.ts'
import { WorkflowSpecSchema } from './workflow-spec.ts'

export const StopStrategySchema = object('StopStrategy', { expression: text() }, {})
export type StopStrategy = Static<typeof StopStrategySchema>

export const CronWorkflowSpecSchema = object(
  'CronWorkflowSpec',
  { schedules: list(text(), 'Cron expressions; each starts a workflow.'), workflowSpec: WorkflowSpecSchema },
  {
    concurrencyPolicy: choice(['Allow', 'Forbid', 'Replace'], 'What happens while an earlier workflow still runs.'),
    failedJobsHistoryLimit: int32(),
    startingDeadlineSeconds: int64('How late a missed start may still happen, in seconds.'),
    stopStrategy: StopStrategySchema,
    successfulJobsHistoryLimit: int32(),
    suspend: bool('Start nothing while true.'),
    timezone: text('IANA name such as `Europe/Berlin`.'),
    when: text('Condition for a start.'),
    workflowMetadata: ObjectMetaSchema,
  },
)
export type CronWorkflowSpec = Static<typeof CronWorkflowSpecSchema>

export const CronWorkflowStatusSchema = object(
  'CronWorkflowStatus',
  {},
  {
    active: list(ObjectReferenceSchema),
    conditions: list(ConditionSchema),
    failed: int64(),
    lastScheduledTime: time(),
    phase: text(),
    succeeded: int64(),
  },
)
export type CronWorkflowStatus = Static<typeof CronWorkflowStatusSchema>

export const CronWorkflowSchema = object(
  'CronWorkflow',
  { metadata: ObjectMetaSchema, spec: CronWorkflowSpecSchema },
  { apiVersion: text(), kind: text(), status: CronWorkflowStatusSchema },
)
export type CronWorkflow = Static<typeof CronWorkflowSchema>
