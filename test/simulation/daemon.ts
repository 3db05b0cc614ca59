/** One life of the daemon over the world that outlives it. When it dies, nothing of it is heard again. */
import { strictPolicy } from '../../src/admission/index.ts'
import type { ArchiveConfig } from '../../src/controller/archive/policy.ts'
import type { ControllerConfig, Log, RunningController } from '../../src/controller/index.ts'
import { createController, defaultCapacity, silentTelemetry } from '../../src/controller/index.ts'
import { SimulatedRuntime } from '../../src/runtime/simulated/index.ts'
import type { PodId } from '../../src/resources/index.ts'
import type { Store } from '../../src/store/index.ts'
import type { MemoryMember } from '../../src/store/memory/member.ts'
import type { Dice } from './dice.ts'
import { FolderWatcher } from './folder.ts'
import type { SimulatedFolder } from './folder.ts'
import { Gate } from './gate.ts'
import { gatedArtifacts, gatedClock, gatedFleet, gatedRuntime, gatedStore, memberOf, soleStore } from './ports.ts'
import type { World } from './world.ts'

export type Settings = {
  readonly containersMax: number
  readonly parallelism: number
  readonly namespaceParallelism: number
  /** What becomes of finished workflows; `null`: they stay where they are. */
  readonly archive: ArchiveConfig | null
  /** How many of each phase stay; `null`: all. */
  readonly retention: ControllerConfig['retention']
  /** Decisions make few nodes each, and lists are stored in pieces of few ids. */
  readonly inPortions: boolean
}

export type LifeOptions = {
  readonly settings: Settings
  readonly dice: Dice
  readonly log: Log
  readonly folder: SimulatedFolder | null
  /** Awaits that it sees before it dies; `Infinity`: it does not die of them. */
  readonly diesAfterAwaits: number
  readonly mayCrash: () => boolean
  readonly onAwait: () => void
  /** Its name among several; `null`: it is the only one. */
  readonly member: string | null
}

export class SimulatedDaemon {
  /** Nobody reaches it before. */
  hasStarted = false
  isDraining = false
  isCutOff = false
  /** It has heard that another leads, and is about to end. */
  isOverthrown = false
  readonly controller: RunningController
  readonly runtime: SimulatedRuntime
  readonly #world: World
  readonly #gate: Gate
  readonly #store: Store
  readonly #member: MemoryMember | null
  readonly #watcher: FolderWatcher | null

  constructor(world: World, { settings, dice, log, folder, diesAfterAwaits, mayCrash, onAwait, member }: LifeOptions) {
    this.#world = world
    const flights = new Map<PodId, number>()
    this.runtime = new SimulatedRuntime(world.engine, (pod) => {
      const ms = flights.get(pod)
      flights.delete(pod)
      return ms === undefined ? undefined : world.clock.sleepWhile(ms, () => this.#gate.isAlive)
    })
    this.#gate = new Gate({
      diesAfter: diesAfterAwaits,
      mayDie: mayCrash,
      onPassage: onAwait,
      onDeath: (why) => {
        world.trace(`the daemon ${member ?? ''} dies ${why}`)
        void this.runtime.close()
        this.#member?.cut()
      },
    })
    const clock = gatedClock(world, this.#gate)
    const onLost = () => this.#hearsOfAnother()
    this.#member = member === null ? null : memberOf(world, this.#gate, { name: member, onLost })
    this.#store = gatedStore(world, this.#gate, this.#member?.store ?? soleStore(world, this.#gate, onLost))
    this.controller = createController({
      clock,
      random: dice,
      store: this.#store,
      ...(this.#member === null
        ? {}
        : {
            fleet: gatedFleet(this.#gate, this.#member.fleet),
            sharing: { takeOverAfterMs, url: () => null },
          }),
      runtime: gatedRuntime(world, this.#gate, this.runtime, flights),
      artifacts: gatedArtifacts(world, this.#gate),
      config: {
        ...plainConfig,
        retention: settings.retention,
        parallelism: settings.parallelism,
        namespaceParallelism: settings.namespaceParallelism,
        capacity: { ...defaultCapacity, containersMax: settings.containersMax },
        ...(settings.inPortions ? portions : {}),
        ...(settings.archive === null ? {} : { archive: settings.archive }),
      },
      log,
      telemetry: { ...silentTelemetry, monotonicMs: () => world.clock.passedMs },
    })
    this.#watcher =
      folder === null ? null : new FolderWatcher(folder, { controller: this.controller, store: this.#store, clock })
  }

  get isAlive(): boolean {
    return this.#gate.isAlive
  }

  async start(): Promise<void> {
    await this.controller.start()
    this.hasStarted = true
    void this.#watcher?.run(() => this.isAlive && !this.isDraining)
  }

  die(why: string): void {
    this.#gate.die(why)
  }

  /** A clean stop; one that takes too long is cut short. */
  drain(): void {
    if (this.isDraining) return
    this.#world.trace('the daemon is told to stop')
    this.isDraining = true
    this.hasStarted = false
    const within = (text: string) => () => this.die(text)
    this.controller.drain().then(within('after its drain'), within('in its drain'))
    void this.#world.clock.sleep(30_000).then(within('as its drain takes too long'))
  }

  /** The database is out of its reach for a while; it goes on, and does not hear that another has taken over. */
  cutOff(ms: number): void {
    this.#member?.cut()
    this.isCutOff = true
    void this.#world.clock.sleep(ms).then(() => {
      this.isCutOff = false
      if (this.isAlive) this.#member?.heal()
    })
  }

  /** It stands still, and does not know it. */
  freeze(ms: number): void {
    this.#gate.freeze()
    void this.#world.clock.sleep(ms).then(() => this.#gate.thaw())
  }

  /** Its store has told it that another leads: main ends the process. */
  #hearsOfAnother(): void {
    this.#world.trace('the daemon hears that another leads')
    this.isOverthrown = true
    const { clock, misfortune } = this.#world
    void clock.sleep(misfortune.pick([0, misfortune.int(1, 3_000)])).then(() => this.die('as another leads'))
  }
}

const plainEngine: ControllerConfig['engine'] = {
  artifactRepository: { s3: {} },
  controllerNamespace: 'default',
  timezone: 'UTC',
  podNameFormat: 'v2',
  podGCDeleteDelayMs: 0,
  hostNodeName: 'here',
}

const portions: Pick<ControllerConfig, 'engine' | 'longLists'> = {
  engine: { ...plainEngine, newNodesMax: 2 },
  longLists: { most: 1, per: 2, piecesAtOnce: 1 },
}

/** What is left of it when a member that is cut off lets go must be longer than the slowest call and the farthest jump back. */
const takeOverAfterMs = 25_000

const plainConfig: ControllerConfig = {
  engine: plainEngine,
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
