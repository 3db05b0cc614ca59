/** For each alert series that make it fire and series that do not, as `promtool test rules` takes them. */
export type Series = Readonly<Record<string, string>>
export type Scenario = {
  readonly alert: string
  /** A sample a minute. */
  readonly fires: Series
  /** When it is looked at: past its `for`. */
  readonly at: string
  readonly silent: Series
}

const daemon = 'instance="d:9090",job="drydock"'
const failing = (failed: string, succeeded: string): Series => ({
  [`argo_workflows_total_count{${daemon},namespace="n",phase="Failed"}`]: failed,
  [`argo_workflows_total_count{${daemon},namespace="n",phase="Succeeded"}`]: succeeded,
})
const disk = (free: string): Series => ({
  [`drydock_disk_free_bytes{${daemon},place="data"}`]: free,
  [`drydock_disk_floor_bytes{${daemon}}`]: '1000x30',
})
const commits = (fast: string, all: string): Series => ({
  [`drydock_commit_seconds_bucket{${daemon},le="0.5"}`]: fast,
  [`drydock_commit_seconds_bucket{${daemon},le="1"}`]: all,
  [`drydock_commit_seconds_bucket{${daemon},le="+Inf"}`]: all,
})
const one = (name: string, values: string, labels = ''): Series => ({
  [`${name}{${daemon}${labels === '' ? '' : `,${labels}`}}`]: values,
})

export const scenarios: readonly Scenario[] = [
  { alert: 'DrydockDown', at: '4m', fires: one('up', '1 0x10'), silent: one('up', '1 0 1x10') },
  {
    alert: 'DrydockNotReady',
    at: '8m',
    fires: one('drydock_ready', '1 0x10'),
    silent: one('drydock_ready', '0x4 1x10'),
  },
  {
    alert: 'DrydockEngineDown',
    at: '4m',
    fires: one('drydock_engine_up', '1 0x10'),
    silent: one('drydock_engine_up', '1x10'),
  },
  {
    alert: 'DrydockStoreDown',
    at: '4m',
    fires: one('drydock_store_up', '1 0x10'),
    silent: one('drydock_store_up', '1x10'),
  },
  {
    alert: 'DrydockControllerGone',
    at: '4m',
    fires: one('drydock_fleet_members', '0 1x10', 'state="away"'),
    silent: one('drydock_fleet_members', '1x10', 'state="live"'),
  },
  {
    alert: 'DrydockWorkflowsOrphaned',
    at: '6m',
    fires: one('drydock_fleet_workflows_orphaned', '0 2x10'),
    silent: one('drydock_fleet_workflows_orphaned', '0x10'),
  },
  {
    alert: 'DrydockWorkflowStuck',
    at: '8m',
    fires: one('drydock_workflows_stuck', '2x20', 'for="1h"'),
    silent: one('drydock_workflows_stuck', '2x20', 'for="10m"'),
  },
  // One workflow in two fails; or all do, and they are two.
  { alert: 'DrydockFailureRate', at: '14m', fires: failing('0+2x30', '0+2x30'), silent: failing('0x10 2x20', '0x30') },
  {
    alert: 'DrydockLockWait',
    at: '20m',
    fires: one('drydock_lock_longest_wait_seconds', '0+60x30'),
    silent: one('drydock_lock_longest_wait_seconds', '0+60x10 0x20'),
  },
  {
    alert: 'DrydockQueueLag',
    at: '6m',
    fires: one('drydock_queue_lag_seconds', '0+60x30', 'queue_name="workflow_queue"'),
    silent: one('drydock_queue_lag_seconds', '0 60 0x30', 'queue_name="workflow_queue"'),
  },
  {
    alert: 'DrydockEventLoopLag',
    at: '8m',
    fires: one('nodejs_eventloop_lag_p99_seconds', '1x30'),
    silent: one('nodejs_eventloop_lag_p99_seconds', '0.1x30'),
  },
  { alert: 'DrydockCommitSlow', at: '14m', fires: commits('0x30', '0+50x30'), silent: commits('0+50x30', '0+50x30') },
  { alert: 'DrydockDiskLow', at: '8m', fires: disk('3000x30'), silent: disk('5000x30') },
  { alert: 'DrydockDiskFloor', at: '4m', fires: disk('900x30'), silent: disk('1100x30') },
  {
    alert: 'DrydockCronMissed',
    at: '4m',
    // The series is new: it has no increase, and counts.
    fires: one('drydock_cron_missed_total', '_x2 1x20', 'name="c",namespace="n"'),
    silent: one('drydock_cron_missed_total', '0x20', 'name="c",namespace="n"'),
  },
  {
    alert: 'DrydockCronMissed',
    at: '25m',
    fires: one('drydock_cron_missed_total', '1x20 2x20', 'name="c",namespace="n"'),
    silent: one('drydock_cron_missed_total', '1x40', 'name="c",namespace="n"'),
  },
  {
    alert: 'DrydockManifestsRefused',
    at: '12m',
    fires: one('drydock_source_files', '1x30', 'state="Refused"'),
    silent: one('drydock_source_files', '1x30', 'state="Waiting"'),
  },
  {
    alert: 'DrydockPodsWaiting',
    at: '35m',
    fires: one('drydock_pods_waiting', '3x60'),
    silent: one('drydock_pods_waiting', '3x20 0 3x20'),
  },
  {
    alert: 'DrydockSettings',
    at: '12m',
    fires: one('drydock_config_invalid', '1x30'),
    silent: one('drydock_config_invalid', '0x30'),
  },
  {
    alert: 'DrydockSettings',
    at: '12m',
    fires: one('drydock_config_pending_restart', '2x30'),
    silent: one('drydock_config_pending_restart', '0x30'),
  },
  {
    alert: 'DrydockSeriesFolded',
    at: '12m',
    fires: one('drydock_series_folded_total', '0+5x30', 'metric="total_count"'),
    silent: one('drydock_series_folded_total', '5x30', 'metric="total_count"'),
  },
]
