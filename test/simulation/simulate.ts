/** One seed played through: workload, faults and order all come from it, and every step is looked at. */
import type { ControllerSnapshot, Log } from '../../src/controller/index.ts'
import { silentLog } from '../../src/controller/index.ts'
import type { Faults } from '../../src/runtime/simulated/index.ts'
import { SimulatedEngine } from '../../src/runtime/simulated/index.ts'
import { MemoryDisk } from '../../src/store/memory/store.ts'
import { Daemons } from './daemons.ts'
import { scriptOf } from './deed.ts'
import { diceOf } from './dice.ts'
import type { FaultPlan } from './faults.ts'
import { unseenFiles, wrongInFolder } from './folder-checks.ts'
import type { SeenWorkflow } from './history.ts'
import { History, rankOf } from './history.ts'
import { limitsMap, People } from './people.ts'
import type { Scenario } from './scenario.ts'
import { ArtifactShelf } from './simulated-artifacts.ts'
import { SimulatedClock } from './simulated-clock.ts'
import type { World } from './world.ts'

export type Played = {
  readonly violations: readonly string[]
  readonly steps: number
  readonly commits: number
  readonly awaits: number
  readonly crashes: number
  /** Times that a second daemon took over from a living one. */
  readonly usurped: number
  /** What no controller can make good: pods that vanished, refusals for good. */
  readonly unlucky: number
  readonly starts: number
  /** The last lines of what happened. */
  readonly trace: readonly string[]
  readonly workflows: ReadonlyMap<string, SeenWorkflow>
}

/** All must be at rest so long after the last fault. */
const restWithinMs = 30 * 60_000
const cleanWithinMs = 5 * 60_000
/** The mover looks every minute, and may find the first time that all was too young. */
const archivedWithinMs = 3 * 60_000
const stepsMost = 100_000
const traceLinesMost = 4_000

export type PlayOptions = {
  /** Those of the scenario where left out. */
  readonly faults?: FaultPlan
  /** Whether what happens is told. */
  readonly isTraced?: boolean
  /** Only what comes of the workflows is wanted: it is over when they are. */
  readonly isBrief?: boolean
}

export function play(scenario: Scenario, options: PlayOptions = {}): Promise<Played> {
  return new Play(scenario, options).run()
}

class Play {
  readonly #scenario: Scenario
  readonly #faults: FaultPlan
  readonly #misfortune
  readonly #fate
  readonly #clock = new SimulatedClock()
  readonly #disk = new MemoryDisk()
  readonly #engine: SimulatedEngine
  readonly #history: History
  readonly #people: People
  readonly #world: World
  readonly #folder = new Map<string, string>()
  readonly #trace: string[] = []
  readonly #isTraced: boolean
  readonly #isBrief: boolean
  readonly #violations: string[] = []
  readonly #daemons: Daemons
  #steps = 0
  #commits = 0
  #vanished = 0
  /** Nothing goes wrong any more, whatever the time. */
  #isCalm = false
  #isOver = false

