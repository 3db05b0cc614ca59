/** What the controller tells its watchers: log lines and measurements. The telemetry room implements both. */
import type { MetricEmission } from '../engine/decision.ts'
import type { Instant, WorkflowUid } from '../resources/index.ts'

/** `workflow`, `namespace`, `node`, `pod` and the like stand in fields of these names. Never a secret. */
export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  debug(fields: LogFields, text: string): void
  info(fields: LogFields, text: string): void
  warn(fields: LogFields, text: string): void
  error(fields: LogFields, text: string): void
}

/** Argo's queue names. */
export type QueueName = 'workflow_queue' | 'cron_wf_queue' | 'pod_cleanup_queue' | 'workflow_ttl_queue'

export type PassMeasurement = {
  /** Runs that were looked at in this turn of the loop. */
  readonly runs: number
  readonly decideMs: number
}

export interface Telemetry {
  /** Monotonic milliseconds with fractions; only differences mean something. */
  monotonicMs(): number
  queueAdded(queue: QueueName): void
  queueRetried(queue: QueueName): void
  queueDepth(queue: QueueName, depth: number): void
  queueWaited(queue: QueueName, seconds: number): void
  queueWorked(queue: QueueName, seconds: number): void
  loopPassed(pass: PassMeasurement): void
  /** One reconcile of one workflow, commit and effects included. */
  operationTook(seconds: number): void
  committed(ms: number, changes: number): void
  commitFailed(code: string): void
  /** From the report that a container has ended to the first call that starts a successor: the controller's own time. */
  stepFollowed(ms: number): void
  workflowPhase(
    namespace: string,
    phase: string,
    template: { readonly name: string; readonly clusterScope: boolean } | null,
  ): void
  workflowEnded(
    seconds: number,
    namespace: string,
    template: { readonly name: string; readonly clusterScope: boolean } | null,
  ): void
  podPhase(namespace: string, phase: string, count: number): void
  podPending(namespace: string, reason: string): void
  podMissing(nodePhase: string, recentlyStarted: boolean): void
  lockTaken(lock: {
    readonly name: string
    readonly mutex: boolean
    readonly storage: 'configmap' | 'database'
    readonly namespace: string
  }): void
  /** From the moment a holder had to wait for a lock until it has it; 0 where it was free. */
  lockWaited(seconds: number, mutex: boolean): void
  cronTriggered(namespace: string, name: string): void
  /** A firing that took place, so many seconds after its time. */
  cronLate(seconds: number): void
  /** Firings that did not take place: nobody was there at their time, or the workflow could not be made. */
  cronMissed(namespace: string, name: string, count: number): void
  /** Admission said no to an object of that kind. */
  manifestRefused(kind: string): void
  cronPolicyApplied(namespace: string, name: string, policy: 'Forbid' | 'Replace'): void
  errorCounted(cause: 'OperationPanic' | 'CronWorkflowSubmissionError' | 'CronWorkflowSpecError'): void
  /** A metric of a spec. Realtime ones end with `ended` or when the workflow is deleted. */
  customMetric(
    emission: MetricEmission,
    workflow: { readonly uid: WorkflowUid; readonly namespace: string; readonly name: string },
  ): void
  customMetricsEnded(workflow: WorkflowUid, node: string | null, at: Instant): void
  workflowDeleted(workflow: WorkflowUid): void
  /** Finished workflows that left the hot tables (how long one took), archived ones whose time was over. */
  workflowsArchived(told: { readonly moved?: number; readonly seconds?: number; readonly purged?: number }): void
}

const ignore = (): void => {}

export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore }

export const silentTelemetry: Telemetry = {
  monotonicMs: () => performance.now(),
  queueAdded: ignore,
  queueRetried: ignore,
  queueDepth: ignore,
  queueWaited: ignore,
  queueWorked: ignore,
  loopPassed: ignore,
  operationTook: ignore,
  committed: ignore,
  commitFailed: ignore,
  stepFollowed: ignore,
  workflowPhase: ignore,
  workflowEnded: ignore,
  podPhase: ignore,
  podPending: ignore,
  podMissing: ignore,
  lockTaken: ignore,
  lockWaited: ignore,
  cronTriggered: ignore,
  cronLate: ignore,
  cronMissed: ignore,
  manifestRefused: ignore,
  cronPolicyApplied: ignore,
  errorCounted: ignore,
  customMetric: ignore,
  customMetricsEnded: ignore,
  workflowDeleted: ignore,
  workflowsArchived: ignore,
}
