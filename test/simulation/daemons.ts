/** The daemons of a seed, one or several, over their lives: begun, dead, buried, begun again, and overthrown ones that live on. */
import type { Log } from '../../src/controller/index.ts'
import { SimulatedDaemon } from './daemon.ts'
import type { Dice } from './dice.ts'
import { diceOf } from './dice.ts'
import type { SimulatedFolder } from './folder.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

type Place = {
  /** `null`: the only one. */
  readonly name: string | null
  daemon: SimulatedDaemon | null
  restartAtMs: number
}

/** One that another has overthrown hears of it, or is ended, within. */
const zombieMsMost = 60_000

export class Daemons {
  readonly #world: World
  readonly #scenario: Scenario
  readonly #folder: SimulatedFolder
  readonly #log: Log
  readonly #wrong: (text: string) => void
  readonly #dice: Dice
  readonly #fate: Dice
  readonly #places: readonly Place[]
  /** Those that another has taken over from, and that live on for a while. */
  readonly #overthrown = new Set<SimulatedDaemon>()
  #lives = 0
  awaits = 0
  crashes = 0
  usurped = 0

  constructor(
    world: World,
    given: {
      readonly scenario: Scenario
      readonly folder: SimulatedFolder
      readonly log: Log
      readonly wrong: (text: string) => void
      readonly fate: Dice
    },
  ) {
    this.#world = world
    this.#scenario = given.scenario
    this.#folder = given.folder
    this.#log = given.log
    this.#wrong = given.wrong
    this.#fate = given.fate
    this.#dice = diceOf(given.scenario.seed, 'controller')
    const { members } = given.scenario
    const names: readonly (string | null)[] = members.length > 0 ? members : [null]
    this.#places = names.map((name) => ({ name, daemon: null, restartAtMs: 0 }))
  }

  /** Those that are up and lead, or believe so rightly. */
  get up(): readonly SimulatedDaemon[] {
    return this.#places.flatMap(({ daemon }) => (daemon?.isAlive === true && daemon.hasStarted ? [daemon] : []))
  }
  get areAllUp(): boolean {
    return (
      this.up.length === this.#places.length && this.#overthrown.size === 0 && this.up.every((one) => !one.isCutOff)
    )
  }
  get mayCrash(): boolean {
    return this.crashes < this.#world.faults.crashesMost
  }

  /** Runs waiting for their turn, in all of them. */
  get depth(): number {
    let sum = 0
    for (const { daemon } of this.#places) if (daemon?.isAlive === true) sum += daemon.controller.queueDepth()
    if (this.#overthrown.size > 0)
      for (const one of this.#overthrown) if (one.isAlive) sum += one.controller.queueDepth()
    return sum
  }

  /** Whom a person reaches now; sometimes one that is no longer in charge. */
  spokenTo(): SimulatedDaemon | null {
    const [zombie] = this.#overthrown
    if (zombie?.isAlive === true && zombie.hasStarted && this.#fate.chance(0.3)) return zombie
    const [first, ...others] = this.up
    if (first === undefined) return null
    return others.length === 0 ? first : this.#fate.pick([first, ...others])
  }

  /** One that lives, by chance. */
  some(): SimulatedDaemon | null {
    const place = this.#somePlace()
    return place?.daemon?.isAlive === true ? place.daemon : null
  }

  beginDue(): void {
    for (const place of this.#places)
      if (place.daemon === null && this.#world.clock.passedMs >= place.restartAtMs) this.#begin(place)
  }

  bury(): void {
    const { misfortune, clock } = this.#world
    for (const one of this.#overthrown) if (!one.isAlive) this.#overthrown.delete(one)
    for (const place of this.#places) {
      if (place.daemon?.isAlive !== false) continue
      place.daemon = null
      this.crashes += 1
      const downMs = misfortune.pick([0, 0, misfortune.int(1, 5_000)])
      place.restartAtMs = clock.passedMs + downMs
      void clock.sleep(downMs)
    }
  }

  dieAll(why: string): void {
    for (const { daemon } of this.#places) daemon?.die(why)
    for (const one of this.#overthrown) one.die(why)
  }

  /** Another daemon begins although this one lives: it stands still for a while, or goes on at once. */
  usurp(): void {
    const place = this.#somePlace()
    const old = place?.daemon
    if (place?.name !== null || old?.isAlive !== true || this.#overthrown.size > 0) return
    const { clock, trace } = this.#world
    const frozenMs = this.#fate.pick([0, this.#fate.int(1, 3_000), this.#fate.int(1, 30_000)])
    trace(`another daemon takes over; this one ${frozenMs === 0 ? 'goes on' : `stands still for ${frozenMs} ms`}`)
    this.usurped += 1
    this.crashes += 1
    if (frozenMs > 0) old.freeze(frozenMs)
    this.#overthrown.add(old)
    void clock.sleep(zombieMsMost).then(() => old.die('for good'))
    place.daemon = null
    place.restartAtMs = clock.passedMs
  }

  /** One of several loses the database, and with it perhaps its workflows. */
  partition(): void {
    const place = this.#somePlace()
    if (place?.name === null || place?.daemon?.isAlive !== true || place.daemon.isCutOff) return
    const ms = this.#fate.pick([100, this.#fate.int(500, 5_000), this.#fate.int(20_000, 60_000)])
    this.#world.trace(`the database is out of the reach of ${place.name} for ${ms} ms`)
    this.usurped += 1
    place.daemon.cutOff(ms)
  }

  #somePlace(): Place | undefined {
    const [first, ...others] = this.#places
    if (first === undefined || others.length === 0) return first
    return this.#fate.pick([first, ...others])
  }

  #begin(place: Place): void {
    const { world, name } = { world: this.#world, name: place.name }
    world.trace(name === null ? 'the daemon starts' : `the daemon ${name} starts`)
    this.#lives += 1
    const hasFolder = this.#scenario.files.length > 0 && place === this.#places[0]
    const daemon = new SimulatedDaemon(world, {
      settings: this.#scenario.settings,
      dice: this.#dice,
      log: this.#log,
      folder: hasFolder ? this.#folder : null,
      member: name,
      onAwait: () => (this.awaits += 1),
      diesAfterAwaits: this.#lifeAwaits(),
      mayCrash: () => this.mayCrash && (!world.isKind() || world.faults.crashAtAwait !== null),
    })
    place.daemon = daemon
    const wasKind = world.isKind()
    daemon.start().catch((error: unknown) => {
      if (!daemon.isAlive) return
      world.trace(`the daemon does not start: ${String(error)}`)
      // Who started it starts it again, for as long as the store may be away.
      if (wasKind) this.#wrong(`the daemon does not start: ${String(error)}`)
      else daemon.die('as it could not start')
    })
  }

  #lifeAwaits(): number {
    const { awaitsMost, crashAtAwait } = this.#world.faults
    if (crashAtAwait !== null) return this.#lives === 1 ? crashAtAwait : Infinity
    const [first, ...others] = awaitsMost
    return first === undefined ? Infinity : this.#fate.int(1, this.#fate.pick([first, ...others]))
  }
}
