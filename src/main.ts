/** The daemon's composition root: config → parts → run → drain. Whoever wants a daemon in this process calls it. */
import { mkdir, stat } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createArtifacts } from './artifacts/index.ts'
import { controllerConfigOf, loadConfig } from './config/index.ts'
import type { Config, ConfigSources } from './config/index.ts'
import { createController } from './controller/index.ts'
import type { RunningController } from './controller/index.ts'
import { followArgoSettings, storedArgoSettings } from './main/argo-settings.ts'
import { engineAddress } from './main/engine-address.ts'
import { instanceOf } from './main/instance.ts'
import { keepSecretsOut } from './main/secret-watch.ts'
import { systemClock, systemRandom } from './main/system.ts'
import { version, versionLabels } from './main/version.ts'
import { DockerRuntime } from './runtime/docker/index.ts'
import type { Runtime } from './runtime/index.ts'
import { createServer } from './server/index.ts'
import { DirectorySource } from './sources/index.ts'
import { openSqliteStore } from './store/index.ts'
import type { Store } from './store/index.ts'
import { SecretValues, meteredArtifacts, openLogs, openMetrics, serveMetrics } from './telemetry/index.ts'
import type { LineSink, Logs, Metrics } from './telemetry/index.ts'

export type DaemonOptions = {
  readonly sources: ConfigSources
  readonly logTo?: LineSink
  /** Wait for a Docker Engine that is not there yet, rather than give up. */
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
  /** Ends in seconds; containers go on and are taken up by the next start. */
  drain(): Promise<void>
}

/** @throws InvalidSettings, UserError (no engine, address taken), WorldError STORE_LOCKED where another daemon has the data */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const closers: (() => Promise<unknown> | void)[] = []
  const drain = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    return await build(options, closers, drain)
  } catch (error) {
    await drain()
    throw error
  }
}

async function build(
  options: DaemonOptions,
  closers: (() => Promise<unknown> | void)[],
  drain: () => Promise<void>,
): Promise<Daemon> {
  const { services = true } = options
  const first = await loadConfig(options.sources)
  const secrets = new SecretValues()
  const counters: { metrics: Metrics | null } = { metrics: null }
  const logs = openLogs(first.config.log, options.logTo ?? process.stderr, secrets, (level) =>
    counters.metrics?.counted(level),
  )
  const log = logs.component('daemon')

  await mkdir(first.config.dataDir, { recursive: true })
  const store = await openSqliteStore({ directory: first.config.dataDir })
  closers.push(() => store.close())
  const argo = await storedArgoSettings(first.config.folders, store, first.config.namespace, log)
  const { config, notes } = argo === undefined ? first : await loadConfig({ ...options.sources, argo })
  for (const note of notes) log.info({}, note)

  const metrics = openMetrics({
    version: versionLabels,
    modifiers: config.argo.metricsConfig?.modifiers,
    customTtlMs: config.metricsTtlMs,
    log: logs.component('metrics'),
  })
  counters.metrics = metrics
  const runtime = options.runtime?.(config) ?? (await dockerRuntime(config, metrics, logs, options))
  closers.push(() => runtime.close())

  const controllerConfig = controllerConfigOf(config, { plugins: pluginsOf(config), hostName: hostname() })
  const artifacts = createArtifacts({ directory: config.artifactsDir, repository: config.argo.artifactRepository })
  const controller = createController({
    clock: systemClock,
    random: systemRandom,
    store,
    runtime,
    artifacts: meteredArtifacts(artifacts, metrics),
    config: controllerConfig,
    log: logs.component('controller'),
    telemetry: metrics,
  })
  metrics.read(readingsOf(config, controller, store))
  await controller.start()
  closers.push(() => controller.drain())
  const secretWatch = keepSecretsOut(controller, secrets)
  closers.push(() => secretWatch.close())
  const followed = followArgoSettings(controller, config.namespace, log, (settings) => {
    void applyArgoSettings(options.sources, settings, controllerConfig.engine).then(
      () => log.info({}, 'settings of Argo’s ConfigMap applied; limits, retention and metrics after a restart'),
      (error: unknown) => log.error({ error }, 'settings of Argo’s ConfigMap are wrong and not used'),
    )
  })
  closers.push(() => followed.close())

  const base = { config, controller, runtime, metrics, logs, drain }
  if (!services) return { ...base, apiUrl: '', metricsUrl: '', sources: [] }
  return { ...base, ...(await startServices({ config, controller, store, metrics, logs }, closers)) }
}

