/** What is asked for when somebody scrapes. Whoever cannot answer is left out: the rest must be seen just then. */
import type { ControllerSnapshot, WorkflowFigures } from '../controller/index.ts'
import type { Log } from '../controller/telemetry.ts'
import type { Labels } from './label-limit.ts'
import type { MetricTable } from './registry.ts'

/** How long a workflow must stand still to be counted, in `workflows_stuck`. */
export const stuckFor: ReadonlyMap<string, number> = new Map([
  ['10m', 600],
  ['1h', 3_600],
  ['6h', 21_600],
  ['1d', 86_400],
])

export type ControllerFigures = {
  readonly snapshot: ControllerSnapshot
  readonly workflows: readonly WorkflowFigures[]
  /** In the order of `stuckFor`. */
  readonly stuck: readonly number[]
}
export type DockerFigures = {
  readonly sockets: number
  readonly startLimit: number
  readonly startsWaiting: number
  readonly sandboxes: { readonly used: number; readonly free: number }
}
export type DiskFigures = { readonly place: 'data' | 'docker'; readonly freeBytes: number; readonly sizeBytes: number }

/** Of the controllers that share the store. */
export type FleetReadings = {
  readonly live: number
  readonly away: number
  readonly owned: number
  readonly orphans: number
  readonly takeOvers: number
  readonly takenOver: number
  readonly handedOver: number
  readonly placedElsewhere: number
  readonly forwarded: number
}

/** What is read at scrape time, from whoever knows; what nobody knows is left out. */
export type Readings = {
  readonly workflowPhases?: () => Promise<ReadonlyMap<string, number>>
  readonly podPhases?: () => ReadonlyMap<string, number>
  readonly workflowsWithRunningPods?: () => number
  readonly locks?: () => readonly { readonly labels: Labels; readonly held: number; readonly pending: number }[]
  readonly storeBytes?: () => Promise<number>
  readonly archived?: () => Promise<number>
  readonly resourceVersion?: () => number
  readonly ready?: () => Promise<boolean> | boolean
  readonly sourceFiles?: () => ReadonlyMap<string, number>
  /** `null` where another controller serves it. */
  readonly table?: () => {
    readonly isUp: boolean
    readonly backlog: { readonly due: number; readonly oldestSeconds: number }
    readonly outcomes: ReadonlyMap<string, number>
  } | null
  /** `null`: this controller is the only one. */
  readonly fleet?: () => FleetReadings | null
  readonly engineUp?: () => boolean
  readonly storeUp?: () => boolean
  readonly controller?: () => ControllerFigures
  readonly docker?: () => DockerFigures
  /** Empty where there is one engine. */
  readonly endpoints?: () => ControllerSnapshot['endpoints']
  readonly disks?: () => Promise<{ readonly floorBytes: number; readonly places: readonly DiskFigures[] }>
  readonly settings?: () => { readonly pendingRestart: number; readonly isInvalid: boolean }
}

export const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Error'] as const
/** Read by name of things that come and go. */
const fleeting = [
  'locks_held',
  'locks_pending',
  'source_files',
  'workflow_age_seconds',
  'workflow_unchanged_seconds',
  'workflow_nodes',
  'workflow_pods',
  'disk_free_bytes',
  'disk_size_bytes',
] as const

