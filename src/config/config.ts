/** The one typed Config: every setting with its value, defaults filled in, texts turned into numbers. */
import { resolve } from 'node:path'
import { parseGoDuration, parseQuantity } from '../expressions/index.ts'
import { archivePolicyOf } from './archive-settings.ts'
import type { ArchivePolicy } from './archive-settings.ts'
import type { ArgoSettings } from './argo-settings.ts'
import { sharingConfigOf } from './controller-settings.ts'
import type { SharingConfig } from './controller-settings.ts'
import { endpointsOf } from './endpoint-settings.ts'
import type { EndpointConfig } from './endpoint-settings.ts'
import { InvalidSettings } from './problems.ts'
import type { SettingsProblem } from './problems.ts'
import type { LogLevel, Settings } from './settings.ts'
import type { StoreConfig } from './store-settings.ts'
import { swarmConfigOf } from './swarm-settings.ts'
import type { SwarmConfig } from './swarm-settings.ts'
import { tableConfigOf } from './table-settings.ts'
import type { TableConfig } from './table-settings.ts'

export type Policy = {
  readonly privileged: boolean
  readonly capabilities: readonly string[]
  readonly hostPaths: readonly string[]
  readonly hostNamespaces: boolean
  readonly devices: boolean
}

export type Config = {
  /** Absolute. */
  readonly dataDir: string
  /** Absolute; empty: no folder is watched. */
  readonly folders: readonly string[]
  readonly namespace: string
  readonly timezone: string
  /** `null`: drawn once for the data directory. */
  readonly instance: string | null
  readonly controller: SharingConfig
  readonly server: {
    readonly host: string
    readonly port: number
    readonly tokenFile: string | null
    readonly baseHref: string
    readonly accessControlAllowOrigin: string | null
    readonly allowedLinkProtocols: readonly string[]
  }
  readonly metrics: {
    readonly enabled: boolean
    readonly host: string
    readonly port: number
    readonly path: string
    readonly workflows: number
  }
  readonly policy: Policy
  readonly capacity: {
    readonly cpus: number | null
    readonly memoryBytes: number | null
    readonly containersMax: number
    readonly oversized: 'wait' | 'run'
  }
  readonly runtime: 'docker' | 'swarm'
  readonly swarm: SwarmConfig
  readonly docker: {
    readonly host: string | null
    /** `null`: the engine's default bridge. */
    readonly network: string | null
    /** `null`: adapts to how long starts take. */
    readonly startConcurrency: number | null
    readonly pullPolicy: 'Argo' | 'IfNotPresent'
    /** Empty: the one engine at `host`. */
    readonly endpoints: readonly EndpointConfig[]
  }
  readonly log: {
    readonly level: LogLevel
    readonly format: 'auto' | 'json' | 'pretty'
    readonly components: Readonly<Record<string, LogLevel>>
  }
  readonly disk: { readonly freeMinBytes: number }
  readonly folder: { readonly settleMs: number; readonly templateWaitMs: number; readonly status: boolean }
  readonly table: TableConfig
  readonly store: StoreConfig
  readonly artifactsDir: string
  readonly plugins: readonly { readonly name: string; readonly address: string; readonly tokenFile?: string }[]
  readonly executorPlugins: { readonly enabled: boolean; readonly workflowLevel: boolean }
  /** Absolute; `null`: there is none. */
  readonly pluginFolder: string | null
  readonly watchRingSize: number
  readonly finishedKept: number
  readonly archive: ArchivePolicy
  /** Decisions that a workflow's history keeps. */
  readonly history: { readonly first: number; readonly newest: number }
  readonly podGCDeleteDelayMs: number
  readonly initialDelayMs: number
  /** Milliseconds after which a custom metric that nobody updated is dropped; 0: never. */
  readonly metricsTtlMs: number
  /** Argo's own keys, as they stand. */
  readonly argo: ArgoSettings
}

