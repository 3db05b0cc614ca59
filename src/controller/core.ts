/** The parts of a controller, as its files see each other. */
import type { Artifacts } from '../artifacts/index.ts'
import type { Locks, World } from '../engine/index.ts'
import type { Clock, Random } from '../resources/index.ts'
import type { Runtime } from '../runtime/port.ts'
import type { Store } from '../store/port.ts'
import type { Alarms } from './alarms.ts'
import type { ControllerConfig } from './config.ts'
import type { Creations } from './creations.ts'
import type { Cron } from './cron/cron.ts'
import type { Estimates } from './estimates.ts'
import type { EventFeed } from './event-feed.ts'
import type { History } from './history/history.ts'
import type { Leftovers } from './leftovers.ts'
import type { LockWaits } from './lock-waits.ts'
import type { Memos } from './memos.ts'
import type { ObjectTable } from './objects.ts'
import type { Owners } from './owners.ts'
import type { FleetSide } from './fleet/fleet-side.ts'
import type { Turns } from './parallelism.ts'
import type { ArtifactDrivers } from './plugins/artifact-drivers.ts'
import type { InProcessPlugin } from './plugins/in-process.ts'
import type { ServicePods } from './plugins/service-pods.ts'
import type { Capacity } from './pods/capacity.ts'
import type { Pods } from './pods/pods.ts'
import type { Scheduling } from './pods/scheduling.ts'
import type { Controller } from './port.ts'
import type { Reconciler } from './reconcile.ts'
import type { Revisions } from './revisions/revisions.ts'
import type { RunTable } from './run-table.ts'
import type { SyncLimits } from './sync-limits.ts'
import type { Claims } from './tasks/claims.ts'
import type { Plugins } from './tasks/plugin.ts'
import type { Tasks } from './tasks/tasks.ts'
import type { Log, Telemetry } from './telemetry.ts'
import type { Holds } from './archive/holds.ts'
import type { Mover } from './archive/mover.ts'
import type { Expiry } from './expiry.ts'
import type { WatchHub } from './watch-hub.ts'

export type Core = {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly runtime: Runtime
  readonly artifacts: Artifacts
  readonly config: ControllerConfig
  readonly log: Log
  readonly telemetry: Telemetry
  readonly hub: WatchHub
  readonly feed: EventFeed
  readonly objects: ObjectTable
  readonly runs: RunTable
  readonly memos: Memos
  readonly estimates: Estimates
  readonly locks: Locks
  readonly lockWaits: LockWaits
  readonly world: World
  readonly parallelism: Turns
  /** `null`: this controller is the only one. */
  readonly fleet: FleetSide | null
  readonly owners: Owners
  readonly alarms: Alarms
  readonly leftovers: Leftovers
  readonly pods: Pods
  readonly capacity: Capacity
  /** Why the container engine does not answer; `null`: it does. */
  readonly engineAway: () => string | null
  /** Where there are several endpoints to run on. */
  readonly scheduling: Scheduling | null
  readonly tasks: Tasks
  readonly plugins: Plugins
  readonly inProcess: readonly InProcessPlugin[]
  readonly services: ServicePods
  readonly drivers: ArtifactDrivers
  readonly claims: Claims
  readonly reconciler: Reconciler
  readonly history: History
  readonly cron: Cron
  readonly limits: SyncLimits
  readonly expiry: Expiry
  readonly archive: { readonly holds: Holds; readonly mover: Mover }
  readonly revisions: Revisions
  readonly api: Controller
  readonly creating: Creations
}
