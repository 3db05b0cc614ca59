/** Inside the daemon: locks, queues, the loop and the process. */
import { line, maxBy, orZero, perMinute, perSecond, quantiles, stacked, stat, sumBy, timeseries } from './panel.ts'
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
        timeseries('Holders', 'By lock.', 'short', [
          sumBy('lock_name', 'argo_workflows_locks_held{lock_name=~"$lock"}'),
        ]),
        timeseries('Waiters', 'By lock.', 'short', [
          sumBy('lock_name', 'argo_workflows_locks_pending{lock_name=~"$lock"}'),
        ]),
        timeseries('Taken', 'Locks taken per second.', 'ops', [
          perSecond('argo_workflows_locks_taken_total{lock_name=~"$lock"}', 'lock_name'),
        ]),
        timeseries(
          'Wait for a lock, p95',
          'From asking to having it.',
          's',
          quantiles('drydock_lock_wait_seconds', 'type'),
        ),
        timeseries('Longest wait now', 'Of those that wait at the moment.', 's', [
          line('longest', 'max(drydock_lock_longest_wait_seconds)'),
        ]),
      ],
    },
    {
      title: 'Queues',
      panels: [
        timeseries('Depth', 'Keys that wait.', 'short', [sumBy('queue_name', 'argo_workflows_queue_depth_gauge')]),
        timeseries('Added', 'Keys per second.', 'ops', [perSecond('argo_workflows_queue_adds_count', 'queue_name')]),
        timeseries(
          'Wait, p95',
          'From being added to being taken.',
          's',
          quantiles('argo_workflows_queue_latency', 'queue_name'),
        ),
        timeseries(
          'Work, p95',
          'From being taken to being done.',
          's',
          quantiles('argo_workflows_queue_duration', 'queue_name'),
        ),
        timeseries('In work', 'Keys that are being handled, and how long the oldest has been.', 'short', [
          sumBy('worker_type', 'argo_workflows_workers_busy_count'),
        ]),
        timeseries('Longest in work', 'Seconds since the oldest was taken.', 's', [
          maxBy('queue_name', 'argo_workflows_queue_longest_running'),
        ]),
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
          quantiles('argo_workflows_operation_duration_seconds'),
        ),
        timeseries(
          'Deciding',
          'The engine’s time in one turn of the loop.',
          's',
          quantiles('drydock_loop_decide_seconds'),
        ),
        timeseries('Turns', 'Of the loop, per second, and the workflows looked at.', 'ops', [
          line('turns', 'sum(rate(drydock_loop_passes_total[$__rate_interval]))'),
          line('workflows', 'sum(rate(drydock_loop_pass_runs_sum[$__rate_interval]))'),
        ]),
        timeseries('Event loop lag', 'How late Node’s loop is; above 0.1 s the process is too busy.', 's', [
          line('p99', 'max(nodejs_eventloop_lag_p99_seconds{job="drydock"})'),
          line('mean', 'max(nodejs_eventloop_lag_mean_seconds{job="drydock"})'),
        ]),
        timeseries(
          'Errors',
          'Argo’s error causes, per minute. OperationPanic: the engine broke on a workflow.',
          'cpm',
          [perMinute('argo_workflows_error_count', 'cause')],
        ),
        timeseries('Live workflows', 'In memory, and tasks (HTTP, plugins, resources) under way.', 'short', [
          line('workflows', 'sum(drydock_workflows_live)'),
          line('tasks', 'sum(drydock_tasks)'),
        ]),
      ],
    },
    {
      title: 'The process',
      panels: [
        timeseries('CPU', 'Cores.', 'short', [
          line('cores', 'sum(rate(process_cpu_seconds_total{job="drydock"}[$__rate_interval]))'),
        ]),
        timeseries('Memory', 'Resident, and JavaScript’s heap.', 'bytes', [
          line('resident', 'sum(process_resident_memory_bytes{job="drydock"})'),
          line('heap', 'sum(nodejs_heap_size_used_bytes{job="drydock"})'),
        ]),
        timeseries('Open files', 'File descriptors and sockets.', 'short', [
          line('open', 'sum(process_open_fds{job="drydock"})'),
        ]),
        timeseries('Garbage collection', 'Seconds a second.', 'percentunit', [
          perSecond('nodejs_gc_duration_seconds_sum{job="drydock"}', 'kind'),
        ]),
        stacked('Log lines', 'By level.', 'cpm', [perMinute('argo_workflows_log_messages', 'level')]),
        timeseries('Uptime', 'Since the daemon was started.', 's', [
          line('up', 'max(time() - process_start_time_seconds{job="drydock"})'),
        ]),
      ],
    },
    {
      title: 'Schedules, settings, metrics',
      panels: [
        timeseries(
          'How late cron fires',
          'From the time of a firing until its workflow was made.',
          's',
          quantiles('drydock_cron_late_seconds'),
        ),
        timeseries('Settings read anew', 'By outcome, per hour.', 'short', [
          sumBy('outcome', 'increase(drydock_config_reloads_total[1h])'),
        ]),
        timeseries('Settings that wait', 'For a restart; and whether those in the file are wrong.', 'short', [
          line('wait for a restart', 'max(drydock_config_pending_restart)'),
          line('wrong', 'max(drydock_config_invalid)'),
        ]),
        timeseries('Folded series', 'Values recorded as `(other)`: labels that grow without end.', 'cpm', [
          line('folded', orZero('60 * sum(rate(drydock_series_folded_total[$__rate_interval]))')),
        ]),
        timeseries('Metrics of manifests refused', 'Names, labels or too many series.', 'cpm', [
          line('refused', '60 * sum(rate(drydock_custom_metrics_refused_total[$__rate_interval]))'),
        ]),
        timeseries('Scrape', 'Seconds Prometheus waits for the metrics, and how many series there are.', 's', [
          line('seconds', 'max(scrape_duration_seconds{job="drydock"})'),
        ]),
      ],
    },
  ],
}
