/** The parts of a controller, made and tied together; what they ask of each other late is bound by closures. */
import type { Artifacts } from '../artifacts/index.ts'
import { lockTable } from '../engine/index.ts'
import type { LimitReader, Locks } from '../engine/index.ts'
import type { Clock, CronWorkflow, Random } from '../resources/index.ts'
import type { Runtime } from '../runtime/port.ts'
import type { Fleet } from '../store/fleet.ts'
import type { Store } from '../store/port.ts'
import { Alarms } from './alarms.ts'
import { contextOf } from './api/artifact.ts'
import { buildApi } from './api/api.ts'
import { ensureCacheMap } from './api/caches.ts'
import { mayBegin } from './api/create.ts'
import { deleteArchivedRow } from './api/delete.ts'
import { Holds } from './archive/holds.ts'
import { Mover } from './archive/mover.ts'
import { isToBeArchived, noArchive } from './archive/policy.ts'
import type { ControllerConfig } from './config.ts'
import { defaultHistory } from './config.ts'
import type { Core } from './core.ts'
import { Creations } from './creations.ts'
import { Cron } from './cron/cron.ts'
import { abandon, leave } from './ending.ts'
import { Estimates } from './estimates.ts'
import { EventFeed } from './event-feed.ts'
import { Expiry } from './expiry.ts'
import { History } from './history/history.ts'
import { leftoverChange, Leftovers } from './leftovers.ts'
import { FleetSide } from './fleet/fleet-side.ts'
import type { FleetConfig } from './fleet/fleet-side.ts'
import { viewOf } from './live-run.ts'
import { defaultLongLists } from './long-lists.ts'
import { countedLocks, LockWaits } from './lock-waits.ts'
import { Memos } from './memos.ts'
import type { Controller } from './port.ts'
import type { ObjectChange } from './objects.ts'
import { ObjectTable } from './objects.ts'
import { reopen } from './reopen.ts'
import { Owners } from './owners.ts'
import { Parallelism } from './parallelism.ts'
import { Agents } from './plugins/agents.ts'
import { ArtifactDrivers, driversUidOf } from './plugins/artifact-drivers.ts'
import { installedPlugins } from './plugins/executor-plugins.ts'
import type { InProcessPlugin } from './plugins/in-process.ts'
import { ServicePods } from './plugins/service-pods.ts'
import { claimLeftover, clearLeftover, perform } from './perform.ts'
import { Capacity } from './pods/capacity.ts'
import type { HostFacts } from './pods/host-facts.ts'
import { ClaimPlaces } from './pods/claim-places.ts'
import { Placements } from './pods/placements.ts'
import { Pods } from './pods/pods.ts'
import { Scheduling } from './pods/scheduling.ts'
import type { Budget } from './pods/space.ts'
import { StartRate } from './pods/start-rate.ts'
import { Reconciler } from './reconcile.ts'
import { Revisions } from './revisions/revisions.ts'
import { report } from './report.ts'
import { RunTable } from './run-table.ts'
import { SyncLimits } from './sync-limits.ts'
import { Claims } from './tasks/claims.ts'
import { Plugins } from './tasks/plugin.ts'
import { Tasks } from './tasks/tasks.ts'
import type { Log, Telemetry } from './telemetry.ts'
import { WatchHub } from './watch-hub.ts'
import { buildWorld, configMapIn, limitReader, podLookups } from './world.ts'

export type ControllerParts = {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly runtime: Runtime
  readonly artifacts: Artifacts
  readonly config: ControllerConfig
  readonly log: Log
  readonly telemetry: Telemetry
  readonly plugins?: readonly InProcessPlugin[]
  /** With it the controller shares its work with others on the same store (docs/adr/0004). */
  readonly fleet?: Fleet
  readonly sharing?: FleetConfig
}

const defaultSharing: FleetConfig = { takeOverAfterMs: 3_000, url: () => null }

type Surroundings = Pick<Core, 'engineAway'> & {
  readonly host: () => HostFacts
  readonly onHealth: (isHealthy: boolean, reason: string) => void
}

