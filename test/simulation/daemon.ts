/** One life of the daemon over the engine and the disk that outlive it. When it dies, nothing of it is heard again. */
import { createArtifacts } from '../../src/artifacts/index.ts'
import { strictPolicy } from '../../src/admission/index.ts'
import type { ControllerConfig, Log, RunningController } from '../../src/controller/index.ts'
import { createController, defaultCapacity, silentTelemetry } from '../../src/controller/index.ts'
import type { Clock, PodRequest } from '../../src/resources/index.ts'
import { WorldError } from '../../src/resources/index.ts'
import type { Runtime } from '../../src/runtime/index.ts'
import type { SimulatedEngine } from '../../src/runtime/simulated/index.ts'
import { SimulatedRuntime } from '../../src/runtime/simulated/index.ts'
import type { Change, CommitFault, MemoryDisk } from '../../src/store/index.ts'
import { openMemoryStore } from '../../src/store/index.ts'
import type { Dice } from './dice.ts'
import type { FaultPlan } from './faults.ts'
import type { SimulatedClock } from './simulated-clock.ts'

export type Surroundings = {
  readonly clock: SimulatedClock
  readonly engine: SimulatedEngine
  readonly disk: MemoryDisk
  readonly faults: FaultPlan
  /** Chance of faults, of the controller. */
  readonly misfortune: Dice
  readonly dice: Dice
  readonly containersMax: number
  /** Crashes still allowed, and whether faults still come. */
  mayCrash(): boolean
  isKind(): boolean
  /** Called at each commit that was stored; answers whether the daemon dies of it. */
  diesAfterCommit(): boolean
  trace(text: string): void
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

export class SimulatedDaemon {
  isAlive = true
  /** Nobody reaches it before. */
  hasStarted = false
  readonly controller: RunningController
  readonly runtime: SimulatedRuntime
  readonly #around: Surroundings

  constructor(around: Surroundings, log: Log) {
    this.#around = around
    this.runtime = new SimulatedRuntime(around.engine)
    this.controller = createController({
      clock: this.#clock(),
      random: around.dice,
      store: openMemoryStore({ disk: around.disk, fault: (changes) => this.#commitFault(changes) }),
      runtime: this.#guarded(),
      artifacts: createArtifacts({ directory: '/nonexistent' }),
      config: { ...plainConfig, capacity: { ...defaultCapacity, containersMax: around.containersMax } },
      log,
      telemetry: silentTelemetry,
    })
  }

  die(why: string): void {
    if (!this.isAlive) return
    this.#around.trace(`the daemon dies ${why}`)
    this.isAlive = false
    void this.runtime.close()
  }

  #clock(): Clock {
    const { clock } = this.#around
    return {
      now: () => clock.now(),
      sleep: (ms, signal) => (this.isAlive ? clock.sleepWhile(ms, () => this.isAlive, signal) : never()),
    }
  }

  #commitFault(changes: readonly Change[]): CommitFault | null {
    const fault = this.#drawCommitFault(changes)
    if (fault !== null && this.isAlive) this.#around.trace(`this commit: ${fault.kind}`)
    return fault
  }

  #drawCommitFault(changes: readonly Change[]): CommitFault | null {
    const { faults, misfortune, trace, clock } = this.#around
    if (!this.isAlive) return { kind: 'crash', stored: false }
    trace(`commit ${changes.map(describeChange).join(', ')}`)
    if (this.#around.diesAfterCommit()) {
      this.die('after a commit')
      return { kind: 'crash', stored: true }
    }
    if (this.#around.isKind()) return null
    if (this.#mayDie(faults.crashBeforeCommit)) {
      this.die('before a commit')
      return { kind: 'crash', stored: false }
    }
    if (this.#mayDie(faults.crashAfterCommit)) {
      this.die('after a commit')
      return { kind: 'crash', stored: true }
    }
    if (misfortune.chance(faults.refuseCommit))
      return { kind: 'refuse', code: misfortune.pick(['STORE_BUSY', 'STORE_DOWN']) }
    if (misfortune.chance(faults.loseCommitAnswer)) return { kind: 'loseAnswer' }
    if (misfortune.chance(faults.delayCommit)) {
      const until = clock.sleepWhile(misfortune.int(1, 2_000), () => this.isAlive)
      return { kind: 'delay', until }
    }
    return null
  }

  #mayDie(chance: number): boolean {
    return chance > 0 && this.#around.mayCrash() && this.#around.misfortune.chance(chance)
  }

  /** The runtime as the controller gets it: calls may be overtaken by the daemon's death, be done twice, or be slow. */
  #guarded(): Runtime {
    const inner = this.runtime
    const nameOf = (first: unknown): string =>
      typeof first === 'string'
        ? first
        : typeof first === 'object' && first !== null && 'identity' in first
          ? (first as PodRequest).identity.id
          : ''
    const guard =
      <A extends readonly unknown[], R>(name: string, work: (...args: A) => Promise<R>, isRepeatable = true) =>
      (...args: A): Promise<R> =>
        this.#call(`${name} ${nameOf(args[0])}`, args.at(-1), () => work(...args), isRepeatable)
    return {
      info: guard('info', () => inner.info()),
      prepare: guard('prepare', (pod) => inner.prepare(pod)),
      writeFiles: guard('writeFiles', (pod, name, tar) => inner.writeFiles(pod, name, tar), false),
      start: guard('start', (pod) => inner.start(pod)),
      stop: guard('stop', (pod, graceMs) => inner.stop(pod, graceMs)),
      readFiles: guard('readFiles', (pod, name, path) => inner.readFiles(pod, name, path)),
      readStdout: guard('readStdout', (pod, name, bytes) => inner.readStdout(pod, name, bytes)),
      logs: (pod, name, options) => inner.logs(pod, name, options),
      remove: guard('remove', (pod) => inner.remove(pod)),
      forget: guard('forget', (uid) => inner.forget(uid)),
      list: guard('list', () => inner.list()),
      observe: (listener, onHealth) =>
        inner.observe(
          (state) => (this.isAlive ? listener(state) : undefined),
          (isHealthy, reason) => (this.isAlive ? onHealth(isHealthy, reason) : undefined),
        ),
      ensureVolume: guard('ensureVolume', (name) => inner.ensureVolume(name)),
      removeVolume: guard('removeVolume', (name) => inner.removeVolume(name)),
      expect: () => inner.expect(),
      close: () => inner.close(),
    }
  }

  async #call<R>(name: string, signal: unknown, work: () => Promise<R>, isRepeatable: boolean): Promise<R> {
    if (!this.isAlive) return never()
    const { faults, misfortune, clock, trace } = this.#around
    const isKind = this.#around.isKind()
    trace(name)
    if (!isKind && this.#mayDie(faults.crashBeforeCall)) {
      this.die(`before ${name}`)
      return never()
    }
    if (!isKind && misfortune.chance(faults.slowCall))
      await clock.sleepWhile(misfortune.int(1, 3_000), () => this.isAlive)
    if (isAborted(signal)) throw new WorldError('ABORTED', 'the call is no longer wanted', { retryable: false })
    try {
      const result = await work()
      if (!this.isAlive) return await never()
      if (!isKind && isRepeatable && !isAborted(signal) && misfortune.chance(faults.doubleCall)) await work()
      if (!this.isAlive) return await never()
      if (!isKind && this.#mayDie(faults.crashAfterCall)) {
        this.die(`after ${name}`)
        return await never()
      }
      return result
    } catch (error) {
      if (!this.isAlive) return never()
      trace(`${name} failed: ${String(error)}`)
      throw error
    }
  }
}

const isAborted = (signal: unknown): boolean => signal instanceof AbortSignal && signal.aborted

function describeChange(change: Change): string {
  switch (change.kind) {
    case 'putWorkflow':
      return `${change.row.name}=${change.row.phase}${change.row.finished ? '!' : ''}`
    case 'putNodes':
      return change.nodes.map(({ node }) => `${node.name}(${node.type})=${node.phase ?? ''}`).join(' ')
    case 'deleteNodes':
      return `less ${change.ids.join(' ')}`
    case 'deleteWorkflow':
      return `delete ${change.uid}`
    case 'putObject':
      return `${change.row.kind}/${change.row.name}`
    case 'deleteObject':
      return `less ${change.objectKind}/${change.name}`
    case 'putRecord':
      return `${change.collection}/${change.key}`
  }
}

const plainConfig: ControllerConfig = {
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
  driverDirectory: '/nonexistent',
  watchRingSize: 100,
  progressPollMs: 3_000,
  cronSyncMs: 600_000,
  databaseSyncLimits: false,
  policy: strictPolicy,
  defaultNamespace: 'default',
  finishedKept: 10,
}
