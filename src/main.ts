/** The daemon's composition root: config → parts → run → drain. Whoever wants a daemon in this process calls it. */
import { mkdir } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { createArtifacts } from './artifacts/index.ts'
import { controllerConfigOf, loadConfig } from './config/index.ts'
import type { Config, ConfigSources } from './config/index.ts'
import { createController } from './controller/index.ts'
import type { Log, RunningController } from './controller/index.ts'
import { argoSettingsInFolders, argoSettingsInStore, followArgoSettings } from './main/argo-settings.ts'
import { closeAll } from './main/closing.ts'
import type { Closer } from './main/closing.ts'
import { disksOf } from './main/disks.ts'
import type { Disks } from './main/disks.ts'
import { endpointSettings, endpointsRuntime } from './main/endpoints.ts'
import type { Rest } from './main/endpoints.ts'
import { engineAddress } from './main/engine-address.ts'
import { swarmRuntime } from './main/swarm.ts'
import { fleetControl, fleetReadings } from './main/fleet.ts'
import { folderCheck, healthReport } from './main/health.ts'
import { inChargeOf } from './main/in-charge.ts'
import { watchHeapRoom } from './main/heap-room.ts'
import { loadPluginFolder } from './main/plugin-folder.ts'
import { liveSettings } from './main/live-settings.ts'
import type { LiveSettings } from './main/live-settings.ts'
import { logLevelSwitch } from './main/log-levels.ts'
import type { LogLevelSwitch } from './main/log-levels.ts'
import { readingsOf } from './main/readings.ts'
import { keepSecretsOut } from './main/secret-watch.ts'
import { standby } from './main/standby.ts'
import { openStore } from './main/store.ts'
import type { OpenedStore } from './main/store.ts'
import { systemClock, systemRandom } from './main/system.ts'
import { openTable, shareTable, tableCheck, tableReadings } from './main/table-source.ts'
import { version, versionLabels } from './main/version.ts'
import { DockerRuntime } from './runtime/docker/index.ts'
import type { CallReport } from './runtime/docker/index.ts'
import { WorldError } from './resources/index.ts'
import { EndpointsRuntime } from './runtime/endpoints/index.ts'
import type { Runtime } from './runtime/index.ts'
import { createServer } from './server/index.ts'
import { DirectorySource } from './sources/index.ts'
import type { TableSource } from './sources/index.ts'
import type { Fleet, Store } from './store/index.ts'
import { SecretValues, meteredArtifacts, openLogs, openMetrics, serveMetrics, watchedStore } from './telemetry/index.ts'
import type { LineSink, Logs, Metrics } from './telemetry/index.ts'

/** How often the store is asked whether it is there. */
const probeMs = 5_000
/** Between two starts of which the first failed as the store went away. */
const beginAnewMs = 300
/** For each part of a daemon that another has overtaken. */
const overtakenPatienceMs = 3_000

export type DaemonOptions = {
  readonly sources: ConfigSources
  readonly logTo?: LineSink
  /** Wait for a Docker Engine and a database that are not there yet, and for another daemon to go, rather than give up. */
  readonly waitForEngine?: boolean
  /** Instead of Docker. */
  readonly runtime?: (config: Config) => Runtime
  /** Without them there is only the controller: no API, metrics or folder. */
  readonly services?: boolean
  readonly signal?: AbortSignal
}

export type Daemon = {
  readonly config: Config
  readonly controller: RunningController
  readonly runtime: Runtime
  readonly metrics: Metrics
  readonly logs: Logs
  /** Empty without services. */
  readonly apiUrl: string
  readonly metricsUrl: string
  readonly sources: readonly DirectorySource[]
  /** `null` where the settings name none. */
  readonly table: TableSource | null
  /** Resolves with the reason when another daemon has taken over the store: this one must drain. */
  readonly lost: Promise<string>
  /** Reads the settings anew and takes over what may change while running. Never rejects. */
  reload(why: string): Promise<void>
  /** Logs everything, or as before. */
  toggleDebug(): void
  /** Ends in seconds; containers go on and are taken up by the next start. */
  drain(): Promise<void>
}