export function buildCore(parts: ControllerParts, { host, engineAway, onHealth }: Surroundings): Core {
  const { clock, random, runtime, artifacts, config, log, telemetry } = parts
  const fleet = fleetSideOf(parts, () => core)
  const store = fleet?.store ?? parts.store
  const driversUid = driversUidOf(fleet?.name ?? null)
  const confirm = store.confirm?.bind(store) ?? null
  const hub = new WatchHub({ size: config.watchRingSize, version: 0 })
  const oldestRun = () => {
    let oldest: number | null = null
    for (const { run } of runs.all()) oldest = Math.min(oldest ?? Infinity, run.internal.templatesAt ?? 0)
    return oldest
  }
  const revisions = new Revisions({ clock, store, oldestRun })
  const objects = new ObjectTable({
    revisions,
    store,
    telemetry,
    publish: (event) => hub.publish(event),
    isShared: fleet !== null,
  })
  const runs = new RunTable({ finishedKept: config.finishedKept })
  const memos = new Memos({
    cacheMap: (name) => configMapIn(objects, config.engine.controllerNamespace, name),
    mapMissing: (name) => void ensureCacheMap(core, name),
  })
  const estimates = new Estimates()
  const alarms = new Alarms(clock)
  const wakeLockWaiters = () => {
    fleet?.locks.tellLimits()
    for (const live of runs.all())
      if (waitsForLock(live.run.workflow.status)) reconciler.observe(live.uid, { kind: 'lookAgain' })
  }
  const limits = new SyncLimits({
    store,
    objects,
    allowsDatabase: config.databaseSyncLimits,
    onDatabaseChange: wakeLockWaiters,
  })
  const lockWaits = new LockWaits(telemetry)
  const table = fleet?.locks ?? lockTable(limitReader(objects, limits))
  const locks = countedLocks(table, telemetry, lockWaits)
  const world = buildWorld({
    config: config.engine,
    objects,
    revisions,
    memos,
    estimates,
    locks: givenUpLate(locks),
    random,
  })
  const { endpoints = null } = runtime
  const claimPlaces = endpoints === null ? null : new ClaimPlaces(objects, () => endpoints.now()[0]?.name ?? '')
  const claims = new Claims({
    runtime,
    confirm,
    objects,
    places: claimPlaces,
    clock,
    random,
    isBeingCleared: (uid) => leftovers.isClearing(uid),
    isOnItsWayOut: (namespace, name) => leftovers.isClearingClaim(namespace, name),
    log,
  })
  const lookups = podLookups(objects)
  const artifactContext = (namespace: string) => contextOf({ objects }, namespace)
  const observe: Reconciler['observe'] = (uid, observation) => reconciler.observe(uid, observation)
  const capacity = new Capacity({ budget: budgetOf(config, null), oversized: config.capacity.oversized })
  const scheduling =
    endpoints === null || claimPlaces === null
      ? null
      : new Scheduling({
          endpoints,
          capacity,
          placements: new Placements({ clock, store, log }),
          claims: claimPlaces,
          ensureVolume: (claim, signal) => claims.ensureVolumeOf(claim, signal),
          limits: () => config.capacity,
        })
  const pods = new Pods({
    clock,
    scheduling,
    runtime,
    confirm,
    artifacts,
    telemetry,
    log,
    capacity,
    startRate: new StartRate(clock, () => config.podRate ?? null),
    lookups,
    host,
    artifactContext,
    observe,
    onHealth,
    config,
    progressPollMs: config.progressPollMs,
    isLive: (uid) => uid === driversUid || runs.byUid(uid) !== undefined || fleet?.isComing(uid) === true,
    ...(fleet === null ? {} : { isOurs: (uid) => fleet.isOurs(uid) }),
  })
  const leftovers = new Leftovers({
    clock,
    store,
    log,
    remove: (leftover, signal) => clearLeftover(core, leftover, signal),
  })
  const expiry = new Expiry({
    clock,
    store,
    log,
    retention: config.retention,
    deleteArchived: (row) => deleteArchivedRow(core, row),
    keepsDeleted: () => config.archive?.enabled === true,
    delete: ({ uid, namespace, name }) => api.deleteWorkflow(namespace, name, { finishedUid: uid }),
    ...(fleet === null ? {} : { mayTrim: () => fleet.isLeading }),
  })
  const holds = new Holds()
  const mover = new Mover({
    clock,
    store,
    log,
    telemetry,
    holds,
    config: () => config.archive ?? noArchive,
    mayWork: () => fleet === null || fleet.isLeading,
    isBusy: () => reconciler.depth > 0,
    isTaken: (uid) => runs.byUid(uid) !== undefined,
    moved: ({ namespace, name }) => runs.forget(namespace, name),
    remove: (row) => deleteArchivedRow(core, row),
  })
  const history = new History({ clock, limits: () => config.history ?? defaultHistory })
  const reconciler: Reconciler = new Reconciler({
    clock,
    store,
    telemetry,
    log,
    runs,
    memos,
    alarms,
    history,
    longLists: config.longLists ?? defaultLongLists,
    perform: (live, effect, endSeenAt) => perform(core, live, effect, endSeenAt),
    alongside: (live, decision, finished) => [
      ...revisions.changesForRun(live),
      ...expiry.changesFor(viewOf(live, { nodes: false }), live.run.spec, finished),
      ...decision.effects.flatMap((effect) =>
        effect.kind === 'deleteClaim' ? [leftoverChange(claimLeftover(live, effect.claimName))] : [],
      ),
    ],
    report: (live, decision) => {
      report(core, live, decision)
      if (live.held && live.run.workflow.spec?.shutdown) {
        core.parallelism.force(live)
        live.held = false
        reconciler.look(live.uid)
      }
    },
    mayBegin: (live) => mayBegin(core, live, live.run.workflow),
    isToBeArchived: (live) => isToBeArchived(config.archive ?? noArchive, live.run.workflow),
    settleLocks: (live) => locks.settle(`${live.namespace}/${live.name}`),
    leave: (live) => leave(core, live),
    reopen: (live) => reopen(core, live),
    abandon: (live, error) => abandon(core, live, error),
  })
  const ownApi = buildApi(() => core)
  const api: Controller = fleet === null ? ownApi : { ...ownApi, ...fleet.forwarding.over(ownApi) }
  const { controllerNamespace } = config.engine
  const services = new ServicePods({ clock, runtime, capacity, log })
  const context = () => ({ lookups, host: host(), pullPolicy: config.pullPolicy, now: clock.now() })
  const inProcess = parts.plugins ?? []
  const plugins = new Plugins({
    clock,
    inProcess,
    configured: config.plugins,
    agents: new Agents({ clock, random, store, services, policy: () => config.policy, context }),
    installed: (namespace) =>
      config.executorPlugins ? installedPlugins(namespace, { objects, controllerNamespace, log }) : [],
  })
  const drivers = new ArtifactDrivers({
    clock,
    services,
    context,
    drivers: () => config.artifactDrivers,
    directory: config.driverDirectory,
    uid: driversUid,
    namespace: controllerNamespace,
  })
  const core: Core = {
    clock,
    random,
    store,
    runtime,
    artifacts,
    config,
    log,
    telemetry,
    hub,
    objects,
    runs,
    memos,
    estimates,
    locks,
    lockWaits,
    world,
    alarms,
    leftovers,
    pods,
    claims,
    reconciler,
    history,
    limits,
    expiry,
    archive: { holds, mover },
    revisions,
    api,
    capacity,
    engineAway,
    scheduling,
    plugins,
    inProcess,
    services,
    drivers,
    feed: new EventFeed({ clock, random }),
    parallelism:
      fleet?.turns ?? new Parallelism({ limit: config.parallelism, namespaceLimit: config.namespaceParallelism }),
    fleet,
    owners: new Owners(),
    tasks: new Tasks({ clock, log, artifacts, lookups, plugins, claims, api, artifactContext, observe }),
    cron: new Cron({ clock, random, store, objects, runs, config, telemetry, log, api }),
    creating: new Creations(),
  }
  objects.onChange((change) => afterObjectChange(core, change, wakeLockWaiters))
  return core
}

