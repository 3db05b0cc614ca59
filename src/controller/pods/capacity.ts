/** Admission of pods to the endpoints: their requests must fit cores and memory there, and their number its bridge. */
import type { PodId } from '../../resources/index.ts'
import { Line } from './line.ts'
import type { Budget, Need, Room } from './space.ts'
import { Space } from './space.ts'

/** Where a pod may go, of those endpoints that there are. */
export type Choice = {
  readonly names: readonly string[]
  /** The rest, and why not there, in the words of Kubernetes' scheduler. */
  readonly refused: ReadonlyMap<string, string>
  /** Where it would rather be, the higher the rather, whatever room there is. */
  readonly wishes?: ReadonlyMap<string, number>
}

export type Asked = {
  readonly pod: PodId
  readonly need: Need
  readonly priority: number
  /** Asked again whenever something has changed; absent: anywhere. */
  readonly choose?: () => Choice
  /** Hears at once where the pod goes: whoever asks next must know. */
  readonly onPlaced?: (endpoint: string) => void
}

type Waiting = Asked & {
  readonly order: number
  readonly admit: (endpoint: string) => void
  readonly tell: (why: string) => void
  told: string
  choice: Choice | null
  /** It was admitted or gave up; it leaves its line when it comes to the front. */
  isOver: boolean
}

/** Those that may go to the same endpoints, first come, first served. */
type Lane = Line<Waiting>

/** The name of the only endpoint where there are none. */
const soleName = ''

/**
 * First come, first served within a priority, on each endpoint: a large pod at the head is not overtaken for ever by
 * small ones that could take its room, and those that may only go elsewhere do not wait for it.
 */
export class Capacity {
  #oversized: 'wait' | 'run'
  readonly #spaces = new Map<string, Space>()
  readonly #where = new Map<PodId, Space>()
  /** Those that can run some time, by priority, the highest first. */
  readonly #levels: { readonly priority: number; readonly lanes: Map<string, Lane> }[] = []
  /** Those that need more than any endpoint has: they must not keep the others back. */
  readonly #impossible = new Set<Waiting>()
  #waiting = 0
  #order = 0
  #onDemand: () => void = () => undefined

