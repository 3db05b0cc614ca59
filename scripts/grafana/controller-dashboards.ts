/** Inside the daemon: locks, queues, the loop and the process. */
import { orZero, perSecond, quantiles, stacked, stat, timeseries } from './panel.ts'
import type { DashboardSpec } from './panel.ts'

export const locksAndQueues: DashboardSpec = {
  uid: 'drydock-locks',
  title: 'Drydock: locks and queues',
  about: 'Who waits, for what, and how long.',
  variables: [
    { name: 'lock', label: 'Lock', query: 'label_values(argo_workflows_locks_taken_total, lock_name)', all: true },
  ],
  sections: [
    {
      title: 'Locks',
      panels: [
        stat('Longest wait', 'Of those that wait now.', 's', 'max(drydock_lock_longest_wait_seconds)', { from: 900 }),
        stat('Locks held', 'All holders.', 'short', orZero('sum(argo_workflows_locks_held{lock_name=~"$lock"})')),
        stat('Waiting', 'All waiters.', 'short', orZero('sum(argo_workflows_locks_pending{lock_name=~"$lock"})')),
        stat('Held back', 'Workflows that parallelism does not let begin.', 'short', 'sum(drydock_workflows_held)'),
        stat(
          'Queue lag',
          'Seconds that the oldest key has waited for the loop.',
          's',
          'max(drydock_queue_lag_seconds)',
          { from: 30 },
        ),
        stat('Keys waiting', 'In all queues.', 'short', 'sum(argo_workflows_queue_depth_gauge)'),
        timeseries('Holders', 'By lock.', 'short', {
          expr: 'sum by (lock_name) (argo_workflows_locks_held{lock_name=~"$lock"})',
          legend: '{{lock_name}}',
        }),
        timeseries('Waiters', 'By lock.', 'short', {
          expr: 'sum by (lock_name) (argo_workflows_locks_pending{lock_name=~"$lock"})',
          legend: '{{lock_name}}',
        }),
        timeseries('Taken', 'Locks taken per second.', 'ops', {
          expr: 'sum by (lock_name) (rate(argo_workflows_locks_taken_total{lock_name=~"$lock"}[$__rate_interval]))',
          legend: '{{lock_name}}',
        }),
        timeseries(
          'Wait for a lock, p95',
          'From asking to having it.',
          's',
          ...quantiles('drydock_lock_wait_seconds', 'type'),
        ),
        timeseries('Longest wait now', 'Of those that wait at the moment.', 's', {
          expr: 'max(drydock_lock_longest_wait_seconds)',
          legend: 'longest',
        }),
      ],
    },
    {
      title: 'Queues',
      panels: [
        timeseries('Depth', 'Keys that wait.', 'short', {
          expr: 'sum by (queue_name) (argo_workflows_queue_depth_gauge)',
          legend: '{{queue_name}}',
        }),
        timeseries('Added', 'Keys per second.', 'ops', perSecond('argo_workflows_queue_adds_count', 'queue_name')),
        timeseries(
          'Wait, p95',
          'From being added to being taken.',
          's',
          ...quantiles('argo_workflows_queue_latency', 'queue_name'),
        ),
        timeseries(
          'Work, p95',
          'From being taken to being done.',
          's',
          ...quantiles('argo_workflows_queue_duration', 'queue_name'),
        ),
        timeseries('In work', 'Keys that are being handled, and how long the oldest has been.', 'short', {
          expr: 'sum by (worker_type) (argo_workflows_workers_busy_count)',
          legend: '{{worker_type}}',
        }),
        timeseries('Longest in work', 'Seconds since the oldest was taken.', 's', {
          expr: 'max by (queue_name) (argo_workflows_queue_longest_running)',
          legend: '{{queue_name}}',
        }),
      ],
    },
  ],
}

