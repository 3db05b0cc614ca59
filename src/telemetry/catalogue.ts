/** Every metric by name: type, labels, buckets, what it counts. `docs/metrics.md` and the registry come from this list. */

export type MetricSpec = {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
  /** Labels with values that users make up. Beyond `seriesMax` of them, further ones count as `(other)`. */
  readonly open?: readonly string[]
  /** Upper bounds in the metric's unit. */
  readonly buckets?: readonly number[]
  /** Read when somebody asks, rather than recorded when it happens. */
  readonly atScrape?: true
}

/** Series of one metric with open labels; each of a histogram counts once. */
export const seriesMax = 500
/** Label values are cut off here. */
export const labelCharactersMax = 128

const longBuckets = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 180]
const otelBuckets = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000]
const fineBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30]

/** Argo's, all with the prefix `argo_workflows_`, as in its version 4.1. */
export const argoMetrics = {
  gauge: { type: 'gauge', help: 'Workflows by phase, now', labels: ['phase'], atScrape: true },
  count: {
    type: 'gauge',
    help: 'The same under the name that Argo’s sample dashboard still asks for',
    labels: ['status'],
    atScrape: true,
  },
  total_count: {
    type: 'counter',
    help: 'Workflows that entered a phase',
    labels: ['phase', 'namespace'],
    open: ['namespace'],
  },
  workflow_condition: {
    type: 'gauge',
    help: 'Workflows with a condition, now',
    labels: ['type', 'status'],
    atScrape: true,
  },
  workflowtemplate_triggered_total: {
    type: 'counter',
    help: 'Workflows made from a template, by phase entered',
    labels: ['name', 'namespace', 'cluster_scope', 'phase'],
    open: ['name', 'namespace'],
  },
  workflowtemplate_runtime: {
    type: 'histogram',
    help: 'Seconds from start to end of workflows made from a template',
    labels: ['name', 'namespace', 'cluster_scope'],
    open: ['name', 'namespace'],
    buckets: otelBuckets,
  },
  cronworkflows_triggered_total: {
    type: 'counter',
    help: 'Firings of cron workflows',
    labels: ['name', 'namespace'],
    open: ['name', 'namespace'],
  },
  cronworkflows_concurrencypolicy_triggered: {
    type: 'counter',
    help: 'Firings at which a concurrency policy acted',
    labels: ['name', 'namespace', 'concurrency_policy'],
    open: ['name', 'namespace'],
  },
  error_count: { type: 'counter', help: 'Errors of the controller', labels: ['cause'] },
  operation_duration_seconds: {
    type: 'histogram',
    help: 'Seconds of one reconcile of one workflow, commit and effects included',
    buckets: fineBuckets,
  },
  log_messages: { type: 'counter', help: 'Log lines', labels: ['level'] },
  is_leader: { type: 'gauge', help: '1 where this daemon is in charge' },
  version: {
    type: 'counter',
    help: 'Always 1; the version stands in the labels',
    labels: ['version', 'platform', 'go_version', 'build_date', 'compiler', 'git_commit', 'git_tree_state', 'git_tag'],
  },
  locks_held: {
    type: 'gauge',
    help: 'Holders of a lock, now',
    labels: ['type', 'storage', 'lock_name', 'namespace'],
    open: ['lock_name', 'namespace'],
    atScrape: true,
  },
  locks_pending: {
    type: 'gauge',
    help: 'Waiters for a lock, now',
    labels: ['type', 'storage', 'lock_name', 'namespace'],
    open: ['lock_name', 'namespace'],
    atScrape: true,
  },
  locks_taken_total: {
    type: 'counter',
    help: 'Locks taken',
    labels: ['type', 'storage', 'lock_name', 'namespace'],
    open: ['lock_name', 'namespace'],
  },
  pods_gauge: { type: 'gauge', help: 'Pods by phase, now', labels: ['phase'], atScrape: true },
  pods_total_count: {
    type: 'counter',
    help: 'Pods that entered a phase',
    labels: ['phase', 'namespace'],
    open: ['namespace'],
  },
  pod_pending_count: {
    type: 'counter',
    help: 'Why pods were pending (image pull, capacity, …)',
    labels: ['reason', 'namespace'],
    open: ['reason', 'namespace'],
  },
  pod_missing: {
    type: 'counter',
    help: 'Running nodes whose containers were gone',
    labels: ['node_phase', 'recently_started'],
  },
  pod_restarts_total: {
    type: 'counter',
    help: 'Pods started again before main ran (always 0 on Docker)',
    labels: ['reason', 'namespace'],
    open: ['reason', 'namespace'],
  },
  queue_adds_count: { type: 'counter', help: 'Keys added to a queue', labels: ['queue_name'] },
  queue_retries: { type: 'counter', help: 'Keys put back after a failure', labels: ['queue_name'] },
  queue_depth_gauge: { type: 'gauge', help: 'Keys that wait in a queue', labels: ['queue_name'] },
  queue_latency: {
    type: 'histogram',
    help: 'Seconds a key waited',
    labels: ['queue_name'],
    buckets: [0.001, 0.01, 0.1, 1, 5, 20, 60, 180],
  },
  queue_duration: {
    type: 'histogram',
    help: 'Seconds of handling a key',
    labels: ['queue_name'],
    buckets: [0.001, 0.01, ...longBuckets],
  },
  queue_longest_running: {
    type: 'gauge',
    help: 'Seconds since the oldest key in work was taken',
    labels: ['queue_name'],
    atScrape: true,
  },
  queue_unfinished_work: {
    type: 'gauge',
    help: 'Sum of seconds of keys in work',
    labels: ['queue_name'],
    atScrape: true,
  },
  workers_busy_count: { type: 'gauge', help: 'Keys in work', labels: ['worker_type'], atScrape: true },
} as const satisfies Record<string, MetricSpec>

