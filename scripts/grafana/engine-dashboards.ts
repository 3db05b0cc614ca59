/** Below the daemon: the Docker host and the store. */
import { line, minBy, orZero, perMinute, perSecond, quantiles, stacked, stat, sumBy, timeseries } from './panel.ts'
import type { DashboardSpec } from './panel.ts'

export const docker: DashboardSpec = {
  uid: 'drydock-docker',
  title: 'Drydock: Docker host',
  about: 'The engine as the daemon sees it: calls, containers, room.',
  sections: [
    {
      title: 'Engine',
      panels: [
        stat('Engine', 'Whether it answers.', 'bool_on_off', 'min(drydock_engine_up)', { below: 1 }),
        stat('Pods running', 'Now.', 'short', 'sum(argo_workflows_pods_gauge{phase="Running"})'),
        stat('Pods waiting for room', 'Their requests do not fit what is free.', 'short', 'sum(drydock_pods_waiting)', {
          from: 10,
        }),
        stat(
          'Starts waiting',
          'Container starts that wait for their turn.',
          'short',
          'sum(drydock_docker_starts_waiting)',
        ),
        stat(
          'Failed calls',
          'Share of calls that the engine refused or did not answer.',
          'percentunit',
          orZero('drydock:docker_errors:ratio5m'),
          { from: 0.05 },
        ),
        stat('To be removed', 'Pods whose containers still stand.', 'short', 'sum(drydock_removals_waiting)'),
        stacked('Calls', 'Per second, by what was asked.', 'ops', [perSecond('drydock_docker_calls_total', 'verb')]),
        timeseries('Calls, p95', 'Seconds until the answer.', 's', quantiles('drydock_docker_call_seconds', 'verb')),
        stacked('Answers', 'By status; 0: none.', 'ops', [perSecond('drydock_docker_calls_total', 'status')]),
        timeseries('Sandboxes', 'Paused containers that hold the network of pods.', 'short', [
          sumBy('state', 'drydock_sandboxes'),
        ]),
        timeseries('Starts', 'Let go on at once, and waiting.', 'short', [
          line('limit', 'sum(drydock_docker_start_limit)'),
          line('waiting', 'sum(drydock_docker_starts_waiting)'),
        ]),
        timeseries('Connections', 'To the engine.', 'short', [line('open', 'sum(drydock_docker_sockets)')]),
      ],
    },
    {
      title: 'Room',
      panels: [
        timeseries('Cores', 'What pods asked for, and what they may.', 'short', [
          line('asked for', 'sum(drydock_capacity_used{resource="cpu"})'),
          line('there', 'sum(drydock_capacity_budget{resource="cpu"})'),
        ]),
        timeseries('Memory', 'Likewise.', 'bytes', [
          line('asked for', 'sum(drydock_capacity_used{resource="memory"})'),
          line('there', 'sum(drydock_capacity_budget{resource="memory"})'),
        ]),
        timeseries('Containers', 'Likewise.', 'short', [
          line('standing', 'sum(drydock_capacity_used{resource="containers"})'),
          line('most', 'sum(drydock_capacity_budget{resource="containers"})'),
        ]),
        stacked('Pods', 'By phase entered, per minute.', 'cpm', [
          perMinute('argo_workflows_pods_total_count', 'phase'),
        ]),
        timeseries('Why pods wait', 'Image pulls, room, and the like, per minute.', 'cpm', [
          line('{{reason}}', orZero('60 * sum by (reason) (rate(argo_workflows_pod_pending_count[$__rate_interval]))')),
        ]),
        timeseries('Disk', 'Share that is free.', 'percentunit', [
          minBy('place', 'drydock_disk_free_bytes / drydock_disk_size_bytes'),
        ]),
      ],
    },
  ],
}

export const store: DashboardSpec = {
  uid: 'drydock-store',
  title: 'Drydock: store',
  about: 'SQLite or Postgres, whichever keeps the state, and the artifacts.',
  sections: [
    {
      title: 'Database',
      panels: [
        stat('Store', 'Whether it answers and takes commits.', 'bool_on_off', 'min(drydock_store_up)', { below: 1 }),
        stat('Size', 'Log included.', 'bytes', 'sum(drydock_store_bytes)'),
        stat('Commits', 'Per second.', 'ops', 'sum(rate(drydock_commit_seconds_count[$__rate_interval]))'),
        stat(
          'Commit, p95',
          'Until it is durable.',
          's',
          'histogram_quantile(0.95, sum by (le) (rate(drydock_commit_seconds_bucket[5m])))',
          { from: 0.5 },
        ),
        stat('Failures', 'In the last hour.', 'short', orZero('sum(increase(drydock_store_failures_total[1h]))'), {
          from: 1,
        }),
        stat('Version', 'Grows with each change.', 'none', 'max(drydock_store_resource_version)'),
        timeseries('Commit', 'Seconds until it is durable.', 's', quantiles('drydock_commit_seconds')),
        timeseries('Changes', 'Committed per second.', 'ops', [
          line('changes', 'sum(rate(drydock_commit_changes_total[$__rate_interval]))'),
        ]),
        stacked('Operations', 'Per second.', 'ops', [perSecond('drydock_store_operation_seconds_count', 'operation')]),
        timeseries(
          'Operations, p95',
          'Seconds, failed ones included.',
          's',
          quantiles('drydock_store_operation_seconds', 'operation'),
        ),
        timeseries('Failures', 'By code, per minute.', 'cpm', [
          line('{{code}}', orZero('60 * sum by (code) (rate(drydock_store_failures_total[$__rate_interval]))')),
        ]),
        timeseries('Size', 'Of the database, log included.', 'bytes', [line('size', 'sum(drydock_store_bytes)')]),
      ],
    },
    {
      title: 'Artifacts',
      panels: [
        stacked('Bytes', 'Read and written, per second.', 'Bps', [
          perSecond('drydock_artifact_bytes_total', 'direction'),
        ]),
        stacked('Operations', 'On the artifact storage.', 'ops', [
          perSecond('drydock_artifact_operations_total', 'operation, outcome'),
        ]),
        timeseries('Disk space', 'Free where the data lies.', 'bytes', [
          line('free', 'min(drydock_disk_free_bytes{place="data"})'),
        ]),
      ],
    },
  ],
}