/**
 * Where it may wait, a store that goes away or to another daemon while this one starts is waited for once more.
 * @throws InvalidSettings, UserError (no engine, address taken), WorldError STORE_LOCKED where another daemon has the data
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  for (;;) {
    const closers: Closer[] = []
    const ending = new AbortController()
    const reign = { isRemote: false, isOver: false }
    const drain = async () => {
      ending.abort()
      // What waits for the store of one that is no longer in charge waits for ever.
      await closeAll(closers, reign.isOver ? overtakenPatienceMs : null)
    }
    try {
      return await build(options, closers, { drain, ending: ending.signal, reign })
    } catch (error) {
      await drain()
      const isPassing = reign.isOver || (reign.isRemote && error instanceof WorldError && error.code === 'STORE_DOWN')
      if (!isPassing || options.waitForEngine !== true || options.signal?.aborted === true) throw error
    }
    await sleep(beginAnewMs)
  }
}

type Ending = {
  readonly drain: () => Promise<void>
  readonly ending: AbortSignal
  /** Whether the store is a server's, and whether another daemon has taken it over, be it before this one is up. */
  readonly reign: { isRemote: boolean; isOver: boolean }
}

async function build(options: DaemonOptions, closers: Closer[], { drain, ending, reign }: Ending): Promise<Daemon> {
  const { services = true } = options
  const first = await loadConfig(options.sources)
  const secrets = new SecretValues()
  const counters: { metrics: Metrics | null } = { metrics: null }
  const logs = openLogs(first.config.log, options.logTo ?? process.stderr, secrets, (level) =>
    counters.metrics?.counted(level),
  )
  const log = logs.component('daemon')

  await mkdir(first.config.dataDir, { recursive: true })
  const inFolders = await argoSettingsInFolders(first.config.folders, log)
  const second = inFolders === undefined ? first : await loadConfig({ ...options.sources, argo: inFolders })
  const opened = await openInCharge(second.config, options, log, ending)
  reign.isRemote = opened.isRemote
  void opened.lost.then(() => (reign.isOver = true))
  const watched = watchedStore(opened.store, () => counters.metrics)
  const { store } = watched
  closers.push(() => store.close())
  const argo = inFolders ?? (await argoSettingsInStore(store, first.config.namespace, log))
  const { config, notes } = argo === inFolders ? second : await loadConfig({ ...options.sources, argo })
  for (const note of notes) log.info({}, note)

  const metrics = openMetrics({
    version: versionLabels,
    modifiers: config.argo.metricsConfig?.modifiers,
    customTtlMs: config.metricsTtlMs,
    namespace: config.namespace,
    log: logs.component('metrics'),
  })
  counters.metrics = metrics
  const runtime =
    options.runtime?.(config) ?? (await dockerRuntime(config, await opened.instance(), metrics, logs, options))
  closers.push(() => runtime.close())

  const modules = config.pluginFolder === null ? [] : await loadPluginFolder(config.pluginFolder)
  for (const { name } of modules) log.info({ plugin: name }, 'plugin module loaded')
  const storages = modules.flatMap(({ name, artifacts }) => (artifacts === undefined ? [] : [name]))
  const controllerConfig = controllerConfigOf(config, { plugins: pluginsOf(config), hostName: hostname(), storages })
  const artifacts = createArtifacts({
    directory: config.artifactsDir,
    repository: config.argo.artifactRepository,
    plugins: async (name, signal) =>
      modules.find((module) => module.name === name)?.artifacts ?? controller.artifactDriver(name, signal),
  })
  const controller: RunningController = createController({
    clock: systemClock,
    random: systemRandom,
    store,
    ...(opened.fleet === null
      ? {}
      : {
          fleet: opened.fleet,
          sharing: { takeOverAfterMs: config.controller.takeOverAfterMs, url: () => config.controller.advertise },
        }),
    runtime,
    artifacts: meteredArtifacts(artifacts, metrics),
    config: controllerConfig,
    plugins: modules,
    log: logs.component('controller'),
    telemetry: metrics,
  })
  const levels = logLevelSwitch(logs, () => settings.config.log, log)
  const settings = liveSettings({
    sources: argo === undefined ? options.sources : { ...options.sources, argo },
    running: config,
    log,
    metrics,
    apply: (next) => {
      const { level, components } = next.log
      if (level !== settings.config.log.level || !isDeepStrictEqual(components, settings.config.log.components))
        logs.setLevels(next.log)
      if (runtime instanceof EndpointsRuntime) runtime.configure(endpointSettings(next))
      controller.reconfigure(
        controllerConfigOf(next, { plugins: controllerConfig.plugins, hostName: hostname(), storages }),
      )
    },
  })
  closers.push(() => settings.close())
  const disks = disksOf(config.dataDir, runtime)
  metrics.read(readingsOf({ settings, controller, runtime, store, disks, storeBytes: () => opened.sizeBytes() }))
  if (opened.fleet !== null) metrics.read(fleetReadings(controller))
  logs.nameWith((uid) => controller.nameOf(uid))
  await controller.start()
  closers.push(() => controller.drain())
  const heapRoom = watchHeapRoom(() => controller.snapshot().liveWorkflows > 0)
  closers.push(() => heapRoom.close())
  const prober = setInterval(() => void watched.probe(), probeMs)
  closers.push(() => clearInterval(prober))
  const secretWatch = keepSecretsOut(controller, secrets)
  closers.push(() => secretWatch.close())
  const followed = followArgoSettings(
    controller,
    config.namespace,
    log,
    (argoSettings) => void settings.argoChanged(argoSettings),
  )
  closers.push(() => followed.close())

  const reload = (why: string) => settings.reload(why)
  const base = {
    config,
    controller,
    runtime,
    metrics,
    logs,
    drain,
    lost: opened.lost,
    reload,
    toggleDebug: () => levels.toggleDebug(),
  }
  if (!services) return { ...base, apiUrl: '', metricsUrl: '', sources: [], table: null }
  return {
    ...base,
    ...(await startServices(
      { config, controller, store, fleet: opened.fleet, metrics, logs, settings, disks, levels },
      closers,
    )),
  }
}