/** Ours, all with the prefix `drydock_`. */
export const ownMetrics = {
  loop_passes_total: { type: 'counter', help: 'Turns of the reconcile loop' },
  loop_pass_runs: {
    type: 'histogram',
    help: 'Workflows looked at in one turn',
    buckets: [1, 2, 5, 10, 20, 50, 100, 500, 1000],
  },
  loop_decide_seconds: {
    type: 'histogram',
    help: 'Seconds the engine took to decide in one turn',
    buckets: fineBuckets,
  },
  commit_seconds: { type: 'histogram', help: 'Seconds until a commit was durable', buckets: fineBuckets },
  commit_changes_total: { type: 'counter', help: 'Changes committed' },
  commit_failures_total: { type: 'counter', help: 'Commits that failed', labels: ['code'], open: ['code'] },
  step_follow_seconds: {
    type: 'histogram',
    help: 'Seconds from the report that a container ended to the call that starts its successor',
    buckets: fineBuckets,
  },
  docker_calls_total: {
    type: 'counter',
    help: 'Calls to the Docker Engine (status 0: no answer)',
    labels: ['verb', 'status'],
  },
  docker_call_seconds: {
    type: 'histogram',
    help: 'Seconds a call to the Docker Engine took',
    labels: ['verb'],
    buckets: fineBuckets,
  },
  ready: { type: 'gauge', help: '1 while the daemon and its Docker Engine are ready for work', atScrape: true },
  artifact_bytes_total: { type: 'counter', help: 'Bytes of artifacts read and written', labels: ['direction'] },
  artifact_operations_total: {
    type: 'counter',
    help: 'Operations on artifact storage',
    labels: ['operation', 'outcome'],
  },
  store_bytes: { type: 'gauge', help: 'Bytes of the database, log included', atScrape: true },
  store_resource_version: { type: 'gauge', help: 'Version of the store: grows with each change', atScrape: true },
  source_files: { type: 'gauge', help: 'Files of the watched folders by state', labels: ['state'], atScrape: true },
  table_up: {
    type: 'gauge',
    help: '1 while the table of manifests is there and served by this daemon',
    atScrape: true,
  },
  table_rows_due: {
    type: 'gauge',
    help: 'Rows of the table that are new or changed and not admitted yet',
    atScrape: true,
  },
  table_oldest_due_seconds: { type: 'gauge', help: 'How long the oldest of them waits', atScrape: true },
  table_rows: {
    type: 'gauge',
    help: 'Rows looked at since the start, by what came of them',
    labels: ['state'],
    atScrape: true,
  },
  fleet_members: {
    type: 'gauge',
    help: 'Controllers that share the store: live ones, and those that have gone and still own workflows',
    labels: ['state'],
    atScrape: true,
  },
  fleet_workflows_owned: { type: 'gauge', help: 'Unfinished workflows of this controller', atScrape: true },
  fleet_workflows_orphaned: {
    type: 'gauge',
    help: 'Unfinished workflows of controllers that have gone and whose engines no other reaches',
    atScrape: true,
  },
  fleet_take_overs: { type: 'gauge', help: 'Controllers that this one took over from since its start', atScrape: true },
  fleet_workflows_moved: {
    type: 'gauge',
    help: 'Workflows since the start: taken over, handed over, placed with another controller when they were made',
    labels: ['how'],
    atScrape: true,
  },
  fleet_commands_forwarded: {
    type: 'gauge',
    help: 'Operations sent to the controllers that own the workflows since the start',
    atScrape: true,
  },
  engine_up: { type: 'gauge', help: '1 while the container engine answers', atScrape: true },
  archive_workflows: { type: 'gauge', help: 'Workflows in the archive', atScrape: true },
  archive_moved_total: { type: 'counter', help: 'Finished workflows that have left the hot tables for the archive' },
  archive_move_seconds: {
    type: 'histogram',
    help: 'Time to pack one workflow and to store it in the archive',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  },
  archive_purged_total: { type: 'counter', help: 'Archived workflows that were deleted because their time was over' },
  store_up: { type: 'gauge', help: '1 while the store answers and takes commits', atScrape: true },
  store_operation_seconds: {
    type: 'histogram',
    help: 'Seconds an operation on the store took, failed ones included',
    labels: ['operation'],
    buckets: fineBuckets,
  },
  store_failures_total: {
    type: 'counter',
    help: 'Operations on the store that failed',
    labels: ['code'],
    open: ['code'],
  },
  queue_lag_seconds: {
    type: 'gauge',
    help: 'Seconds that the key has waited which has waited longest',
    labels: ['queue_name'],
    atScrape: true,
  },
  lock_wait_seconds: {
    type: 'histogram',
    help: 'Seconds from asking for a lock to having it; 0 where it was free',
    labels: ['type'],
    buckets: [0.01, 0.1, 1, 5, 10, 30, 60, 300, 900, 3600],
  },
  lock_longest_wait_seconds: {
    type: 'gauge',
    help: 'Seconds that the holder has waited for a lock which has waited longest',
    atScrape: true,
  },
  workflows_live: { type: 'gauge', help: 'Unfinished workflows in memory', atScrape: true },
  workflows_held: { type: 'gauge', help: 'Workflows that wait for their turn (parallelism)', atScrape: true },
  workflows_stuck: {
    type: 'gauge',
    help: 'Workflows that have stood still for so long though no container of theirs runs and none is suspended',
    labels: ['for'],
    atScrape: true,
  },
  workflow_age_seconds: {
    type: 'gauge',
    help: 'Seconds since a workflow was made; only the oldest unfinished ones (`metrics.workflows`)',
    labels: ['namespace', 'workflow'],
    open: ['namespace', 'workflow'],
    atScrape: true,
  },
  workflow_unchanged_seconds: {
    type: 'gauge',
    help: 'Seconds since anything changed in it; the same workflows',
    labels: ['namespace', 'workflow'],
    open: ['namespace', 'workflow'],
    atScrape: true,
  },
  workflow_nodes: {
    type: 'gauge',
    help: 'Its nodes that do work, those that are done and all that are known; the same workflows',
    labels: ['namespace', 'workflow', 'state'],
    open: ['namespace', 'workflow'],
    atScrape: true,
  },
  workflow_pods: {
    type: 'gauge',
    help: 'Its pods under way; the same workflows',
    labels: ['namespace', 'workflow'],
    open: ['namespace', 'workflow'],
    atScrape: true,
  },
  tasks: { type: 'gauge', help: 'HTTP, plugin, resource and data tasks under way', atScrape: true },
  capacity_used: {
    type: 'gauge',
    help: 'What running pods have asked for: cores, bytes, containers',
    labels: ['resource'],
    atScrape: true,
  },
  capacity_budget: { type: 'gauge', help: 'What they may ask for in all', labels: ['resource'], atScrape: true },
  pods_waiting: { type: 'gauge', help: 'Pods that wait for room on the host', atScrape: true },
  removals_waiting: { type: 'gauge', help: 'Pods whose containers are to be removed', atScrape: true },
  endpoint_up: {
    type: 'gauge',
    help: 'Whether the engine of that endpoint answers (only with `docker.endpoints`)',
    labels: ['endpoint'],
    atScrape: true,
  },
  endpoint_schedulable: {
    type: 'gauge',
    help: 'Whether new pods may go there',
    labels: ['endpoint'],
    atScrape: true,
  },
  endpoint_pods: { type: 'gauge', help: 'Pods that have room there', labels: ['endpoint'], atScrape: true },
  endpoint_capacity_used: {
    type: 'gauge',
    help: 'What the pods there ask for (cores, bytes, containers)',
    labels: ['endpoint', 'resource'],
    atScrape: true,
  },
  endpoint_capacity_budget: {
    type: 'gauge',
    help: 'What they may ask for in all',
    labels: ['endpoint', 'resource'],
    atScrape: true,
  },
  docker_sockets: { type: 'gauge', help: 'Connections to the Docker Engine', atScrape: true },
  docker_start_limit: { type: 'gauge', help: 'Container starts that are let go on at once', atScrape: true },
  docker_starts_waiting: { type: 'gauge', help: 'Container starts that wait for their turn', atScrape: true },
  sandboxes: { type: 'gauge', help: 'Network sandboxes that stand', labels: ['state'], atScrape: true },
  disk_free_bytes: {
    type: 'gauge',
    help: 'Bytes free for us where the data (`data`) and the engine’s images (`docker`, if seen from here) lie',
    labels: ['place'],
    atScrape: true,
  },
  disk_size_bytes: { type: 'gauge', help: 'Bytes there in all', labels: ['place'], atScrape: true },
  disk_floor_bytes: {
    type: 'gauge',
    help: 'Bytes that must stay free (`disk.freeMin`); with less the daemon is not ready',
    atScrape: true,
  },
  cron_late_seconds: {
    type: 'histogram',
    help: 'Seconds from the time of a firing until its workflow was made',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600],
  },
  cron_missed_total: {
    type: 'counter',
    help: 'Firings that did not take place: no daemon ran, or no workflow could be made',
    labels: ['name', 'namespace'],
    open: ['name', 'namespace'],
  },
  manifests_refused_total: {
    type: 'counter',
    help: 'Manifests that admission refused, whichever way they came',
    labels: ['kind'],
    open: ['kind'],
  },
  config_reloads_total: {
    type: 'counter',
    help: 'Times the settings were read anew (applied, unchanged, invalid)',
    labels: ['outcome'],
  },
  config_pending_restart: {
    type: 'gauge',
    help: 'Settings that were changed and take effect only after a restart',
    atScrape: true,
  },
  config_invalid: { type: 'gauge', help: '1 while the settings as they stand are wrong and not used', atScrape: true },
  custom_metrics_refused_total: {
    type: 'counter',
    help: 'Emissions of metrics of specs that were not recorded (names, labels or too many series)',
  },
  series_folded_total: {
    type: 'counter',
    help: 'Values recorded as `(other)` because the metric has its most series already',
    labels: ['metric'],
  },
} as const satisfies Record<string, MetricSpec>

export type ArgoMetricName = keyof typeof argoMetrics
export type OwnMetricName = keyof typeof ownMetrics

export const argoPrefix = 'argo_workflows_'
export const ownPrefix = 'drydock_'
