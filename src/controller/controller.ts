/** The controller put together: parts in, the door for server, sources and CLI out. */
import type { Artifacts } from '../artifacts/index.ts'
import { lockTable } from '../engine/index.ts'
import type { Locks } from '../engine/index.ts'
import type { Clock, CronWorkflow, Random } from '../resources/index.ts'
import { WorldError } from '../resources/index.ts'
import type { Runtime } from '../runtime/port.ts'
import type { Store } from '../store/port.ts'
import { Alarms } from './alarms.ts'
import { contextOf } from './api/artifact.ts'
import { buildApi } from './api/api.ts'
import { deleteWorkflow } from './api/delete.ts'
import { persevere, quickBackOff } from './back-off.ts'
import type { ControllerConfig } from './config.ts'
import type { Core } from './core.ts'
import { Cron } from './cron/cron.ts'
import { abandon, leave } from './ending.ts'
import { Estimates } from './estimates.ts'
import { EventFeed } from './event-feed.ts'
import { Expiry } from './expiry.ts'
import { leftoverChange, Leftovers } from './leftovers.ts'
import { viewOf } from './live-run.ts'
import { Memos } from './memos.ts'
import type { ObjectChange } from './objects.ts'
import { ObjectTable } from './objects.ts'
import { reopen } from './open-run.ts'
import { Owners } from './owners.ts'
import { Parallelism } from './parallelism.ts'
import { claimLeftover, clearLeftover, perform } from './perform.ts'
import type { Budget } from './pods/capacity.ts'
import { Capacity } from './pods/capacity.ts'
import type { HostFacts } from './pods/pod-parts.ts'
import { Pods } from './pods/pods.ts'
import type { Controller } from './port.ts'
import { Reconciler } from './reconcile.ts'
import { isKept, loadRuns, repeatEffects } from './recovery.ts'
import { report } from './report.ts'
import { RunTable } from './run-table.ts'
import type { ControllerSnapshot } from './snapshot.ts'
import { snapshotOf } from './snapshot.ts'
import { SyncLimits } from './sync-limits.ts'
import { Claims } from './tasks/claims.ts'
import type { InProcessPlugin } from './tasks/plugin.ts'
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
}

export type RunningController = Controller & {
  /** Takes up what is stored; resolves when work goes on. The runtime may be away: pods wait for it. */
  start(): Promise<void>
  /** Takes nothing new and ends cleanly; containers go on and are adopted at the next start. */
  drain(): Promise<void>
  snapshot(): ControllerSnapshot
}

export function createController(parts: ControllerParts): RunningController {
  const { clock, store, runtime, config, log } = parts
  const health = {
    runtime: false,
    reason: 'the container engine has not answered yet',
    isStarted: false,
    isDraining: false,
  }
  const host: { facts: HostFacts } = { facts: { name: config.engine.hostNodeName, cpus: 1, memoryBytes: 2 ** 31 } }
  const ending = new AbortController()
  const core = buildCore(parts, {
    host: () => host.facts,
    onHealth: (isHealthy, reason) => {
      if (health.runtime !== isHealthy)
        log[isHealthy ? 'info' : 'warn'](
          { reason },
          isHealthy ? 'the container engine answers' : 'the container engine is away',
        )
      health.runtime = isHealthy
      health.reason = reason
    },
  })

  async function learnHost(): Promise<void> {
    const info = await persevere(() => runtime.info(ending.signal), {
      clock,
      backOff: quickBackOff,
      signal: ending.signal,
    })
    host.facts = { name: config.engine.hostNodeName || info.hostName, cpus: info.cpus, memoryBytes: info.memoryBytes }
    core.capacity.setBudget(budgetOf(config, host.facts))
    for (const warning of info.warnings) log.warn({}, warning)
  }

  async function start(): Promise<void> {
    core.hub.begin(await store.currentVersion())
    await core.objects.load()
    await Promise.all([core.memos.load(store), core.owners.load(store), core.limits.load(), core.estimates.load(store)])
    const runs = await loadRuns(core)
    core.pods.start()
    const ignoreAbort = (error: unknown) => {
      if (!ending.signal.aborted)
        log.error({ error: String(error) }, 'the container engine could not be asked about itself')
    }
    void learnHost().catch(ignoreAbort)
    for (const live of runs) {
      repeatEffects(core, live)
      core.reconciler.look(live.uid)
    }
    await core.reconciler.idle()
    void core.pods.sweep((state) => isKept(core, state)).catch(ignoreAbort)
    await core.leftovers.resume()
    await core.expiry.start()
    core.cron.start()
    health.isStarted = true
    log.info({ workflows: runs.length }, 'controller started')
  }

  async function drain(): Promise<void> {
    health.isDraining = true
    ending.abort(new WorldError('DRAINING', 'the daemon is stopping', { retryable: false }))
    await core.cron.stop()
    core.expiry.close()
    core.leftovers.close()
    await core.reconciler.stop()
    core.tasks.close()
    core.pods.close()
    core.alarms.clearAll()
  }

  const readiness = () => {
    const reasons: string[] = []
    if (!health.isStarted) reasons.push('the controller is starting')
    if (health.isDraining) reasons.push('the daemon is stopping')
    if (!health.runtime) reasons.push(health.reason)
    return { ready: reasons.length === 0, reasons }
  }

  return { ...core.api, readiness, start, drain, snapshot: () => snapshotOf(core) }
}