  constructor(scenario: Scenario, { faults = scenario.faults, isTraced = false, isBrief = false }: PlayOptions) {
    const { seed, limits } = scenario
    this.#isTraced = isTraced
    this.#isBrief = isBrief
    this.#scenario = scenario
    this.#faults = faults
    this.#misfortune = diceOf(seed, 'misfortune')
    this.#fate = diceOf(seed, 'fate')
    const isKind = () => this.#isCalm || this.#clock.passedMs >= faults.untilMs
    this.#engine = new SimulatedEngine({
      clock: this.#clock,
      random: diceOf(seed, 'engine'),
      behaviour: scriptOf,
      ...(Object.keys(faults.engine).length > 0 ? { faults: whileUnkind(faults.engine, isKind) } : {}),
    })
    this.#history = new History({ disk: this.#disk, engine: this.#engine, clock: this.#clock, scenario, isKind })
    const wrong = (text: string) => (this.#isOver ? undefined : void this.#violations.push(text))
    const row = { kind: 'ConfigMap', namespace: 'default', name: 'limits', body: limitsMap(limits) }
    this.#disk.apply([{ kind: 'putObject', row }])
    this.#world = {
      clock: this.#clock,
      engine: this.#engine,
      disk: this.#disk,
      shelf: new ArtifactShelf(),
      database: { awayUntilMs: 0, fullUntilMs: 0 },
      faults,
      misfortune: this.#misfortune,
      unlucky: { refusals: 0 },
      isKind,
      mayDie: (chance) => chance > 0 && this.#daemons.mayCrash && this.#misfortune.chance(chance),
      diesAfterCommit: () => (this.#commits += 1) === faults.crashAtCommit,
      trace: (text) => this.#say(text),
      wrong,
    }
    // What is stored is looked at after every commit, not only where the world comes to a stop.
    this.#disk.onWrite = () => (this.#isOver ? undefined : void this.#violations.push(...this.#history.look()))
    this.#people = new People(this.#world, { scenario, history: this.#history, folder: this.#folder, wrong })
    const given = { scenario, folder: this.#folder, log: this.#log(), wrong, fate: this.#fate }
    this.#daemons = new Daemons(this.#world, given)
  }

  async run(): Promise<Played> {
    while (this.#violations.length === 0 && !this.#isAtRest()) {
      await this.#step()
      if (this.#steps > stepsMost || this.#clock.passedMs > this.#faults.untilMs + restWithinMs)
        this.#violations.push(`no rest after ${this.#steps} steps: ${this.#unfinished().join(', ')}`)
    }
    if (!this.#isBrief) await this.#judgeRest()
    this.#isOver = true
    this.#daemons.dieAll('at the end')
    this.#clock.end()
    return {
      violations: this.#violations,
      steps: this.#steps,
      commits: this.#commits,
      awaits: this.#daemons.awaits,
      crashes: this.#daemons.crashes,
      usurped: this.#daemons.usurped,
      unlucky: this.#vanished + this.#world.unlucky.refusals,
      trace: this.#trace,
      starts: this.#engine.startCount,
      workflows: new Map([...this.#history.workflows.values()].map((one) => [one.name, one])),
    }
  }

  async #judgeRest(): Promise<void> {
    await this.#until(() => this.#leftovers().length === 0, cleanWithinMs)
    this.#isCalm = true
    const leftMs = this.#scenario.settings.archive === null ? 0 : archivedWithinMs
    const endMs = this.#clock.passedMs + leftMs
    await this.#until(() => this.#clock.passedMs >= endMs, leftMs)
    if (this.#violations.length === 0)
      this.#violations.push(
        ...this.#history.staysHot(),
        ...this.#history.overLimits(),
        // What a daemon that stood still was just asking for when another took over, the next start finds and removes.
        ...(this.#daemons.usurped > 0 ? [] : this.#leftovers()),
        ...this.#history.ranOtherwise(),
        ...this.#history.leftOpen(),
        ...wrongInFolder(this.#folder, this.#history.workflows.values()),
        ...(await this.#shownOtherwise()),
      )
    await this.#staysAtRest()
  }

  /** A daemon that is started on a world at rest leaves it as it is. */
  async #staysAtRest(): Promise<void> {
    if (this.#violations.length > 0) return
    this.#daemons.dieAll('to be started once more')
    const before = this.#engine.startCount
    const endMs = this.#clock.passedMs + 60_000
    await this.#until(() => this.#clock.passedMs >= endMs && this.#daemons.areAllUp, 120_000)
    const after = this.#engine.startCount
    if (after !== before) this.#violations.push(`${after - before} containers were started after all had ended`)
    this.#violations.push(...this.#leftovers())
  }

  /** What is shown of finished workflows is what is stored. */
  async #shownOtherwise(): Promise<readonly string[]> {
    const wrong: string[] = []
    for (const daemon of this.#daemons.up.filter(({ isOverthrown }) => !isOverthrown))
      for (const { name, deleted } of this.#history.workflows.values()) {
        const shown = daemon.controller.workflow('default', name, { nodes: true })
        await this.#settle()
        const result = await Promise.race([shown, new Promise<'nothing'>((resolve) => afterTurn(resolve, 'nothing'))])
        if (result === 'nothing') wrong.push(`${name} is not shown`)
        else wrong.push(...this.#history.shownOtherwise(name, deleted, result))
      }
    return wrong
  }

  async #until(holds: () => boolean, withinMs: number): Promise<void> {
    const endMs = this.#clock.passedMs + withinMs
    while (this.#violations.length === 0 && !holds() && this.#clock.passedMs < endMs) await this.#step()
  }

  async #step(): Promise<void> {
    this.#steps += 1
    this.#daemons.bury()
    this.#daemons.beginDue()
    await this.#settle()
    this.#people.workInFolder()
    const spoken = this.#daemons.spokenTo()
    if (spoken !== null) {
      this.#people.act(spoken)
      await this.#settle()
    }
    this.#violations.push(...this.#history.look())
    if (!this.#world.isKind()) this.#misfortunes()
    this.#daemons.bury()
    if (!this.#clock.step()) void this.#clock.sleep(60_000)
    await this.#settle()
    this.#violations.push(...this.#history.look())
  }

  /** Until nothing happens any more without the clock. */
  #settle(): Promise<void> {
    return new Promise((resolve) => {
      let [rounds, quiet, last] = [0, 0, -1]
      const look = (): void => {
        rounds += 1
        const { depth } = this.#daemons
        quiet = depth === 0 || depth === last ? quiet + 1 : 0
        last = depth
        if (quiet < 2 && rounds < 1_000) afterTurn(look)
        else resolve()
      }
      afterTurn(look)
    })
  }

  /** What may go wrong between two steps. */
  #misfortunes(): void {
    const { crash, vanish, jump, outage, drain, usurp, partition, failover, full } = this.#faults
    const dice = this.#misfortune
    const daemons = this.#daemons
    const victim = daemons.some()
    if (victim !== null && daemons.mayCrash && dice.chance(crash)) victim.die('between two steps')
    if (dice.chance(vanish)) this.#vanishOne()
    if (dice.chance(jump)) {
      const ms = dice.pick([-1_500, -20, 400, 10_000, 3_600_000])
      this.#say(`the clock jumps by ${ms} ms`)
      this.#clock.jump(ms)
    }
    if (victim?.isAlive === true && dice.chance(outage)) {
      const { runtime } = victim
      this.#say('the engine is away')
      runtime.setHealthy(false)
      void this.#clock.sleep(dice.int(10, 20_000)).then(() => runtime.setHealthy(true))
    }
    const fate = this.#fate
    if (daemons.mayCrash && fate.chance(drain)) daemons.some()?.drain()
    if (daemons.mayCrash && fate.chance(usurp)) daemons.usurp()
    if (fate.chance(partition)) daemons.partition()
    const { database } = this.#world
    if (fate.chance(failover)) {
      this.#say('the database is away')
      database.awayUntilMs = this.#clock.passedMs + fate.pick([200, 3_000, 20_000])
    }
    if (fate.chance(full)) {
      this.#say('the disk is full')
      database.fullUntilMs = this.#clock.passedMs + fate.pick([500, 5_000, 20_000])
    }
  }

  #vanishOne(): void {
    const [pod] = [...this.#engine.pods.values()].filter(() => this.#misfortune.chance(0.5))
    if (pod === undefined) return
    const { id } = pod.request.identity
    this.#say(`pod ${id} vanishes`)
    this.#vanished += 1
    this.#history.vanished.set(id, (this.#history.vanished.get(id) ?? 0) + 1)
    this.#engine.vanish(pod)
  }

  #unfinished(): string[] {
    const open = [...this.#history.workflows.values()].filter(({ finished, deleted }) => !finished && !deleted)
    return [
      ...this.#scenario.tasks
        .filter(({ name }) => this.#history.named(name) === undefined)
        .map(({ name }) => `${name} was never created`),
      ...open.map(({ name, phase, nodes }) => {
        const own = [...nodes.values()]
          .filter(({ node }) => rankOf(node.phase ?? '') < 2)
          .map(({ node }) => `${node.name}(${node.type})=${node.phase ?? ''} ${node.message ?? ''}`)
        return `${name} is ${phase} (${own.join('; ')})`
      }),
      ...this.#people.open,
      ...unseenFiles(this.#folder, this.#disk),
    ]
  }

  #isAtRest(): boolean {
    for (const { finished, deleted } of this.#history.workflows.values()) if (!finished && !deleted) return false
    return this.#unfinished().length === 0
  }

  /** What is still there of workflows that have ended. */
  #leftovers(): string[] {
    if (!this.#daemons.areAllUp) return ['a daemon is down']
    return [
      ...[...this.#engine.pods.keys()].map((pod) => `pod ${pod} is left`),
      ...[...this.#engine.volumes.keys()].map((volume) => `volume ${volume} is left`),
      ...[...(this.#disk.collections.get('leftover')?.keys() ?? [])].map((key) => `record leftover/${key} is left`),
      ...[...this.#disk.fleet.claims.keys()].map((holder) => `the claim of ${holder} is left`),
      ...this.#daemons.up.flatMap(({ controller }) => leftIn(controller.snapshot())),
      ...this.#unfinished(),
    ]
  }

  #say(text: string | (() => string)): void {
    if (this.#isOver || !this.#isTraced) return
    if (this.#trace.length >= traceLinesMost) this.#trace.splice(0, traceLinesMost / 2)
    const at = (this.#clock.passedMs / 1000).toFixed(3).padStart(9)
    this.#trace.push(`${String(this.#steps).padStart(5)} ${at} ${typeof text === 'string' ? text : text()}`)
  }

  #log(): Log {
    const tell = (fields: object, text: string): void => {
      this.#say(() => `log: ${text} ${JSON.stringify(fields)}`)
      if (/engine failed|a bug/.test(text) && !this.#isOver) this.#violations.push(`${text} ${JSON.stringify(fields)}`)
    }
    return { ...silentLog, warn: tell, error: tell }
  }
}

/** Lets everything happen that does not wait for the clock. */
const afterTurn = setImmediate

/** What a daemon has still in hand. */
function leftIn({ pods, locks, liveWorkflows, tasks, capacity }: ControllerSnapshot): string[] {
  return [
    ...locks
      .filter(({ held, pending }) => held + pending > 0)
      .map(({ name, held, pending }) => `lock ${name} is left, held ${held}, waited for ${pending}`),
    ...(pods.pending + pods.running + pods.removals > 0 ? [`pods are counted: ${JSON.stringify(pods)}`] : []),
    ...(liveWorkflows > 0 ? [`${liveWorkflows} workflows live`] : []),
    ...(tasks > 0 ? [`${tasks} tasks are under way`] : []),
    ...(capacity.waiting > 0 || Object.values(capacity.used).some((amount) => amount > 0)
      ? [`room is taken: ${JSON.stringify(capacity)}`]
      : []),
  ]
}

/** The same faults, until the world is kind. */
function whileUnkind(faults: Faults, isKind: () => boolean): Faults {
  const now = (chance = 0): number => (isKind() ? 0 : chance)
  return {
    ...faults,
    get lost() {
      return now(faults.lost)
    },
    get doubled() {
      return now(faults.doubled)
    },
    get late() {
      return now(faults.late)
    },
    get refused() {
      return now(faults.refused)
    },
    get answerLost() {
      return now(faults.answerLost)
    },
  }
}