  constructor(options: { readonly budget: Budget; readonly oversized: 'wait' | 'run' }) {
    this.#spaces.set(soleName, new Space({ name: soleName, budget: options.budget, closed: null }))
    this.#oversized = options.oversized
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Of all endpoints together. */
  get used(): Budget {
    return sum([...this.#spaces.values()].map(({ used }) => used))
  }

  get budget(): Budget {
    return sum([...this.#spaces.values()].map(({ room }) => room.budget))
  }

  get rooms(): readonly (Room & { readonly used: Budget; readonly pods: number })[] {
    return [...this.#spaces.values()].map(({ room, used, pods }) => ({ ...room, used, pods }))
  }

  /** Where there are no endpoints. */
  setBudget(budget: Budget, oversized = this.#oversized): void {
    this.setRooms([{ name: soleName, budget, closed: null }], oversized)
  }

  setRooms(rooms: readonly Room[], oversized = this.#oversized): void {
    this.#oversized = oversized
    for (const room of rooms) {
      const space = this.#spaces.get(room.name)
      if (space === undefined) this.#spaces.set(room.name, new Space(room))
      else space.room = room
    }
    for (const [name, { pods }] of this.#spaces)
      if (pods === 0 && !rooms.some((room) => room.name === name)) this.#spaces.delete(name)
    this.reconsider()
  }

  /** Those that wait may have other endpoints to go to than before. */
  reconsider(): void {
    const all = [...this.#impossible, ...this.#levels.flatMap(({ lanes }) => [...lanes.values()]).flatMap(restOf)]
    this.#impossible.clear()
    this.#levels.length = 0
    for (const waiting of all.sort((a, b) => a.order - b.order)) if (!waiting.isOver) this.#line(waiting)
    this.#admitWaiting()
    for (const waiting of all) if (!waiting.isOver && waiting.choose !== undefined) this.#tell(waiting)
  }

  /** Where other controllers use the endpoints too: what is ours of each now; nothing of one that is not named. */
  setShares(shares: ReadonlyMap<string, Budget>): void {
    for (const [name, space] of this.#spaces) space.share = shares.get(name) ?? noShare
    this.#admitWaiting()
    for (const { lanes } of this.#levels)
      for (const lane of lanes.values()) for (const waiting of lane.rest()) if (!waiting.isOver) this.#tell(waiting)
  }

  /** What those who wait would take of each endpoint, of as many of them as are worth asking for at once. */
  waitingNeeds(most: number): ReadonlyMap<string, Budget> {
    const needs = new Map<string, Budget>()
    let left = most
    for (const { lanes } of this.#levels)
      for (const lane of lanes.values())
        for (const { need, choice, isOver } of lane.rest()) {
          if (isOver || left <= 0) continue
          left -= 1
          for (const name of choice?.names ?? this.#spaces.keys())
            needs.set(name, sum([needs.get(name) ?? noShare, need]))
        }
    return needs
  }

  /** Told when somebody has to wait, and when room is given back. */
  onDemand(listener: () => void): void {
    this.#onDemand = listener
  }

  /** Takes what the pod needs without asking: it runs already. */
  adopt(pod: PodId, need: Need, endpoint = soleName): void {
    if (this.#where.has(pod)) return
    const space = this.#spaces.get(endpoint) ?? this.#unknown(endpoint)
    this.#where.set(pod, space)
    space.take(pod, need)
  }

  /** Where it would go now; `null`: nowhere at the moment. Nothing is held. */
  suggest(need: Need, choose?: () => Choice): string | null {
    return this.#placeFor(need, choose?.() ?? null, none)?.room.name ?? null
  }

  /**
   * Resolves with the endpoint when there is room; the pod holds it until `release`. `tell` hears why it waits.
   * @throws the signal's reason
   */
  acquire(asked: Asked, tell: (why: string) => void, signal: AbortSignal): Promise<string> {
    const held = this.#where.get(asked.pod)
    if (held !== undefined) return Promise.resolve(held.room.name)
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (withdraw?.() === true) reject(signal.reason as Error)
      }
      const admit = (endpoint: string) => {
        signal.removeEventListener('abort', onAbort)
        resolve(endpoint)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const withdraw = this.ask(asked, tell, admit)
      if (withdraw === null) admit(this.#where.get(asked.pod)?.room.name ?? soleName)
    })
  }

  /**
   * `null`: there is room, and the pod holds it until `release`. Else `admit` is called with the endpoint when there
   * is, and `tell` hears why it waits; the answer gives up, and says whether there was anything to give up.
   */
  ask(asked: Asked, tell: (why: string) => void, admit: (endpoint: string) => void): (() => boolean) | null {
    if (this.#where.has(asked.pod)) return null
    const choice = asked.choose?.() ?? null
    const space = this.#waiting === 0 ? this.#placeFor(asked.need, choice, none) : null
    if (space !== null) {
      this.#place(asked, space)
      return null
    }
    this.#order += 1
    const waiting: Waiting = { ...asked, order: this.#order, admit, tell, told: '', choice, isOver: false }
    this.#waiting += 1
    this.#line(waiting)
    this.#admitWaiting()
    if (!waiting.isOver) this.#tell(waiting)
    if (!waiting.isOver) this.#onDemand()
    return () => {
      if (waiting.isOver) return false
      this.#end(waiting)
      this.#admitWaiting()
      return true
    }
  }

  release(pod: PodId): void {
    const space = this.#where.get(pod)
    if (space === undefined) return
    this.#where.delete(pod)
    space.release(pod)
    this.#admitWaiting()
    this.#onDemand()
  }

  /** The first of each lane in its turn; where one does not fit, nobody behind it takes what it waits for. */
  #admitWaiting(): void {
    if (this.#levels.length === 0 || this.#admitToSole()) return
    const taken = new Set<string>()
    for (const { lanes } of this.#levels) {
      const open = new Map(lanes)
      for (let lane = firstLane(open); lane !== null; lane = firstLane(open)) {
        const { waiting } = lane
        // What was placed a moment ago may have bound what this one needs.
        const choice = waiting.choose?.() ?? null
        const space = this.#placeFor(waiting.need, choice, taken)
        if (space !== null) {
          this.#end(waiting)
          this.#place(waiting, space)
          waiting.admit(space.room.name)
          continue
        }
        open.delete(lane.key)
        for (const name of choice?.names ?? this.#spaces.keys())
          if (this.#couldEver(name, waiting.need)) taken.add(name)
        if (taken.size >= this.#spaces.size) return this.#dropEmpty()
      }
    }
    this.#dropEmpty()
  }

  /** Where there is one place for all, whoever comes first waits for it; false: there are several, or some are choosy. */
  #admitToSole(): boolean {
    const [sole] = this.#spaces.values()
    if (sole === undefined || this.#spaces.size > 1) return false
    for (let level = this.#levels[0]; level !== undefined; level = this.#levels[0]) {
      const lane = level.lanes.get(soleName)
      if (level.lanes.size > (lane === undefined ? 0 : 1)) return false
      const waiting = lane?.first(isWanted)
      if (waiting === undefined) this.#levels.shift()
      else {
        if (waiting.choose !== undefined) return false
        if (!sole.fits(waiting.need, this.#oversized)) return true
        this.#end(waiting)
        this.#place(waiting, sole)
        waiting.admit(sole.room.name)
      }
    }
    return true
  }

  #dropEmpty(): void {
    for (const { lanes } of this.#levels)
      for (const [key, line] of lanes) if (line.first(isWanted) === undefined) lanes.delete(key)
    while (this.#levels[0]?.lanes.size === 0) this.#levels.shift()
  }

  /** Where it fits, of those not taken by others: what is wished for most, then where most is free. */
  #placeFor(need: Need, choice: Choice | null, taken: ReadonlySet<string>): Space | null {
    let [best, bestWish, bestShare]: [Space | null, number, number] = [null, 0, 0]
    for (const name of choice?.names ?? this.#spaces.keys()) {
      const space = this.#spaces.get(name)
      if (space === undefined || taken.has(name) || !space.fits(need, this.#oversized)) continue
      if (this.#spaces.size === 1) return space
      const wish = choice?.wishes?.get(name) ?? 0
      const share = space.shareWith(need)
      if (best !== null && (wish < bestWish || (wish === bestWish && share >= bestShare - 1e-9))) continue
      ;[best, bestWish, bestShare] = [space, wish, share]
    }
    return best
  }

  #place({ pod, need, onPlaced }: Asked, space: Space): void {
    this.#where.set(pod, space)
    space.take(pod, need)
    onPlaced?.(space.room.name)
  }

  #line(waiting: Waiting): void {
    waiting.choice = waiting.choose?.() ?? null
    if (this.#isImpossible(waiting)) return void this.#impossible.add(waiting)
    const { priority } = waiting
    let at = 0
    while ((this.#levels[at]?.priority ?? -Infinity) > priority) at += 1
    let level = this.#levels[at]
    if (level?.priority !== priority) {
      level = { priority, lanes: new Map() }
      this.#levels.splice(at, 0, level)
    }
    const key = this.#spaces.size === 1 ? soleName : this.#laneOf(waiting)
    const lane = level.lanes.get(key) ?? new Line<Waiting>()
    level.lanes.set(key, lane)
    lane.add(waiting)
  }

  #end(waiting: Waiting): void {
    waiting.isOver = true
    this.#waiting -= 1
    this.#impossible.delete(waiting)
  }

  #isImpossible({ need, choice }: Waiting): boolean {
    const names = choice?.names ?? [...this.#spaces.keys()]
    if (names.length === 0) return true
    return !names.some((name) => this.#couldEver(name, need))
  }

  /** Those of one lane wait for the same endpoints. */
  #laneOf({ need, choice }: Waiting): string {
    const able = (choice?.names ?? [...this.#spaces.keys()]).filter((name) => this.#couldEver(name, need)).join()
    const wishes = [...(choice?.wishes ?? [])].map(([name, wish]) => `${name}=${wish}`)
    return wishes.length === 0 ? able : `${able}|${wishes.join()}`
  }

  #couldEver(name: string, need: Need): boolean {
    return this.#oversized === 'run' || this.#spaces.get(name)?.couldHold(need) === true
  }

  #tell(waiting: Waiting): void {
    const why = this.#reason(waiting)
    if (why === waiting.told) return
    waiting.told = why
    waiting.tell(why)
  }

  #reason({ need, choice }: Waiting): string {
    const [sole] = this.#spaces.values()
    if (choice === null && sole !== undefined && this.#spaces.size === 1) return soleReason(sole.why(need))
    const counts = new Map<string, number>()
    for (const [name, space] of this.#spaces) {
      const why = choice?.refused.get(name) ?? space.why(need)
      counts.set(why, (counts.get(why) ?? 0) + 1)
    }
    const reasons = [...counts].map(([why, count]) => `${count} ${why}`).sort()
    return `Unschedulable: 0/${this.#spaces.size} nodes are available: ${reasons.join(', ')}.`
  }

  /** One that the settings do not name any more, with pods that run there. */
  #unknown(name: string): Space {
    const budget = { cpus: 0, memoryBytes: 0, containers: 0 }
    const space = new Space({ name, budget, closed: 'node(s) were unschedulable' })
    this.#spaces.set(name, space)
    return space
  }
}

/** The same text for all that wait for the same. */
function soleReason(why: string): string {
  let text = soleReasons.get(why)
  if (text === undefined) {
    text = `Unschedulable: 0/1 nodes are available: 1 ${why}.`
    soleReasons.set(why, text)
  }
  return text
}
const soleReasons = new Map<string, string>()

const noShare: Budget = { cpus: 0, memoryBytes: 0, containers: 0 }
const none: ReadonlySet<string> = new Set()
const isWanted = ({ isOver }: Waiting): boolean => !isOver
const restOf = (lane: Lane): readonly Waiting[] => lane.rest()

/** Whose turn it is among them; lanes that are empty are struck. */
function firstLane(lanes: Map<string, Lane>): { readonly key: string; readonly waiting: Waiting } | null {
  let first: { readonly key: string; readonly waiting: Waiting } | null = null
  for (const [key, line] of lanes) {
    const waiting = line.first(isWanted)
    if (waiting === undefined) lanes.delete(key)
    else if (first === null || waiting.order < first.waiting.order) first = { key, waiting }
  }
  return first
}

function sum(budgets: readonly Budget[]): Budget {
  const total = { cpus: 0, memoryBytes: 0, containers: 0 }
  for (const { cpus, memoryBytes, containers } of budgets) {
    total.cpus += cpus
    total.memoryBytes += memoryBytes
    total.containers += containers
  }
  return total
}
