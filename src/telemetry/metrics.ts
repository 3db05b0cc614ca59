/** Records what the controller measures, under Argo's names and ours; writes it out as Prometheus wants it. */
import { collectDefaultMetrics } from 'prom-client'
import type { Log, QueueName, Telemetry } from '../controller/telemetry.ts'
import { CustomMetrics } from './custom-metrics.ts'
import type { CountedLevel } from './logger.ts'
import { MetricTable } from './registry.ts'
import type { Labels } from './label-limit.ts'
import type { Modifiers } from './registry.ts'
import { phases, takeReadings } from './readings.ts'
import type { Readings } from './readings.ts'
import { WorkInProgress } from './work-in-progress.ts'

export type MetricsOptions = {
  readonly version: Readonly<Record<string, string>>
  readonly modifiers?: Modifiers
  readonly customTtlMs?: number
  /** Whose series are there from the start, so that the first workflow that fails is an increase. */
  readonly namespace?: string
  readonly log: Log
  readonly nowMs?: () => number
  /** Whether those of the process (memory, event loop) are collected too. */
  readonly process?: boolean
}

export type Metrics = Telemetry & {
  counted(level: CountedLevel): void
  dockerCall(call: { readonly verb: string; readonly status: number; readonly ms: number }): void
  artifactMoved(direction: 'read' | 'written', bytes: number): void
  artifactOperation(operation: string, outcome: 'ok' | 'failed'): void
  storeOperation(call: { readonly operation: string; readonly seconds: number; readonly code: string | null }): void
  configReloaded(outcome: 'applied' | 'unchanged' | 'invalid'): void
  read(readings: Readings): void
  text(): Promise<string>
}

const queues: readonly QueueName[] = ['workflow_queue', 'cron_wf_queue', 'pod_cleanup_queue', 'workflow_ttl_queue']