type ServiceParts = Pick<Daemon, 'config' | 'controller' | 'metrics' | 'logs'> & {
  readonly store: Store
  readonly fleet: Fleet | null
  readonly settings: LiveSettings
  readonly disks: Disks
  readonly levels: LogLevelSwitch
}

async function startServices(
  { config, controller, store, fleet, metrics, logs, settings, disks, levels }: ServiceParts,
  closers: Closer[],
): Promise<Pick<Daemon, 'apiUrl' | 'metricsUrl' | 'sources' | 'table'>> {
  const text = () => metrics.text()
  const sources: DirectorySource[] = []
  let table: TableSource | null = null
  const checks = () => [...config.folders.map(folderCheck), ...(table === null ? [] : [tableCheck(table)])]
  const health = () => healthReport({ controller, store, disks, settings, sources: checks })
  const inCharge = inChargeOf(store)
  metrics.read({ ready: async () => (await health()).ready })
  const server = createServer({
    controller,
    // What pages show of Argo's settings may change meanwhile.
    config: {
      ...config,
      get argo() {
        return settings.config.argo
      },
    },
    log: logs.component('server'),
    version,
    metricsText: text,
    logLevels: levels,
    health,
    ...(fleet === null ? {} : { fleet: fleetControl(controller, store) }),
    ...(inCharge === undefined ? {} : { inCharge }),
    sourceFiles: () =>
      sources.flatMap((source) => source.unsettled().map((file) => ({ folder: source.folder, ...file }))),
  })
  const { url: apiUrl } = await server.listen()
  closers.push(() => server.close())
  let metricsUrl = ''
  if (config.metrics.enabled) {
    const served = await serveMetrics(config.metrics, text)
    closers.push(() => served.close())
    metricsUrl = `http://${config.metrics.host}:${served.port}${config.metrics.path}`
  }
  for (const folder of config.folders) {
    await mkdir(folder, { recursive: true }).catch(() => undefined)
    const { settleMs, templateWaitMs, status } = config.folder
    const log = logs.component('folder')
    const source = await DirectorySource.open({
      folder,
      controller,
      store,
      log,
      namespace: config.namespace,
      settleMs,
      templateWaitMs,
      status,
      daemon: config.controller.name,
      ...(inCharge === undefined ? {} : { inCharge }),
    })
    sources.push(source)
    closers.push(() => source.close())
  }
  const tableParts = { config, controller, store, log: logs.component('table') }
  if (fleet === null) {
    const opened = await openTable(tableParts)
    table = opened
    if (opened !== null) {
      closers.push(() => opened.close())
      metrics.read(tableReadings(opened))
    }
  } else {
    const onChange = (source: TableSource | null) => {
      table = source
      metrics.read(source === null ? { table: () => null } : tableReadings(source))
    }
    const shared = shareTable(fleet, { parts: tableParts, onChange })
    if (shared !== null) closers.push(() => shared.close())
  }
  metrics.read({
    sourceFiles: () => {
      const all = new Map<string, number>()
      for (const source of sources)
        for (const [state, count] of source.counts()) all.set(state, (all.get(state) ?? 0) + count)
      return all
    },
  })
  return { apiUrl, metricsUrl, sources, table }
}

