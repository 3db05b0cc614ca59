/** The Config as YAML that a settings file may hold: read again, it comes to the same. */
import { stringify } from 'yaml'
import { archiveSettingsOf } from './archive-settings.ts'
import type { Config } from './config.ts'
import { endpointSettingsOf } from './endpoint-settings.ts'
import { ownSettings } from './settings.ts'

/** Passwords in URLs are masked; other secrets stand only in files that settings name. */
export function showConfig(config: Config): string {
  return stringify(settingsOf(config)).replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/]+@/gi, '$1***@')
}

/** Settings that come to this Config. What is `null` in it is left out: it says that nothing was set. */
export function settingsOf(config: Config): Readonly<Record<string, unknown>> {
  const { argo, dataDir, artifactsDir, podGCDeleteDelayMs, initialDelayMs: _, metricsTtlMs, disk, ...own } = config
  const argoOnly = Object.fromEntries(Object.entries(argo).filter(([key]) => !(key in ownSettings)))
  const { memoryBytes, ...capacity } = own.capacity
  const { name, advertise, takeOverAfterMs, silentAfterMs } = own.controller
  const { endpoints } = own.docker
  const settings = {
    data: dataDir,
    ...own,
    controller: { name, advertise, takeOverAfter: `${takeOverAfterMs}ms`, silentAfter: `${silentAfterMs}ms` },
    capacity: { ...capacity, memory: memoryBytes === null ? null : String(memoryBytes) },
    docker: {
      ...own.docker,
      startConcurrency: own.docker.startConcurrency ?? 0,
      endpoints: endpoints.length === 0 ? null : endpointSettingsOf(endpoints),
    },
    archive: archiveSettingsOf(own.archive),
    disk: { freeMin: String(disk.freeMinBytes) },
    artifacts: { dir: artifactsDir },
    ...argoOnly,
    podGCDeleteDelayDuration: `${podGCDeleteDelayMs}ms`,
    ...(metricsTtlMs === 0 ? {} : { metricsConfig: { ...argo.metricsConfig, metricsTTL: `${metricsTtlMs}ms` } }),
  }
  return withoutNulls(settings) as Readonly<Record<string, unknown>>
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && inner !== undefined)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  )
}
