/** Settings that were read anew while a daemon runs: which take effect now, and which only a restart brings. */
import type { ArgoSettings } from './argo-settings.ts'
import type { Config } from './config.ts'
import { settingsOf } from './show.ts'

/** Top-level settings, or `section.setting`, that a running daemon takes over. Everything else needs a restart. */
export const liveSettings: readonly string[] = [
  'log.level',
  'log.components',
  'policy',
  'capacity',
  'docker.pullPolicy',
  'disk',
  'metrics.workflows',
  'parallelism',
  'namespaceParallelism',
  'retentionPolicy',
  'workflowDefaults',
  'workflowRestrictions',
  'artifactRepository',
  'artifactDrivers',
  'executorPlugins',
  'images',
  'mainContainer',
  'podGCDeleteDelayDuration',
  'podGCGracePeriodSeconds',
  'resourceRateLimit',
  'initialDelay',
  'history',
  'links',
  'columns',
  'navColor',
]

const liveArgo = [
  'parallelism',
  'namespaceParallelism',
  'retentionPolicy',
  'workflowDefaults',
  'workflowRestrictions',
  'artifactRepository',
  'artifactDrivers',
  'images',
  'mainContainer',
  'podGCDeleteDelayDuration',
  'podGCGracePeriodSeconds',
  'resourceRateLimit',
  'initialDelay',
  'links',
  'columns',
  'navColor',
] as const satisfies readonly (keyof ArgoSettings)[]

export type ReloadPlan = {
  /** What the daemon is to go by from now on: the running one with what may change taken over. */
  readonly config: Config
  /** Names of settings that differ and take effect now, sorted. */
  readonly applied: readonly string[]
  /** Names of settings that differ and do not. */
  readonly pending: readonly string[]
}

export function planReload(running: Config, wanted: Config): ReloadPlan {
  const [before, after] = [flat(settingsOf(running)), flat(settingsOf(wanted))]
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  const differing = names.filter((name) => before.get(name) !== after.get(name))
  const isLive = (name: string) => liveSettings.includes(name) || liveSettings.includes(name.split('.')[0] ?? '')
  return {
    config: takenOver(running, wanted),
    applied: differing.filter(isLive),
    pending: differing.filter((name) => !isLive(name)),
  }
}

function takenOver(running: Config, wanted: Config): Config {
  const argo: Record<string, unknown> = { ...running.argo }
  for (const key of liveArgo) {
    if (wanted.argo[key] === undefined) delete argo[key]
    else argo[key] = wanted.argo[key]
  }
  const { level, components } = wanted.log
  return {
    ...running,
    log: { ...running.log, level, components },
    policy: wanted.policy,
    capacity: wanted.capacity,
    docker: { ...running.docker, pullPolicy: wanted.docker.pullPolicy },
    disk: wanted.disk,
    executorPlugins: wanted.executorPlugins,
    metrics: { ...running.metrics, workflows: wanted.metrics.workflows },
    podGCDeleteDelayMs: wanted.podGCDeleteDelayMs,
    initialDelayMs: wanted.initialDelayMs,
    history: wanted.history,
    argo,
  }
}

/** Sections of Drydock's own one level down, each value as text. */
function flat(settings: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const sections = new Set(['server', 'metrics', 'docker', 'log', 'folder', 'artifacts', 'disk', 'policy', 'capacity'])
  for (const [name, value] of Object.entries(settings)) {
    if (!sections.has(name)) found.set(name, JSON.stringify(value))
    else
      for (const [inner, part] of Object.entries(value as object)) found.set(`${name}.${inner}`, JSON.stringify(part))
  }
  return found
}