type ServiceParts = Pick<Daemon, 'config' | 'controller' | 'metrics' | 'logs'> & { readonly store: Store }

async function startServices(
  { config, controller, store, metrics, logs }: ServiceParts,
  closers: (() => Promise<unknown> | void)[],
): Promise<Pick<Daemon, 'apiUrl' | 'metricsUrl' | 'sources'>> {
  const text = () => metrics.text()
  const server = createServer({ controller, config, log: logs.component('server'), version, metricsText: text })
  const { url: apiUrl } = await server.listen()
  closers.push(() => server.close())
  let metricsUrl = ''
  if (config.metrics.enabled) {
    const served = await serveMetrics(config.metrics, text)
    closers.push(() => served.close())
    metricsUrl = `http://${config.metrics.host}:${served.port}${config.metrics.path}`
  }
  const sources: DirectorySource[] = []
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
    })
    sources.push(source)
    closers.push(() => source.close())
  }
  metrics.read({
    sourceFiles: () => {
      const all = new Map<string, number>()
      for (const source of sources)
        for (const [state, count] of source.counts()) all.set(state, (all.get(state) ?? 0) + count)
      return all
    },
  })
  return { apiUrl, metricsUrl, sources }
}

async function dockerRuntime(config: Config, metrics: Metrics, logs: Logs, options: DaemonOptions): Promise<Runtime> {
  const log = logs.component('docker')
  const engine = await engineAddress(config.docker.host, {
    wait: options.waitForEngine ?? false,
    say: (message) => log.warn({}, message),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const atOnce = config.docker.startConcurrency
  return new DockerRuntime({
    engine,
    instance: await instanceOf(config.instance, config.dataDir),
    dataDir: join(config.dataDir, 'runtime'),
    onCall: (call) => metrics.dockerCall(call),
    log: (level, message, fields = {}) => log[level](fields, message),
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

/** The engine reads its settings afresh at each decision, so they may change in place. */
async function applyArgoSettings(
  sources: ConfigSources,
  argo: NonNullable<ConfigSources['argo']>,
  engine: object,
): Promise<void> {
  const { config } = await loadConfig({ ...sources, argo })
  Object.assign(engine, controllerConfigOf(config, { plugins: [], hostName: hostname() }).engine)
}

function readingsOf(config: Config, controller: RunningController, store: Store) {
  return {
    workflowPhases: () => store.countByPhase({}),
    podPhases: () => {
      const { pending, running } = controller.snapshot().pods
      return new Map([
        ['Pending', pending],
        ['Running', running],
      ])
    },
    workflowsWithRunningPods: () => controller.snapshot().workflowsWithRunningPods,
    resourceVersion: () => controller.resourceVersion(),
    ready: () => controller.readiness().ready,
    locks: () =>
      controller.snapshot().locks.map(({ name, kind, mutex, held, pending }) => {
        const storage = kind === 'Database' ? 'database' : 'configmap'
        return {
          labels: {
            type: mutex ? 'mutex' : 'semaphore',
            storage,
            lock_name: name,
            namespace: name.split('/')[0] ?? '',
          },
          held,
          pending,
        }
      }),
    storeBytes: async () => {
      const sizes = await Promise.all(
        ['drydock.db', 'drydock.db-wal'].map((name) =>
          stat(join(config.dataDir, name)).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
      )
      return sizes.reduce((sum, size) => sum + size, 0)
    },
  }
}