export async function takeReadings(table: MetricTable, readings: Readings, log: Log): Promise<void> {
  const attempt = async <T>(what: string, read: (() => Promise<T> | T) | undefined, use: (value: T) => void) => {
    if (read === undefined) return
    try {
      use(await read())
    } catch (error) {
      log.debug({ what, error: String(error) }, 'a figure could not be read')
    }
  }
  for (const name of fleeting) table.clear(name)
  await attempt('phases', readings.workflowPhases, (counts) => {
    for (const phase of phases) {
      table.set('gauge', counts.get(phase) ?? 0, { phase })
      table.set('count', counts.get(phase) ?? 0, { status: phase })
    }
  })
  await attempt('pods', readings.podPhases, (pods) => {
    for (const phase of ['Pending', 'Running'] as const) table.set('pods_gauge', pods.get(phase) ?? 0, { phase })
  })
  await attempt('conditions', readings.workflowsWithRunningPods, (count) =>
    table.set('workflow_condition', count, { type: 'PodRunning', status: 'True' }),
  )
  await attempt('locks', readings.locks, (locks) => {
    for (const { labels, held, pending } of locks) {
      table.set('locks_held', held, labels)
      table.set('locks_pending', pending, labels)
    }
  })
  await attempt('files', readings.sourceFiles, (files) => {
    for (const [state, count] of files) table.set('source_files', count, { state })
  })
  await attempt('fleet', readings.fleet, (figures) => {
    if (figures === null) return
    table.set('fleet_members', figures.live, { state: 'live' })
    table.set('fleet_members', figures.away, { state: 'away' })
    table.set('fleet_workflows_owned', figures.owned)
    table.set('fleet_workflows_orphaned', figures.orphans)
    table.set('fleet_take_overs', figures.takeOvers)
    table.set('fleet_workflows_moved', figures.takenOver, { how: 'taken over' })
    table.set('fleet_workflows_moved', figures.handedOver, { how: 'handed over' })
    table.set('fleet_workflows_moved', figures.placedElsewhere, { how: 'placed' })
    table.set('fleet_commands_forwarded', figures.forwarded)
  })
  await attempt('table', readings.table, (reading) => {
    if (reading === null) return void table.set('table_up', 0)
    const { isUp, backlog, outcomes } = reading
    table.set('table_up', isUp ? 1 : 0)
    table.set('table_rows_due', backlog.due)
    table.set('table_oldest_due_seconds', backlog.oldestSeconds)
    for (const [state, count] of outcomes) table.set('table_rows', count, { state })
  })
  await attempt('archive', readings.archived, (count) => table.set('archive_workflows', count))
  await attempt('store size', readings.storeBytes, (bytes) => table.set('store_bytes', bytes))
  await attempt('version', readings.resourceVersion, (version) => table.set('store_resource_version', version))
  await attempt('ready', readings.ready, (is) => table.set('ready', is ? 1 : 0))
  await attempt('engine', readings.engineUp, (is) => table.set('engine_up', is ? 1 : 0))
  await attempt('store', readings.storeUp, (is) => table.set('store_up', is ? 1 : 0))
  await attempt('controller', readings.controller, (figures) => setController(table, figures))
  await attempt('docker', readings.docker, ({ sockets, startLimit, startsWaiting, sandboxes }) => {
    table.set('docker_sockets', sockets)
    table.set('docker_start_limit', startLimit)
    table.set('docker_starts_waiting', startsWaiting)
    table.set('sandboxes', sandboxes.used, { state: 'used' })
    table.set('sandboxes', sandboxes.free, { state: 'free' })
  })
  await attempt('endpoints', readings.endpoints, (endpoints) => {
    for (const { name: endpoint, ok, schedulable, pods, used, budget } of endpoints) {
      table.set('endpoint_up', ok ? 1 : 0, { endpoint })
      table.set('endpoint_schedulable', schedulable ? 1 : 0, { endpoint })
      table.set('endpoint_pods', pods, { endpoint })
      for (const [name, { cpus, memoryBytes, containers }] of [
        ['endpoint_capacity_used', used],
        ['endpoint_capacity_budget', budget],
      ] as const) {
        table.set(name, cpus, { endpoint, resource: 'cpu' })
        table.set(name, memoryBytes, { endpoint, resource: 'memory' })
        table.set(name, containers, { endpoint, resource: 'containers' })
      }
    }
  })
  await attempt('disks', readings.disks, ({ floorBytes, places }) => {
    table.set('disk_floor_bytes', floorBytes)
    for (const { place, freeBytes, sizeBytes } of places) {
      table.set('disk_free_bytes', freeBytes, { place })
      table.set('disk_size_bytes', sizeBytes, { place })
    }
  })
  await attempt('settings', readings.settings, ({ pendingRestart, isInvalid }) => {
    table.set('config_pending_restart', pendingRestart)
    table.set('config_invalid', isInvalid ? 1 : 0)
  })
}

function setController(table: MetricTable, { snapshot, workflows, stuck }: ControllerFigures): void {
  const { capacity, pods } = snapshot
  table.set('workflows_live', snapshot.liveWorkflows)
  table.set('workflows_held', snapshot.heldWorkflows)
  table.set('queue_lag_seconds', snapshot.queueLagSeconds, { queue_name: 'workflow_queue' })
  table.set('lock_longest_wait_seconds', snapshot.longestLockWaitSeconds)
  table.set('tasks', snapshot.tasks)
  table.set('pods_waiting', capacity.waiting)
  table.set('removals_waiting', pods.removals)
  for (const [name, { cpus, memoryBytes, containers }] of [
    ['capacity_used', capacity.used],
    ['capacity_budget', capacity.budget],
  ] as const) {
    table.set(name, cpus, { resource: 'cpu' })
    table.set(name, memoryBytes, { resource: 'memory' })
    table.set(name, containers, { resource: 'containers' })
  }
  for (const [index, label] of [...stuckFor.keys()].entries())
    table.set('workflows_stuck', stuck[index] ?? 0, { for: label })
  for (const { namespace, name: workflow, ...figures } of workflows) {
    const labels = { namespace, workflow }
    table.set('workflow_age_seconds', figures.ageSeconds, labels)
    table.set('workflow_unchanged_seconds', figures.unchangedSeconds, labels)
    table.set('workflow_pods', figures.activePods, labels)
    table.set('workflow_nodes', figures.nodesDone, { ...labels, state: 'done' })
    table.set('workflow_nodes', figures.nodesTotal, { ...labels, state: 'total' })
  }
}
