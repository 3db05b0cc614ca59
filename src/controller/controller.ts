/** The controller put together: parts in, the door for server, sources and CLI out. */
import type { PluginEndpoint } from '../artifacts/index.ts'
import { ensureCacheMap } from './api/caches.ts'
import { goOnDeleting } from './api/delete.ts'
import { WorldError, workflowUid } from '../resources/index.ts'
import { budgetOf, buildCore } from './build-core.ts'
import type { ControllerParts } from './build-core.ts'
import { persevere } from './back-off.ts'
import type { ControllerConfig } from './config.ts'
import { oldestWorkflows, stuckCounts } from './figures.ts'
import type { WorkflowFigures } from './figures.ts'
import { dropPlacements } from './pods/placements.ts'
import type { HostFacts } from './pods/host-facts.ts'
import type { Controller } from './port.ts'
import { ownCopy, reconfigure } from './reconfigure.ts'
import { isKept, loadRuns, setGoing } from './recovery.ts'
import type { FleetFigures } from './fleet/fleet-side.ts'
import { forgetLostFiles } from './lost-files.ts'
import { removeStrayVolumes } from './stray-volumes.ts'
import type { ControllerSnapshot } from './snapshot.ts'
import { snapshotOf } from './snapshot.ts'

export type RunningController = Controller & {
  /** Takes up what is stored; resolves when work goes on. The runtime may be away: pods wait for it. */
  start(): Promise<void>
  /** Takes nothing new and ends cleanly; containers go on and are adopted at the next start. */
  drain(): Promise<void>
  snapshot(): ControllerSnapshot
  /** Workflows that wait for their turn in the loop. */
  queueDepth(): number
  /** Where the driver container of an artifact plugin answers, once it runs. */
  artifactDriver(name: string, signal?: AbortSignal): Promise<PluginEndpoint>
  /** The unfinished workflows that are oldest. */
  oldestWorkflows(most: number): readonly WorkflowFigures[]
  /** For each number of seconds, how many workflows have stood still for so long without an excuse. */
  stuckWorkflows(secondsLeast: readonly number[]): readonly number[]
  /** How log lines name an unfinished workflow. */
  nameOf(uid: string): { readonly workflow: string; readonly namespace: string } | null
  /** Takes over what may change while running: see reconfigure.ts. */
  reconfigure(config: ControllerConfig): void
  health(): ControllerHealth
  /** Who shares the work; `null`: this controller is the only one. */
  fleet(): FleetFigures | null
  /** Who has the workflow, where that is another controller, and where its API answers. */
  elsewhere(namespace: string, name: string): Promise<{ readonly owner: string; readonly url: string | null } | null>
}

export type ControllerHealth = {
  readonly isStarted: boolean
  readonly isDraining: boolean
  /** The database was not reached for so long that another controller may have our workflows: nothing is started. */
  readonly isFenced: boolean
  /** `reason`: empty where it answers. */
  readonly engine: { readonly ok: boolean; readonly reason: string }
}

/** How long the end waits for driver containers to be gone; what is left goes at the next start. */
const driversEndMs = 3_000