/** Waits for a server that is away and for another daemon to go, and says so to who asks, where there are services. */
async function openInCharge(
  config: Config,
  { services = true, waitForEngine = false, signal }: DaemonOptions,
  log: Log,
  ending: AbortSignal,
): Promise<OpenedStore> {
  if (!waitForEngine) return openStore(config, { log, ending })
  const answers = services ? standby(config, (reason) => log.warn({ reason }, 'not in charge yet')) : null
  try {
    const say = (reason: string) => answers?.say(reason)
    return await openStore(config, { log, ending, waiting: { say, ...(signal === undefined ? {} : { signal }) } })
  } finally {
    await answers?.close()
  }
}

async function dockerRuntime(
  config: Config,
  instance: string,
  metrics: Metrics,
  logs: Logs,
  options: DaemonOptions,
): Promise<Runtime> {
  const log = logs.component('docker')
  const say: Rest['log'] = (level, message, fields = {}) => log[level](fields, message)
  if (config.docker.endpoints.length > 0) {
    const rest: Rest = { instance, onCall: (call) => metrics.dockerCall(call), log: say }
    return endpointsRuntime(config, rest, { wait: options.waitForEngine ?? false })
  }
  const engine = await engineAddress(config.docker.host, {
    wait: options.waitForEngine ?? false,
    say: (message) => log.warn({}, message),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const atOnce = config.docker.startConcurrency
  const rest = {
    instance,
    onCall: (call: CallReport) => metrics.dockerCall(call),
    log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields = {}) => log[level](fields, message),
  }
  if (config.runtime === 'swarm') return swarmRuntime(config, engine, rest)
  return new DockerRuntime({
    engine,
    dataDir: join(config.dataDir, 'runtime'),
    ...rest,
    ...(config.docker.network === null ? {} : { network: config.docker.network }),
    ...(atOnce === null ? {} : { startsAtOnce: { least: atOnce, most: atOnce, initial: atOnce } }),
  })
}

const pluginsOf = (config: Config) =>
  config.plugins.map(({ name, address, tokenFile }) => ({
    name,
    address,
    ...(tokenFile === undefined ? {} : { token: readFileSync(tokenFile, 'utf8').trim() }),
  }))
