/** Settings that may change while the controller works, and how each part hears of them. */
import { admit } from './admit.ts'
import { budgetOf } from './build-core.ts'
import type { ControllerConfig } from './config.ts'
import type { Core } from './core.ts'
import type { HostFacts } from './pods/host-facts.ts'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
/** The controller's own copy, which its parts read afresh each time. */
export type LiveConfig = Mutable<ControllerConfig>

export const ownCopy = (config: ControllerConfig): LiveConfig => ({ ...config, engine: { ...config.engine } })

/**
 * What else differs (the watch ring, plugins, names) is left as it was: only a restart changes it. Limits count for what
 * begins from now on; what has begun goes on.
 */
export function reconfigure(core: Core, live: LiveConfig, next: ControllerConfig, host: HostFacts | null): void {
  const { workflowDefaults, artifactRepository, mainContainer, images, podGCDeleteDelayMs, templateReferencing } =
    next.engine
  const { workflowPlugins, artifactDrivers, killGraceMs } = next.engine
  Object.assign(live.engine, {
    workflowDefaults,
    artifactRepository,
    mainContainer,
    images,
    podGCDeleteDelayMs,
    templateReferencing,
    workflowPlugins,
    artifactDrivers,
    killGraceMs,
  })
  live.executorPlugins = next.executorPlugins
  live.artifactDrivers = next.artifactDrivers
  core.drivers.settle()
  live.policy = next.policy
  live.pullPolicy = next.pullPolicy
  live.capacity = next.capacity
  live.parallelism = next.parallelism
  live.namespaceParallelism = next.namespaceParallelism
  live.retention = next.retention
  live.podRate = next.podRate
  if (next.history !== undefined) live.history = next.history
  if (next.archive !== undefined) live.archive = next.archive
  live.initialDelayMs = next.initialDelayMs ?? 0
  if (core.scheduling === null) core.capacity.setBudget(budgetOf(live, host), live.capacity.oversized)
  else core.scheduling.settleRooms()
  core.expiry.setRetention(live.retention)
  core.archive.mover.start()
  const limits = { limit: live.parallelism, namespaceLimit: live.namespaceParallelism }
  for (const uid of core.parallelism.setLimits(limits)) admit(core, uid)
  core.pods.nudge()
}