export function openMetrics(options: MetricsOptions): Metrics {
  const table = new MetricTable(options.modifiers)
  const custom = new CustomMetrics(options.customTtlMs ?? 0, options.modifiers)
  const nowMs = options.nowMs ?? Date.now
  const inHand = new Map(queues.map((queue) => [queue, new WorkInProgress()]))
  // Both change with every pod, and are asked for now and then.
  const depths = new Map<QueueName, number>()
  const added = new Map<QueueName, number>()
  let readings: Readings = {}
  if (options.process !== false) collectDefaultMetrics({ register: table.registry })
  zeroes(table, options.version)
  for (const phase of options.namespace === undefined ? [] : phases)
    table.add('total_count', { phase, namespace: options.namespace ?? '' }, 0)

  return {
    monotonicMs: () => performance.now(),
    queueAdded: (queue) => void added.set(queue, (added.get(queue) ?? 0) + 1),
    queueRetried: (queue) => table.add('queue_retries', { queue_name: queue }),
    queueDepth: (queue, depth) => void depths.set(queue, depth),
    queueWaited: (queue, seconds) => {
      inHand.get(queue)?.taken(performance.now())
      table.observe('queue_latency', seconds, { queue_name: queue })
    },
    queueWorked: (queue, seconds) => {
      inHand.get(queue)?.done(performance.now(), seconds * 1000)
      table.observe('queue_duration', seconds, { queue_name: queue })
    },
    loopPassed: ({ runs, decideMs }) => {
      table.add('loop_passes_total')
      table.observe('loop_pass_runs', runs)
      table.observe('loop_decide_seconds', decideMs / 1000)
    },
    operationTook: (seconds) => table.observe('operation_duration_seconds', seconds),
    committed: (ms, changes) => {
      table.observe('commit_seconds', ms / 1000)
      table.add('commit_changes_total', {}, changes)
    },
    commitFailed: (code) => table.add('commit_failures_total', { code }),
    stepFollowed: (ms) => table.observe('step_follow_seconds', ms / 1000),
    workflowPhase: (namespace, phase, template) => {
      table.add('total_count', { phase, namespace })
      if (template !== null)
        table.add('workflowtemplate_triggered_total', { ...templateLabels(template, namespace), phase })
    },
    workflowEnded: (seconds, namespace, template) => {
      if (template !== null) table.observe('workflowtemplate_runtime', seconds, templateLabels(template, namespace))
    },
    podPhase: (namespace, phase, count) => table.add('pods_total_count', { phase, namespace }, count),
    podPending: (namespace, reason) => table.add('pod_pending_count', { reason, namespace }),
    podMissing: (nodePhase, recentlyStarted) =>
      table.add('pod_missing', { node_phase: nodePhase, recently_started: String(recentlyStarted) }),
    lockTaken: ({ name, mutex, storage, namespace }) =>
      table.add('locks_taken_total', { type: mutex ? 'mutex' : 'semaphore', storage, lock_name: name, namespace }),
    lockWaited: (seconds, mutex) =>
      table.observe('lock_wait_seconds', seconds, { type: mutex ? 'mutex' : 'semaphore' }),
    cronLate: (seconds) => table.observe('cron_late_seconds', seconds),
    cronMissed: (namespace, name, count) => table.add('cron_missed_total', { name, namespace }, count),
    manifestRefused: (kind) => table.add('manifests_refused_total', { kind }),
    cronTriggered: (namespace, name) => table.add('cronworkflows_triggered_total', { name, namespace }),
    cronPolicyApplied: (namespace, name, policy) =>
      table.add('cronworkflows_concurrencypolicy_triggered', { name, namespace, concurrency_policy: policy }),
    errorCounted: (cause) => table.add('error_count', { cause }),
    customMetric: (emission, { uid, namespace, name }) => {
      const problem = custom.record(emission, uid, nowMs())
      if (problem === null) return
      table.add('custom_metrics_refused_total')
      options.log.error({ namespace, workflow: name, uid, metric: emission.name }, problem)
    },
    customMetricsEnded: (workflow, node, at) => custom.end(workflow, node, at),
    workflowDeleted: (workflow) => custom.forget(workflow),
    workflowsArchived: ({ moved = 0, seconds, purged = 0 }) => {
      if (moved > 0) table.add('archive_moved_total', {}, moved)
      if (seconds !== undefined) table.observe('archive_move_seconds', seconds)
      if (purged > 0) table.add('archive_purged_total', {}, purged)
    },

    counted: (level) => table.add('log_messages', { level }),
    dockerCall: ({ verb, status, ms }) => {
      table.add('docker_calls_total', { verb, status: String(status) })
      table.observe('docker_call_seconds', ms / 1000, { verb })
    },
    artifactMoved: (direction, bytes) => table.add('artifact_bytes_total', { direction }, bytes),
    artifactOperation: (operation, outcome) => table.add('artifact_operations_total', { operation, outcome }),
    storeOperation: ({ operation, seconds, code }) => {
      table.observe('store_operation_seconds', seconds, { operation })
      if (code !== null) table.add('store_failures_total', { code })
    },
    configReloaded: (outcome) => table.add('config_reloads_total', { outcome }),
    read: (more) => {
      readings = { ...readings, ...more }
    },
    async text() {
      for (const [queue, work] of inHand) readQueue(table, queue, work)
      for (const [queue, depth] of depths) table.set('queue_depth_gauge', depth, { queue_name: queue })
      for (const [queue, count] of added) table.add('queue_adds_count', { queue_name: queue }, count)
      added.clear()
      await takeReadings(table, readings, options.log)
      return `${await table.registry.metrics()}${custom.text(nowMs())}`
    },
  }
}

const templateLabels = (
  { name, clusterScope }: { readonly name: string; readonly clusterScope: boolean },
  namespace: string,
): Labels => ({
  name,
  namespace,
  cluster_scope: String(clusterScope),
})

/** Series that Argo shows before anything has happened. */
function zeroes(table: MetricTable, version: Readonly<Record<string, string>>): void {
  for (const cause of ['OperationPanic', 'CronWorkflowSubmissionError', 'CronWorkflowSpecError'])
    table.add('error_count', { cause }, 0)
  for (const level of ['debug', 'info', 'warning', 'error']) table.add('log_messages', { level }, 0)
  for (const queue of queues) table.set('queue_depth_gauge', 0, { queue_name: queue })
  for (const outcome of ['applied', 'unchanged', 'invalid']) table.add('config_reloads_total', { outcome }, 0)
  for (const name of ['loop_passes_total', 'commit_changes_total', 'custom_metrics_refused_total'])
    table.add(name, {}, 0)
  for (const direction of ['read', 'written']) table.add('artifact_bytes_total', { direction }, 0)
  table.set('is_leader', 1)
  table.add('version', version)
}

function readQueue(table: MetricTable, queue: QueueName, work: WorkInProgress): void {
  const now = performance.now()
  table.set('queue_longest_running', work.oldestMs(now) / 1000, { queue_name: queue })
  table.set('queue_unfinished_work', work.sumMs(now) / 1000, { queue_name: queue })
  table.set('workers_busy_count', work.count, { worker_type: queue })
}