export function createController(given: ControllerParts): RunningController {
  const config = ownCopy(given.config)
  const parts = { ...given, config }
  const { clock, runtime, log } = parts
  const health = {
    runtime: false,
    reason: 'the container engine has not answered yet',
    isStarted: false,
    isDraining: false,
  }
  const host: { facts: HostFacts; isKnown?: boolean } = {
    facts: { name: config.engine.hostNodeName, cpus: 1, memoryBytes: 2 ** 31 },
  }
  const ending = new AbortController()
  const core = buildCore(parts, {
    host: () => host.facts,
    engineAway: () => (health.runtime ? null : health.reason),
    onHealth: (isHealthy, reason) => {
      if (health.runtime !== isHealthy)
        log[isHealthy ? 'info' : 'warn'](
          { reason },
          isHealthy ? 'the container engine answers' : 'the container engine is away',
        )
      health.runtime = isHealthy
      core.fleet?.engineHealth(isHealthy)
      health.reason = reason
      if (isHealthy && host.isKnown === true && core.fleet === null) void learnSize().catch(() => undefined)
    },
  })

  const { store } = core

  async function learnHost(): Promise<void> {
    const info = await persevere(() => runtime.info(ending.signal), {
      clock,
      signal: ending.signal,
    })
    takeSize(info)
    host.isKnown = true
    for (const warning of info.warnings) log.warn({}, warning)
    await core.fleet?.engineKnown(info)
  }

  function takeSize({ hostName, cpus, memoryBytes }: Awaited<ReturnType<typeof runtime.info>>): void {
    host.facts = { name: config.engine.hostNodeName || hostName, cpus, memoryBytes }
    if (core.scheduling === null) core.capacity.setBudget(budgetOf(config, host.facts))
  }

  /** An engine that says anew that it answers may be of another size: a larger host, a swarm with more machines. */
  async function learnSize(): Promise<void> {
    takeSize(await runtime.info(ending.signal))
  }

  /** What is kept is read in the store, which may be away: what is left over then is looked at again. */
  const sweep = (): Promise<void> =>
    persevere(() => sweepOnce(), {
      clock,
      signal: ending.signal,
    })

  async function start(): Promise<void> {
    const { fleet } = core
    const since = await store.currentVersion()
    core.hub.begin(since)
    await fleet?.begin(since)
    await core.objects.load()
    await Promise.all([core.memos.load(store), core.owners.load(store), core.limits.load(), core.estimates.load(store)])
    const { scheduling } = core
    if (scheduling !== null) await scheduling.placements.load()
    else if (fleet === null) await dropPlacements(store)
    const runs = await loadRuns(core)
    await fleet?.grants.know()
    await core.revisions.load()
    await Promise.all(core.memos.names().map((name) => ensureCacheMap(core, name)))
    if (fleet !== null) runtime.share?.((uid) => fleet.isOurs(uid))
    core.pods.start()
    core.services.start()
    const ignoreAbort = (error: unknown) => {
      if (!ending.signal.aborted)
        log.error({ error: String(error) }, 'the container engine could not be asked about itself')
    }
    void learnHost().catch(ignoreAbort)
    await setGoing(core, runs)
    void sweep().catch(ignoreAbort)
    await core.leftovers.resume()
    await goOnDeleting(core)
    await core.expiry.start()
    core.archive.mover.start()
    if (fleet === null) core.cron.start()
    else fleet.open()
    health.isStarted = true
    log.info({ workflows: runs.length }, 'controller started')
  }

  async function sweepOnce(): Promise<void> {
    if (core.fleet !== null) {
      await core.fleet.learnKept()
      await core.pods.relist()
    }
    await core.pods.sweep((state) => isKept(core, state))
    await core.scheduling?.placements.prune((uid) => core.runs.byUid(uid) !== undefined)
    // A store that has to be asked who leads is one that others work on, maybe with this folder.
    if (store.confirm === undefined) return
    await forgetLostFiles(core)
    await removeStrayVolumes(core, ending.signal)
  }

  async function drain(): Promise<void> {
    health.isDraining = true
    await core.fleet?.drain()
    ending.abort(new WorldError('DRAINING', 'the daemon is stopping', { retryable: false }))
    await core.cron.stop()
    core.expiry.close()
    await core.archive.mover.close()
    core.leftovers.close()
    await core.reconciler.stop()
    await core.fleet?.handOver()
    core.tasks.close()
    await Promise.race([core.drivers.close(), clock.sleep(driversEndMs)])
    core.services.close()
    core.pods.close()
    core.fleet?.close()
    core.alarms.clearAll()
  }

  const readiness = () => {
    const reasons: string[] = []
    if (!health.isStarted) reasons.push('the controller is starting')
    if (health.isDraining) reasons.push('the daemon is stopping')
    if (!health.runtime) reasons.push(health.reason)
    return { ready: reasons.length === 0, reasons }
  }

  return {
    ...core.api,
    fleet: () => core.fleet?.figures() ?? null,
    elsewhere: (namespace, name) => core.fleet?.forwarding.elsewhere(namespace, name) ?? Promise.resolve(null),
    readiness,
    start,
    drain,
    snapshot: () => snapshotOf(core),
    queueDepth: () => core.reconciler.depth,
    artifactDriver: (name, signal) => core.drivers.endpoint(name, signal),
    oldestWorkflows: (most) => oldestWorkflows(core, most),
    stuckWorkflows: (secondsLeast) => stuckCounts(core, secondsLeast),
    nameOf: (uid) => {
      const live = core.runs.byUid(workflowUid(uid))
      return live === undefined ? null : { workflow: live.name, namespace: live.namespace }
    },
    reconfigure: (next) => reconfigure(core, config, next, host.isKnown === true ? host.facts : null),
    health: () => {
      const { isStarted, isDraining, runtime: ok, reason } = health
      const isFenced = core.fleet?.isFenced === true
      return { isStarted, isDraining, isFenced, engine: { ok, reason: ok ? '' : reason } }
    },
  }
}
