/** A controller with everything around it in memory: simulated containers, a store on a memory disk, artifacts in a folder. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createArtifacts } from '../../artifacts/index.ts'
import { strictPolicy } from '../../admission/index.ts'
import type { Clock, PodRequest, Random, Workflow } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import type { ContainerScript, Faults, PodScript } from '../../runtime/simulated/index.ts'
import { EndpointsRuntime } from '../../runtime/endpoints/index.ts'
import type { Runtime } from '../../runtime/port.ts'
import { SimulatedEngine, SimulatedRuntime } from '../../runtime/simulated/index.ts'
import type { Change, Store } from '../../store/port.ts'
import type { CommitFault } from '../../store/index.ts'
import { MemoryDisk, openMemoryStore } from '../../store/index.ts'
import type { ControllerConfig } from '../config.ts'
import { defaultCapacity } from '../config.ts'
import type { RunningController } from '../controller.ts'
import { createController } from '../controller.ts'
import type { InProcessPlugin } from '../plugins/in-process.ts'
import { silentLog, silentTelemetry } from '../telemetry.ts'

export const realClock: Clock = {
  now: () => instant(Date.now()),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      const timer = setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      })
    }),
}

let seed = 1
export const testRandom: Random = {
  next: () => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  },
  uuid: () => crypto.randomUUID(),
}

/** What a container does stands in its first argument, as JSON; a command that is no JSON ends at once with 0. */
export function scriptOf(pod: PodRequest): PodScript {
  const read = (text: string | undefined): ContainerScript & { readonly imageError?: string } => {
    // A driver of artifacts, which is given the path of its socket.
    if (text?.startsWith('/artifact-plugins/') === true) return { durationMs: Infinity }
    try {
      const script = JSON.parse(text ?? '{}') as ContainerScript & { forEver?: boolean }
      return script.forEver === true ? { ...script, durationMs: Infinity } : script
    } catch {
      return {}
    }
  }
  const containers = Object.fromEntries(pod.containers.map((one) => [one.name, read(one.args?.[0])]))
  // What plays a plugin in a test listens on this machine.
  const plugin = pod.identity.id.endsWith('.agent') ? { ip: '127.0.0.1' } : {}
  const [image] = Object.values(containers).flatMap(({ imageError }) => imageError ?? [])
  return { containers, ...plugin, ...(image === undefined ? {} : { imageErrors: { times: Infinity, text: image } }) }
}

export type House = {
  readonly engine: SimulatedEngine
  /** By name, where there are several endpoints. */
  readonly engines: ReadonlyMap<string, SimulatedEngine>
  /** The runtimes of the newest process, likewise: to let one go away. */
  readonly runtimes: ReadonlyMap<string, SimulatedRuntime>
  readonly disk: MemoryDisk
  /** A new process over what is there; the one before should have been drained or have crashed. */
  open(options?: {
    readonly config?: Partial<ControllerConfig>
    readonly fault?: (changes: readonly Change[]) => CommitFault | null
    readonly plugins?: readonly InProcessPlugin[]
    readonly random?: Random
    /** Endpoints that do not answer at the start. */
    readonly away?: readonly string[]
    /** Asked before containers are made, started or removed, as of a store that another may take over. */
    readonly confirm?: () => Promise<void>
    /** Changes how the store or the runtime answers. */
    readonly arrange?: (store: Store, runtime: Runtime) => void
  }): Promise<RunningController>
  close(): Promise<void>
}

type HouseOptions = {
  readonly faults?: Faults
  /** Several engines, each with its labels and cores. */
  readonly endpoints?: Readonly<Record<string, { readonly labels?: Record<string, string>; readonly cpus?: number }>>
}

