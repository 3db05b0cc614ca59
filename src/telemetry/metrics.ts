/** Records what the controller measures, under Argo's names and ours; writes it out as Prometheus wants it. */
import { collectDefaultMetrics } from 'prom-client'
import type { Log, QueueName, Telemetry } from '../controller/telemetry.ts'
import { CustomMetrics } from './custom-metrics.ts'
import type { CountedLevel } from './logger.ts'
import { MetricTable } from './registry.ts'
import type { Labels, Modifiers } from './registry.ts'
import { WorkInProgress } from './work-in-progress.ts'

/** What is read at scrape time, from whoever knows; what nobody knows is left out. */
export type Readings = {
  readonly workflowPhases?: () => Promise<ReadonlyMap<string, number>>
  readonly podPhases?: () => ReadonlyMap<string, number>
  readonly workflowsWithRunningPods?: () => number
  readonly locks?: () => readonly { readonly labels: Labels; readonly held: number; readonly pending: number }[]
  readonly storeBytes?: () => Promise<number>
  readonly resourceVersion?: () => number
  readonly ready?: () => boolean
  readonly sourceFiles?: () => ReadonlyMap<string, number>
}

export type MetricsOptions = {
  readonly version: Readonly<Record<string, string>>
  readonly modifiers?: Modifiers
  readonly customTtlMs?: number
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
  read(readings: Readings): void
  text(): Promise<string>
}

const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Error'] as const
const queues: readonly QueueName[] = ['workflow_queue', 'cron_wf_queue', 'pod_cleanup_queue', 'workflow_ttl_queue']

export function openMetrics(options: MetricsOptions): Metrics {
  const table = new MetricTable(options.modifiers)
  const custom = new CustomMetrics(options.customTtlMs ?? 0, options.modifiers)
  const nowMs = options.nowMs ?? Date.now
  const inHand = new Map(queues.map((queue) => [queue, new WorkInProgress()]))
  let readings: Readings = {}
  if (options.process !== false) collectDefaultMetrics({ register: table.registry })
  zeroes(table, options.version)

  return {
    monotonicMs: () => performance.now(),
    queueAdded: (queue) => table.add('queue_adds_count', { queue_name: queue }),
    queueRetried: (queue) => table.add('queue_retries', { queue_name: queue }),
    queueDepth: (queue, depth) => table.set('queue_depth_gauge', depth, { queue_name: queue }),
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
    cronTriggered: (namespace, name) => table.add('cronworkflows_triggered_total', { name, namespace }),
    cronPolicyApplied: (namespace, name, policy) =>
      table.add('cronworkflows_concurrencypolicy_triggered', { name, namespace, concurrency_policy: policy }),
    errorCounted: (cause) => table.add('error_count', { cause }),
    customMetric: (emission, { uid, namespace, name }) => {
      const problem = custom.record(emission, uid, nowMs())
      if (problem !== null) options.log.error({ namespace, workflow: name, metric: emission.name }, problem)
    },
    customMetricsEnded: (workflow, node, at) => custom.end(workflow, node, at),
    workflowDeleted: (workflow) => custom.forget(workflow),

    counted: (level) => table.add('log_messages', { level }),
    dockerCall: ({ verb, status, ms }) => {
      table.add('docker_calls_total', { verb, status: String(status) })
      table.observe('docker_call_seconds', ms / 1000, { verb })
    },
    artifactMoved: (direction, bytes) => table.add('artifact_bytes_total', { direction }, bytes),
    artifactOperation: (operation, outcome) => table.add('artifact_operations_total', { operation, outcome }),
    read: (more) => {
      readings = { ...readings, ...more }
    },
    async text() {
      for (const [queue, work] of inHand) readQueue(table, queue, work)
      await takeReadings(table, readings)
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
  table.set('is_leader', 1)
  table.add('version', version)
}

function readQueue(table: MetricTable, queue: QueueName, work: WorkInProgress): void {
  const now = performance.now()
  table.set('queue_longest_running', work.oldestMs(now) / 1000, { queue_name: queue })
  table.set('queue_unfinished_work', work.sumMs(now) / 1000, { queue_name: queue })
  table.set('workers_busy_count', work.count, { worker_type: queue })
}

async function takeReadings(table: MetricTable, readings: Readings): Promise<void> {
  const counts = await readings.workflowPhases?.()
  for (const phase of counts === undefined ? [] : phases) {
    table.set('gauge', counts?.get(phase) ?? 0, { phase })
    table.set('count', counts?.get(phase) ?? 0, { status: phase })
  }
  const pods = readings.podPhases?.()
  for (const phase of pods === undefined ? [] : (['Pending', 'Running'] as const))
    table.set('pods_gauge', pods?.get(phase) ?? 0, { phase })
  const withPods = readings.workflowsWithRunningPods?.()
  if (withPods !== undefined) table.set('workflow_condition', withPods, { type: 'PodRunning', status: 'True' })
  for (const name of ['locks_held', 'locks_pending', 'source_files'] as const) table.clear(name)
  for (const { labels, held, pending } of readings.locks?.() ?? []) {
    table.set('locks_held', held, labels)
    table.set('locks_pending', pending, labels)
  }
  for (const [state, count] of readings.sourceFiles?.() ?? []) table.set('source_files', count, { state })
  const bytes = await readings.storeBytes?.()
  if (bytes !== undefined) table.set('store_bytes', bytes)
  const ready = readings.ready?.()
  if (ready !== undefined) table.set('ready', ready ? 1 : 0)
  const version = readings.resourceVersion?.()
  if (version !== undefined) table.set('store_resource_version', version)
}