/** @param base folder that relative paths are relative to */
export function configOf(settings: Settings, base: string): Config {
  const problems: SettingsProblem[] = []
  const tell = (message: string, path: string): void => void problems.push({ message, path })
  const durationMs = (path: string, text: string | undefined, fallback: number): number => {
    if (text === undefined || text === '') return fallback
    const parsed = parseGoDuration(/^\d+$/.test(text) ? `${text}s` : text)
    if (parsed.ok) return Number(parsed.value / 1_000_000n)
    tell(parsed.error, path)
    return fallback
  }
  const bytes = (path: string, text: string | undefined): number | null => {
    if (text === undefined) return null
    const parsed = parseQuantity(text)
    if (parsed.ok) return Number(parsed.value.value)
    tell(parsed.error, path)
    return null
  }
  const {
    server = {},
    metrics = {},
    policy = {},
    capacity = {},
    docker = {},
    log = {},
    folder = {},
    store = {},
    disk = {},
    metricsConfig = {},
  } = settings
  const dataDir = resolve(base, settings.data ?? '.drydock')
  const config: Config = {
    dataDir,
    folders: (settings.folders ?? []).map((path) => resolve(base, path)),
    namespace: settings.namespace ?? 'default',
    timezone: settings.timezone ?? 'UTC',
    instance: settings.instance ?? null,
    controller: sharingConfigOf(settings.controller, durationMs, tell),
    server: {
      host: server.host ?? '127.0.0.1',
      port: server.port ?? 2746,
      tokenFile: server.tokenFile === undefined ? null : resolve(base, server.tokenFile),
      baseHref: server.baseHref ?? '/',
      accessControlAllowOrigin: server.accessControlAllowOrigin ?? null,
      allowedLinkProtocols: server.allowedLinkProtocols ?? ['http', 'https'],
    },
    metrics: {
      enabled: metrics.enabled ?? metricsConfig.enabled ?? true,
      host: metrics.host ?? '127.0.0.1',
      port: metrics.port ?? metricsConfig.port ?? 9090,
      path: metrics.path ?? metricsConfig.path ?? '/metrics',
      workflows: metrics.workflows ?? 20,
    },
    policy: {
      privileged: policy.privileged ?? false,
      capabilities: policy.capabilities ?? [],
      hostPaths: policy.hostPaths ?? [],
      hostNamespaces: policy.hostNamespaces ?? false,
      devices: policy.devices ?? false,
    },
    capacity: {
      cpus: capacity.cpus ?? null,
      memoryBytes: bytes('capacity.memory', capacity.memory),
      containersMax: capacity.containersMax ?? 500,
      oversized: capacity.oversized ?? 'wait',
    },
    runtime: settings.runtime ?? 'docker',
    swarm: swarmConfigOf(settings.swarm, base),
    docker: {
      host: docker.host ?? null,
      network: docker.network ?? null,
      startConcurrency: docker.startConcurrency === 0 ? null : (docker.startConcurrency ?? null),
      pullPolicy: docker.pullPolicy ?? 'Argo',
      endpoints: endpointsOf(docker.endpoints, base, problems),
    },
    log: { level: log.level ?? 'info', format: log.format ?? 'auto', components: log.components ?? {} },
    disk: { freeMinBytes: bytes('disk.freeMin', disk.freeMin) ?? 256 * 1024 * 1024 },
    folder: {
      settleMs: folder.settleMs ?? 250,
      templateWaitMs: folder.templateWaitMs ?? 5000,
      status: folder.status ?? true,
    },
    table: tableConfigOf(settings.table, base),
    store: {
      url: store.url === undefined || store.url === '' ? null : store.url,
      passwordFile: store.passwordFile === undefined ? null : resolve(base, store.passwordFile),
      sslMode: store.sslMode ?? null,
      caFile: store.caFile === undefined ? null : resolve(base, store.caFile),
      poolSize: store.poolSize ?? 8,
      schema: store.schema ?? 'drydock',
      migrate: store.migrate ?? true,
    },
    artifactsDir: resolve(base, settings.artifacts?.dir ?? `${dataDir}/artifacts`),
    plugins: settings.plugins ?? [],
    executorPlugins: {
      enabled: settings.executorPlugins?.enabled ?? false,
      workflowLevel: settings.executorPlugins?.workflowLevel ?? false,
    },
    pluginFolder: settings.pluginFolder === undefined ? null : resolve(base, settings.pluginFolder),
    watchRingSize: settings.watchRingSize ?? 20_000,
    finishedKept: settings.finishedKept ?? 200,
    archive: archivePolicyOf(settings.archive, settings, tell),
    history: { first: settings.history?.first ?? 20, newest: settings.history?.newest ?? 200 },
    podGCDeleteDelayMs: durationMs('podGCDeleteDelayDuration', settings.podGCDeleteDelayDuration, 5000),
    initialDelayMs: durationMs('initialDelay', settings.initialDelay, 0),
    metricsTtlMs: durationMs('metricsConfig.metricsTTL', metricsConfig.metricsTTL, 0),
    argo: settings,
  }
  if (problems.length > 0) throw new InvalidSettings(problems)
  return config
}