function fleetSideOf({ fleet, sharing, store, config }: ControllerParts, core: () => Core): FleetSide | null {
  if (fleet === undefined) return null
  const limits: LimitReader = (lock) => limitReader(core().objects, core().limits)(lock)
  return new FleetSide({ core, port: fleet, config: sharing ?? defaultSharing, controller: config, store, limits })
}

/** As the engine sees the table: what a decision releases is for others only once the decision is stored. */
const givenUpLate = (locks: Locks): Locks => ({
  ...locks,
  release: (holder) => locks.giveUp(holder),
  releaseWorkflow: (key) => locks.giveUpWorkflow(key),
})

/** Who waits for an object looks again when it changes. */
function afterObjectChange(
  core: Core,
  { kind, namespace, name, after }: ObjectChange,
  wakeLockWaiters: () => void,
): void {
  core.revisions.follow(kind, after)
  if (kind === 'PersistentVolumeClaim' && after === null) core.scheduling?.forgetClaim({ namespace, name })
  if (kind === 'ConfigMap') wakeLockWaiters()
  if (kind === 'ConfigMap' || kind === 'Secret' || kind === 'PersistentVolumeClaim') core.pods.nudge()
  if (kind !== 'CronWorkflow') return
  if (after === null) core.cron.forget({ namespace, name })
  else core.cron.look(after as CronWorkflow)
}

function waitsForLock(
  status:
    | {
        readonly synchronization?: {
          readonly mutex?: { readonly waiting?: readonly unknown[] }
          readonly semaphore?: { readonly waiting?: readonly unknown[] }
        }
      }
    | undefined,
): boolean {
  const { mutex, semaphore } = status?.synchronization ?? {}
  return (mutex?.waiting?.length ?? 0) > 0 || (semaphore?.waiting?.length ?? 0) > 0
}

/** What is not configured is the host's; until the host is known, there is no limit. */
export function budgetOf({ capacity }: ControllerConfig, host: HostFacts | null): Budget {
  return {
    cpus: capacity.cpus ?? host?.cpus ?? Infinity,
    memoryBytes: capacity.memoryBytes ?? host?.memoryBytes ?? Infinity,
    containers: capacity.containersMax,
  }
}
