/**
 * Engines that several members reach: each has a share of the budget, asked for in chunks before pods start and given
 * back when they have ended. Where others wait for more, nobody keeps more than an equal part for new pods.
 */
import type { Clock } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import type { EngineShare, FleetCapacity, FleetEngine, Member } from '../../store/fleet.ts'
import { Alarms } from '../alarms.ts'
import type { Capacity } from '../pods/capacity.ts'
import type { Budget } from '../pods/space.ts'
import type { Log } from '../telemetry.ts'

export type SharedCapacityParts = {
  readonly clock: Clock
  readonly log: Log
  readonly capacity: Capacity
  readonly shares: FleetCapacity
  readonly name: string
  /** As last read. */
  readonly members: () => readonly Member[]
  /** Of each endpoint by its name, the engine; several endpoints may be one engine. */
  readonly engines: () => readonly FleetEngine[]
  /** Pods wait for more of these engines, by id. */
  readonly onWanted: (engines: ReadonlySet<string>) => void
}

/** Pods that wait and are asked for together. */
const podsAtOnce = 64
/** Part of a budget that is asked for beyond what is needed now. */
const chunkPart = 1 / 16
/** What nobody used for so long is given back. */
const idleMs = 1_000
const gatherMs = 5
/** Others are told that we wait once we have waited for so long. */
const patienceMs = 300

export class SharedCapacity {
  readonly #parts: SharedCapacityParts
  readonly #alarms: Alarms
  readonly #shares = new Map<string, EngineShare>()
  readonly #wantedSince = new Map<string, number>()
  #settling: Promise<void> | null = null
  #isDirty = false
  #isClosed = false

  constructor(parts: SharedCapacityParts) {
    this.#parts = parts
    this.#alarms = new Alarms(parts.clock)
  }

  /** The engines are known, or others; shares are asked for from now on. */
  start(): void {
    this.#parts.capacity.setShares(this.#byEndpoint())
    this.#parts.capacity.onDemand(() => this.look())
    this.look()
  }

  /** More may be free, or more wanted. */
  look(): void {
    if (this.#isClosed || this.#parts.engines().length === 0) return
    this.#isDirty = true
    this.#settling ??= this.#settle()
  }

  close(): void {
    this.#isClosed = true
    this.#alarms.clearAll()
  }

  async #settle(): Promise<void> {
    const { clock, log } = this.#parts
    try {
      await clock.sleep(gatherMs)
      while (this.#isDirty && !this.#isClosed) {
        this.#isDirty = false
        for (const [id, budget] of this.#budgets()) await this.#settleOne(id, budget)
        this.#parts.capacity.setShares(this.#byEndpoint())
      }
    } catch (error) {
      if (!this.#isClosed) log.warn({ error: String(error) }, 'a share of the engine could not be asked for')
    } finally {
      this.#settling = null
    }
    if (this.#isClosed) return
    this.#tellWanted()
    this.#alarms.set('look', instant(clock.now() + (this.#wantedSince.size > 0 ? patienceMs : idleMs)), () =>
      this.look(),
    )
  }

  async #settleOne(id: string, budget: Budget): Promise<void> {
    const { shares, clock } = this.#parts
    const has = this.#shares.get(id)
    const { used, needed } = this.#demand(id)
    const others = this.#othersOn(id)
    const chunk = scaled(budget, chunkPart)
    let wanted = others.length === 0 ? budget : isNothing(needed) ? needed : least(budget, added(needed, chunk))
    if (others.some((engine) => engine.isWanted === true))
      wanted = least(wanted, most(used, scaled(budget, 1 / (others.length + 1))))
    const isShort = has === undefined || !covers(has, least(wanted, needed))
    const isIdle = has !== undefined && !covers(added(wanted, chunk), has)
    if (has === undefined || isShort || isIdle) this.#shares.set(id, await shares.share(id, whole(wanted), budget))
    const after = this.#shares.get(id)
    if (after === undefined || covers(after, least(budget, needed))) this.#wantedSince.delete(id)
    else if (!this.#wantedSince.has(id)) this.#wantedSince.set(id, clock.now())
  }

  #tellWanted(): void {
    const { clock, onWanted } = this.#parts
    const before = clock.now() - patienceMs
    onWanted(new Set([...this.#wantedSince].flatMap(([id, since]) => (since <= before ? [id] : []))))
  }

  /** What runs on the engine, and with it what would if there were room. */
  #demand(id: string): { readonly used: Budget; readonly needed: Budget } {
    const { capacity, engines } = this.#parts
    const names = new Set(engines().flatMap((engine) => (engine.id === id ? [engine.endpoint] : [])))
    const rooms = capacity.rooms.filter(({ name }) => names.has(name))
    const used = rooms.reduce((sum, room) => added(sum, room.used), nothing)
    const waiting = [...capacity.waitingNeeds(podsAtOnce)].filter(([name]) => names.has(name))
    return { used, needed: waiting.reduce((sum, [, need]) => added(sum, need), used) }
  }

  #othersOn(id: string): readonly FleetEngine[] {
    const { members, name } = this.#parts
    return members().flatMap((member) => {
      const engine = member.isLive && member.name !== name ? member.engines.find((one) => one.id === id) : undefined
      return engine === undefined ? [] : [engine]
    })
  }

  /** By engine. */
  #budgets(): ReadonlyMap<string, Budget> {
    const budgets = new Map<string, Budget>()
    for (const { id, cpus, memoryBytes, containersMax } of this.#parts.engines())
      if (!budgets.has(id)) budgets.set(id, { cpus, memoryBytes, containers: containersMax })
    return budgets
  }

  #byEndpoint(): ReadonlyMap<string, Budget> {
    return new Map(
      this.#parts.engines().map(({ id, endpoint }): [string, Budget] => [endpoint, this.#shares.get(id) ?? nothing]),
    )
  }
}

const nothing: Budget = { cpus: 0, memoryBytes: 0, containers: 0 }
const with2 = (a: Budget, b: Budget, of: (a: number, b: number) => number): Budget => ({
  cpus: of(a.cpus, b.cpus),
  memoryBytes: of(a.memoryBytes, b.memoryBytes),
  containers: of(a.containers, b.containers),
})
const added = (a: Budget, b: Budget): Budget => with2(a, b, (x, y) => x + y)
const least = (a: Budget, b: Budget): Budget => with2(a, b, Math.min)
const most = (a: Budget, b: Budget): Budget => with2(a, b, Math.max)
const scaled = (a: Budget, by: number): Budget => with2(a, a, (x) => x * by)
const covers = (a: Budget, b: Budget): boolean =>
  a.cpus + 1e-9 >= b.cpus && a.memoryBytes >= b.memoryBytes && a.containers >= b.containers
const isNothing = ({ cpus, memoryBytes, containers }: Budget): boolean => cpus + memoryBytes + containers === 0
/** Containers and bytes are counted whole. */
const whole = ({ cpus, memoryBytes, containers }: Budget): EngineShare => ({
  cpus,
  memoryBytes: Math.ceil(memoryBytes),
  containers: Math.ceil(containers),
})