type Surroundings = { readonly host: () => HostFacts; readonly onHealth: (isHealthy: boolean, reason: string) => void }

function buildCore(parts: ControllerParts, { host, onHealth }: Surroundings): Core & { readonly capacity: Capacity } {
  const { clock, random, store, runtime, artifacts, config, log, telemetry } = parts
  const hub = new WatchHub({ size: config.watchRingSize, version: 0 })
  const objects = new ObjectTable({ store, telemetry, publish: (event) => hub.publish(event) })
  const runs = new RunTable({ finishedKept: config.finishedKept })
  const memos = new Memos((name) => configMapIn(objects, config.engine.controllerNamespace, name))
  const estimates = new Estimates()
  const alarms = new Alarms(clock)
  const wakeLockWaiters = () => {
    for (const live of runs.all())
      if (waitsForLock(live.run.workflow.status)) reconciler.observe(live.uid, { kind: 'lookAgain' })
  }
  const limits = new SyncLimits({
    store,
    objects,
    allowsDatabase: config.databaseSyncLimits,
    onDatabaseChange: wakeLockWaiters,
  })
  const locks = counted(lockTable(limitReader(objects, limits)), telemetry)
  const world = buildWorld({ config: config.engine, objects, memos, estimates, locks, random })
  const claims = new Claims({ runtime, objects, clock, random, isBeingCleared: (uid) => leftovers.isClearing(uid) })
  const lookups = podLookups(objects)
  const artifactContext = (namespace: string) => contextOf({ objects }, namespace)
  const observe: Reconciler['observe'] = (uid, observation) => reconciler.observe(uid, observation)
  const capacity = new Capacity({ budget: budgetOf(config, null), oversized: config.capacity.oversized })
  const pods = new Pods({
    clock,
    runtime,
    artifacts,
    telemetry,
    log,
    capacity,
    lookups,
    host,
    artifactContext,
    observe,
    onHealth,
    pullPolicy: config.pullPolicy,
    policy: config.policy,
    progressPollMs: config.progressPollMs,
    isLive: (uid) => runs.byUid(uid) !== undefined,
  })
  const leftovers = new Leftovers({ store, log, remove: (leftover, signal) => clearLeftover(core, leftover, signal) })
  const expiry = new Expiry({
    clock,
    store,
    log,
    retention: config.retention,
    delete: (namespace, name) => deleteWorkflow(core, namespace, name),
  })
  const reconciler: Reconciler = new Reconciler({
    clock,
    store,
    telemetry,
    log,
    runs,
    memos,
    alarms,
    perform: (live, effect, endSeenAt) => perform(core, live, effect, endSeenAt),
    alongside: (live, decision, finished) => [
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
    leave: (live) => leave(core, live),
    reopen: (live) => reopen(core, live),
    abandon: (live, error) => abandon(core, live, error),
  })
  const api = buildApi(() => core)
  const plugins = new Plugins({ clock, configured: config.plugins, inProcess: parts.plugins ?? [] })
  const core: Core & { readonly capacity: Capacity } = {
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
    world,
    alarms,
    leftovers,
    pods,
    claims,
    reconciler,
    limits,
    expiry,
    api,
    capacity,
    feed: new EventFeed({ clock, random }),
    parallelism: new Parallelism({ limit: config.parallelism, namespaceLimit: config.namespaceParallelism }),
    owners: new Owners(),
    tasks: new Tasks({ clock, log, artifacts, lookups, plugins, claims, api, artifactContext, observe }),
    cron: new Cron({ clock, random, store, objects, runs, config, telemetry, log, api }),
    creating: new Set(),
  }
  objects.onChange((change) => afterObjectChange(core, change, wakeLockWaiters))
  return core
}

/** The lock table, with what it gives out told to telemetry. */
function counted(locks: Locks, telemetry: Telemetry): Locks {
  const acquire: Locks['acquire'] = (request) => {
    const answer = locks.acquire(request)
    if (answer.kind === 'acquired')
      for (const { name, mutex, kind } of answer.fresh) {
        const namespace = name.split('/')[0] ?? ''
        telemetry.lockTaken({ name, mutex, storage: kind === 'Database' ? 'database' : 'configmap', namespace })
      }
    return answer
  }
  return {
    acquire,
    release: (holder) => locks.release(holder),
    releaseWorkflow: (key) => locks.releaseWorkflow(key),
    restore: (holder, uid, lock) => locks.restore(holder, uid, lock),
    holdersOf: (name) => locks.holdersOf(name),
    snapshot: () => locks.snapshot(),
  }
}

/** Who waits for an object looks again when it changes. */
function afterObjectChange(
  core: Core,
  { kind, namespace, name, after }: ObjectChange,
  wakeLockWaiters: () => void,
): void {
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
function budgetOf({ capacity }: ControllerConfig, host: HostFacts | null): Budget {
  return {
    cpus: capacity.cpus ?? host?.cpus ?? Infinity,
    memoryBytes: capacity.memoryBytes ?? host?.memoryBytes ?? Infinity,
    containers: capacity.containersMax,
  }
}
