/** The controller put together: parts in, the door for server, sources and CLI out. */
import { WorldError } from '../resources/index.ts'
import { budgetOf, buildCore } from './build-core.ts'
import type { ControllerParts } from './build-core.ts'
import { persevere, quickBackOff } from './back-off.ts'
import type { HostFacts } from './pods/pod-parts.ts'
import type { Controller } from './port.ts'
import { isKept, loadRuns, repeatEffects } from './recovery.ts'
import type { ControllerSnapshot } from './snapshot.ts'
import { snapshotOf } from './snapshot.ts'

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