export function newHouse({ endpoints = {}, ...options }: HouseOptions = {}): House {
  const newEngine = (more: { readonly cpus?: number } = {}) =>
    new SimulatedEngine({ clock: realClock, random: testRandom, behaviour: scriptOf, ...options, ...more })
  const engine = newEngine()
  const engines = new Map(
    Object.entries(endpoints).map(([name, { cpus }]) => [name, newEngine(cpus === undefined ? {} : { cpus })] as const),
  )
  const runtimes = new Map<string, SimulatedRuntime>()
  const newRuntime = (away: readonly string[]): Runtime => {
    if (engines.size === 0) return new SimulatedRuntime(engine)
    const limits = { cpus: null, memoryBytes: null, containersMax: null }
    const named = [...engines].map(([name, own]) => {
      const runtime = new SimulatedRuntime(own)
      runtimes.set(name, runtime)
      if (away.includes(name)) runtime.setHealthy(false)
      return { name, runtime, settings: { labels: endpoints[name]?.labels ?? {}, limits, schedulable: true } }
    })
    return new EndpointsRuntime({ clock: realClock, named, patienceMs: 50 })
  }
  const disk = new MemoryDisk()
  const directory = mkdtempSync(join(tmpdir(), 'controller-test-'))
  const opened: RunningController[] = []
  return {
    engine,
    engines,
    runtimes,
    disk,
    async open({ config, fault, plugins, random = testRandom, away = [], confirm, arrange } = {}) {
      const store = openMemoryStore({ disk, ...(fault === undefined ? {} : { fault }) })
      const runtime = newRuntime(away)
      arrange?.(store, runtime)
      const controller = createController({
        clock: realClock,
        random,
        store: confirm === undefined ? store : Object.assign(store, { confirm }),
        runtime,
        artifacts: createArtifacts({ directory }),
        config: { ...plainConfig, ...config },
        log: process.env['HOUSE_LOG'] === undefined ? silentLog : loudLog,
        telemetry: silentTelemetry,
        ...(plugins === undefined ? {} : { plugins }),
      })
      opened.push(controller)
      await controller.start()
      return controller
    },
    async close() {
      for (const controller of opened) await controller.drain()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const print = (level: string) => (fields: object, text: string) =>
  process.stderr.write(`${level} ${text} ${JSON.stringify(fields)}\n`)
const loudLog = { debug: print('debug'), info: print('info'), warn: print('warn'), error: print('error') }

export const plainConfig: ControllerConfig = {
  engine: {
    artifactRepository: { s3: {} },
    controllerNamespace: 'default',
    timezone: 'UTC',
    podNameFormat: 'v2',
    podGCDeleteDelayMs: 0,
    hostNodeName: 'here',
  },
  parallelism: 0,
  namespaceParallelism: 0,
  retention: null,
  capacity: defaultCapacity,
  pullPolicy: 'IfNotPresent',
  plugins: [],
  executorPlugins: false,
  artifactDrivers: [],
  driverDirectory: join(tmpdir(), 'controller-test-drivers'),
  watchRingSize: 1000,
  progressPollMs: 50,
  cronSyncMs: 1000,
  databaseSyncLimits: false,
  policy: strictPolicy,
  defaultNamespace: 'default',
  finishedKept: 10,
}

/** A container that does what the script says. */
export const doing = (script: ContainerScript & { readonly forEver?: boolean; readonly imageError?: string } = {}) => ({
  image: 'busybox',
  command: ['sim'],
  args: [JSON.stringify(script)],
})

/** The workflow once it has ended. */
export async function ended(controller: RunningController, name: string, namespace = 'default'): Promise<Workflow> {
  return until(controller, name, (workflow) => Boolean(workflow.status?.finishedAt), namespace)
}

/** Milliseconds: what must come is never given up sooner, however much else the machine does. */
const patienceMs = 60_000

/** The workflow as soon as it is so, however shortly: it is told of each change. */
export async function until(
  controller: RunningController,
  name: string,
  holds: (workflow: Workflow) => boolean,
  namespace = 'default',
): Promise<Workflow> {
  const now = await controller.workflow(namespace, name)
  if (now !== null && holds(now)) return now
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      watching.close()
      void controller
        .workflow(namespace, name)
        .then((last) => reject(new Error(`${name} did not get there: ${JSON.stringify(last?.status, null, 1)}`)))
    }, patienceMs)
    const watching = controller.watch(null, (event) => {
      if (event.kind !== 'Workflow' || event.name !== name) return
      const workflow = event.object() as Workflow
      if (!holds(workflow)) return
      clearTimeout(timer)
      watching.close()
      resolve(workflow)
    })
  })
}

/** Waits until something of the world holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await expect.poll(holds, { interval: 10, message: `never: ${what}` }).toBe(true)
}