export const controller: DashboardSpec = {
  uid: 'drydock-controller',
  title: 'Drydock: controller internals',
  about: 'The loop, the process, schedules and settings.',
  sections: [
    {
      title: 'The loop',
      panels: [
        timeseries(
          'Reconcile of one workflow',
          'Commit and effects included.',
          's',
          ...quantiles('argo_workflows_operation_duration_seconds'),
        ),
        timeseries(
          'Deciding',
          'The engine’s time in one turn of the loop.',
          's',
          ...quantiles('drydock_loop_decide_seconds'),
        ),
        timeseries(
          'Turns',
          'Of the loop, per second, and the workflows looked at.',
          'ops',
          { expr: 'sum(rate(drydock_loop_passes_total[$__rate_interval]))', legend: 'turns' },
          { expr: 'sum(rate(drydock_loop_pass_runs_sum[$__rate_interval]))', legend: 'workflows' },
        ),
        timeseries(
          'Event loop lag',
          'How late Node’s loop is; above 0.1 s the process is too busy.',
          's',
          { expr: 'max(nodejs_eventloop_lag_p99_seconds{job="drydock"})', legend: 'p99' },
          { expr: 'max(nodejs_eventloop_lag_mean_seconds{job="drydock"})', legend: 'mean' },
        ),
        timeseries(
          'Errors',
          'Argo’s error causes, per minute. OperationPanic: the engine broke on a workflow.',
          'cpm',
          { expr: '60 * sum by (cause) (rate(argo_workflows_error_count[$__rate_interval]))', legend: '{{cause}}' },
        ),
        timeseries(
          'Live workflows',
          'In memory, and tasks (HTTP, plugins, resources) under way.',
          'short',
          { expr: 'sum(drydock_workflows_live)', legend: 'workflows' },
          { expr: 'sum(drydock_tasks)', legend: 'tasks' },
        ),
      ],
    },
    {
      title: 'The process',
      panels: [
        timeseries('CPU', 'Cores.', 'short', {
          expr: 'sum(rate(process_cpu_seconds_total{job="drydock"}[$__rate_interval]))',
          legend: 'cores',
        }),
        timeseries(
          'Memory',
          'Resident, and JavaScript’s heap.',
          'bytes',
          { expr: 'sum(process_resident_memory_bytes{job="drydock"})', legend: 'resident' },
          { expr: 'sum(nodejs_heap_size_used_bytes{job="drydock"})', legend: 'heap' },
        ),
        timeseries('Open files', 'File descriptors and sockets.', 'short', {
          expr: 'sum(process_open_fds{job="drydock"})',
          legend: 'open',
        }),
        timeseries('Garbage collection', 'Seconds a second.', 'percentunit', {
          expr: 'sum by (kind) (rate(nodejs_gc_duration_seconds_sum{job="drydock"}[$__rate_interval]))',
          legend: '{{kind}}',
        }),
        stacked('Log lines', 'By level.', 'cpm', {
          expr: '60 * sum by (level) (rate(argo_workflows_log_messages[$__rate_interval]))',
          legend: '{{level}}',
        }),
        timeseries('Uptime', 'Since the daemon was started.', 's', {
          expr: 'max(time() - process_start_time_seconds{job="drydock"})',
          legend: 'up',
        }),
      ],
    },
    {
      title: 'Schedules, settings, metrics',
      panels: [
        timeseries(
          'How late cron fires',
          'From the time of a firing until its workflow was made.',
          's',
          ...quantiles('drydock_cron_late_seconds'),
        ),
        timeseries('Settings read anew', 'By outcome, per hour.', 'short', {
          expr: 'sum by (outcome) (increase(drydock_config_reloads_total[1h]))',
          legend: '{{outcome}}',
        }),
        timeseries(
          'Settings that wait',
          'For a restart; and whether those in the file are wrong.',
          'short',
          { expr: 'max(drydock_config_pending_restart)', legend: 'wait for a restart' },
          { expr: 'max(drydock_config_invalid)', legend: 'wrong' },
        ),
        timeseries('Folded series', 'Values recorded as `(other)`: labels that grow without end.', 'cpm', {
          expr: orZero('60 * sum(rate(drydock_series_folded_total[$__rate_interval]))'),
          legend: 'folded',
        }),
        timeseries('Metrics of manifests refused', 'Names, labels or too many series.', 'cpm', {
          expr: '60 * sum(rate(drydock_custom_metrics_refused_total[$__rate_interval]))',
          legend: 'refused',
        }),
        timeseries('Scrape', 'Seconds Prometheus waits for the metrics, and how many series there are.', 's', {
          expr: 'max(scrape_duration_seconds{job="drydock"})',
          legend: 'seconds',
        }),
      ],
    },
  ],
}
