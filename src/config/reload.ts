/** Settings that were read anew while a daemon runs: which take effect now, and which only a restart brings. */
import type { ArgoSettings } from './argo-settings.ts'
import type { Config } from './config.ts'
import { liveEndpointFields } from './endpoint-settings.ts'
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
  'archive',
  'persistence.archive',
  'persistence.archiveTTL',
  'persistence.archiveLabelSelector',
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
  const isLive = (name: string) =>
    liveSettings.includes(name) ||
    liveSettings.includes(name.split('.')[0] ?? '') ||
    isLiveEndpointField(running, wanted, name)
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
  argo['persistence'] = persistenceOf(running.argo, wanted.argo)
  if (argo['persistence'] === undefined) delete argo['persistence']
  const { level, components } = wanted.log
  return {
    ...running,
    log: { ...running.log, level, components },
    policy: wanted.policy,
    capacity: wanted.capacity,
    docker: {
      ...running.docker,
      pullPolicy: wanted.docker.pullPolicy,
      endpoints: running.docker.endpoints.map((endpoint) => {
        const next = wanted.docker.endpoints.find(({ name }) => name === endpoint.name)
        if (next === undefined) return endpoint
        return { ...endpoint, labels: next.labels, capacity: next.capacity, schedulable: next.schedulable }
      }),
    },
    disk: wanted.disk,
    executorPlugins: wanted.executorPlugins,
    metrics: { ...running.metrics, workflows: wanted.metrics.workflows },
    podGCDeleteDelayMs: wanted.podGCDeleteDelayMs,
    initialDelayMs: wanted.initialDelayMs,
    history: wanted.history,
    archive: wanted.archive,
    argo,
  }
}

/** Where the database is stays as it was; what is archived may change. */
function persistenceOf(running: ArgoSettings, wanted: ArgoSettings): ArgoSettings['persistence'] {
  if (running.persistence === undefined && wanted.persistence === undefined) return undefined
  const { archive: _on, archiveTTL: _ttl, archiveLabelSelector: _selector, ...others } = running.persistence ?? {}
  const { archive, archiveTTL, archiveLabelSelector } = wanted.persistence ?? {}
  return {
    ...others,
    ...(archive === undefined ? {} : { archive }),
    ...(archiveTTL === undefined ? {} : { archiveTTL }),
    ...(archiveLabelSelector === undefined ? {} : { archiveLabelSelector }),
  }
}

/** Sections of Drydock's own one level down, each value as text. */
function flat(settings: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const sections = new Set([
    'server',
    'metrics',
    'docker',
    'log',
    'folder',
    'artifacts',
    'disk',
    'policy',
    'capacity',
    'persistence',
  ])
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'docker') addEndpoints(found, value as { readonly endpoints?: readonly EndpointFields[] })
    if (!sections.has(name)) found.set(name, JSON.stringify(value))
    else
      for (const [inner, part] of Object.entries(value as object))
        if (inner !== 'endpoints') found.set(`${name}.${inner}`, JSON.stringify(part))
  }
  return found
}

type EndpointFields = Readonly<Record<string, unknown>> & { readonly name: string }

/** Each endpoint by its name: what may change while the daemon runs by itself, the rest as one. */
function addEndpoints(
  found: Map<string, string>,
  { endpoints = [] }: { readonly endpoints?: readonly EndpointFields[] },
): void {
  for (const endpoint of endpoints) {
    const rest: Record<string, unknown> = { ...endpoint }
    for (const field of liveEndpointFields) {
      found.set(`docker.endpoints.${endpoint.name}.${field}`, JSON.stringify(endpoint[field]))
      delete rest[field]
    }
    found.set(`docker.endpoints.${endpoint.name}`, JSON.stringify(rest))
  }
}

/** Of an endpoint that comes or goes with the next start, nothing changes now. */
function isLiveEndpointField(running: Config, wanted: Config, setting: string): boolean {
  const [, name = '', field = ''] = /^docker[.]endpoints[.]([^.]+)[.]([^.]+)$/.exec(setting) ?? []
  const isIn = ({ docker }: Config) => docker.endpoints.some((endpoint) => endpoint.name === name)
  return liveEndpointFields.some((live) => live === field) && isIn(running) && isIn(wanted)
}
