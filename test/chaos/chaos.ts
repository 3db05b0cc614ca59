/** One run: a world, a load, faults by a seed, and the verdict. */
import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { diceOf } from '../simulation/dice.ts'
import type { Dice } from '../simulation/dice.ts'
import { strike } from './faults.ts'
import type { FaultCounts, FaultKind, Faulty } from './faults.ts'
import { faultKinds } from './faults.ts'
import { judge } from './judge.ts'
import { leftInData, leftInEngine, leftInStore } from './leftovers.ts'
import { readLines } from './lines.ts'
import { Load } from './load.ts'
import { complaintsOf } from './said.ts'
import type { Way } from './told.ts'
import { makeWorld } from './world.ts'
import type { World, WorldOptions } from './world.ts'

export type ChaosOptions = WorldOptions & {
  readonly seed: number
  readonly counts: FaultCounts
  readonly minutesMost: number
  /** Aborted: no more faults. */
  readonly signal?: AbortSignal
  /** How often, from 0 to 1, a kill is not recovered from before the next fault; 0.2 where nothing is said. */
  readonly haste?: number
  /** Workflows at once. */
  readonly live: number
  /** Where a run that was not clean is kept. */
  readonly keepIn: string
  readonly say: (line: string) => void
}

export type Figures = { readonly count: number; readonly median: number; readonly p95: number; readonly max: number }

export type Outcome = {
  readonly seed: number
  readonly store: string
  readonly liveRestore: boolean
  readonly controllers: number
  readonly seconds: number
  readonly done: Readonly<Record<FaultKind, number>>
  readonly workflows: number
  /** Of these, by the way they came: a file in the folder, a row of the table, the API. */
  readonly ways: Readonly<Record<Way, number>>
  readonly attempts: number
  readonly lines: number
  /** Milliseconds after each fault until the API answered, by its kind. */
  readonly answers: Readonly<Record<string, Figures>>
  /** Milliseconds after it until a step began. */
  readonly work: Readonly<Record<string, Figures>>
  readonly violations: readonly string[]
  /** Where it is kept; `null` for a clean run. */
  readonly kept: string | null
}

/** The API answers again within this after each fault, or that is a violation. */
const answerMsMost = 60_000
const endMsMost = 240_000
const clearMsMost = 90_000

export async function chaos(options: ChaosOptions): Promise<Outcome> {
  const world = await makeWorld(options)
  try {
    return await new Run(world, options).all()
  } finally {
    await world
      .remove()
      .catch((error: unknown) => options.say(`not all of the engine could be removed: ${String(error)}`))
  }
}

class Run {
  readonly #world: World
  readonly #options: ChaosOptions
  readonly #load: Load
  readonly #dice: Dice
  readonly #violations: string[] = []
  readonly #done: Record<FaultKind, number> = {
    kill: 0,
    term: 0,
    engine: 0,
    postgres: 0,
    disk: 0,
    pause: 0,
    freeze: 0,
    remove: 0,
  }
  readonly #answers = new Map<string, number[]>()
  readonly #work = new Map<string, number[]>()
  readonly #began = performance.now()

  constructor(world: World, options: ChaosOptions) {
    this.#world = world
    this.#options = options
    this.#dice = diceOf(options.seed, 'faults')
    this.#load = new Load(world, diceOf(options.seed, 'load'), options.live)
  }

  async all(): Promise<Outcome> {
    await this.#load.begin()
    for (const daemon of this.#world.daemons) daemon.spawn()
    if ((await this.#world.api.whenThere(60_000)) === null) throw new Error('the daemon does not answer at all')
    await sleep(1_000)
    this.#load.start()
    await sleep(2_000)
    for (const kind of this.#plan()) {
      const isOver = performance.now() - this.#began > this.#options.minutesMost * 60_000
      if (isOver || this.#options.signal?.aborted === true) break
      await this.#strike(kind)
      await sleep(this.#dice.int(0, 1_500))
    }
    await this.#settle()
    return this.#outcome()
  }

  #plan(): readonly FaultKind[] {
    const all = faultKinds.flatMap((kind) => Array.from({ length: this.#options.counts[kind] }, () => kind))
    return all
      .map((kind) => ({ kind, at: this.#dice.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ kind }) => kind)
  }

  async #strike(kind: FaultKind): Promise<void> {
    // A fault may kill the daemon by the way; enough is enough.
    if (kind === 'kill' && this.#done.kill >= this.#options.counts.kill) return
    const faulty: Faulty = {
      world: this.#world,
      dice: this.#dice,
      mayVanish: (workflow) => {
        const wanted = this.#load.wantedOf(workflow)
        return wanted !== null && wanted.isBrittle !== true && wanted.needs !== 'stop'
      },
      freezeMs: 12_000,
    }
    const { text, kills, as } = await strike(kind, faulty)
    const before = (await readLines(this.#world.folders.lines)).length
    this.#done.kill += kills
    if (kind !== 'kill') this.#done[kind] += 1
    // Now and then the next comes while this one is still being made good.
    const isHurried = kind === 'kill' && this.#dice.chance(this.#options.haste ?? 0.2)
    const answerMs = isHurried ? 0 : await this.#world.api.whenThere(answerMsMost)
    const workMs = isHurried || answerMs === null ? null : await this.#untilWork(before)
    if (answerMs === null) this.#violated(`the API does not answer ${answerMsMost / 1000} s after: ${text}`)
    if (!isHurried && answerMs !== null) note(this.#answers, as, answerMs)
    if (workMs !== null) note(this.#work, as, workMs + (answerMs ?? 0))
    const figures = isHurried ? '' : `; answered after ${ms(answerMs)}, worked after ${ms(workMs)}`
    const at = ((performance.now() - this.#began) / 1000).toFixed(0)
    this.#options.say(`${at.padStart(5)} s  ${text}${figures}  (${this.#load.open.length} open)`)
    const stamp = new Date().toISOString()
    await appendFile(join(this.#world.root, 'faults.log'), `${stamp} ${text}${figures}\n`)
  }

  /** Milliseconds until a step began that had not when the fault was over; `null` where none did for a while. */
  async #untilWork(before: number): Promise<number | null> {
    const began = performance.now()
    while (performance.now() - began < 10_000) {
      const lines = (await readLines(this.#world.folders.lines)).slice(before)
      if (lines.some(({ mark }) => mark === 'B')) return performance.now() - began
      await sleep(50)
    }
    return null
  }

  /** No more faults: everything ends, is deleted, and leaves nothing. */
  async #settle(): Promise<void> {
    const { say } = this.#options
    for (const daemon of this.#world.daemons) daemon.spawn()
    if ((await this.#world.api.whenThere(answerMsMost)) === null) this.#violated('the API does not answer at the end')
    await this.#load.suspendCron()
    say('no more faults; a few of each kind must still go through')
    const most = this.#load.liveMost
    this.#load.liveMost = most + 18
    await sleep(2_000)
    this.#load.liveMost = 0
    const isOver = await until(endMsMost, async () => this.#load.open.length === 0)
    if (!isOver) this.#violated(`not over after ${endMsMost / 1000} s: ${this.#load.open.join(', ')}`)
    await this.#load.stop()
    await this.#load.endCron()
    await writeFile(join(this.#world.root, 'workflows.json'), JSON.stringify(this.#load.all))
    let left: readonly string[] = []
    const look = async () => {
      left = await leftInEngine(this.#world)
      return left.length === 0
    }
    if (!(await until(clearMsMost, look))) this.#violated(...left.map((one) => `left in the engine: ${one}`))
    let wrong: readonly string[] = []
    await until(answerMsMost, async () => (wrong = await this.#load.left()).length === 0)
    this.#violated(...wrong)
    await Promise.all(this.#world.daemons.map((daemon) => daemon.term()))
    if (left.length === 0) {
      const after = await leftInEngine(this.#world)
      this.#violated(...after.map((one) => `left in the engine after the end of the daemon: ${one}`))
    }
    if (this.#world.isShared) await this.#lastLife()
    this.#violated(...(await leftInStore(this.#world)).map((one) => `left in the store: ${one}`))
    this.#violated(...(await leftInData(this.#world)).map((one) => `left in the data folder: ${one}`))
  }

  /** Who was away while another deleted what had run here takes the logs away when it comes back. */
  async #lastLife(): Promise<void> {
    for (const daemon of this.#world.daemons) daemon.spawn()
    await until(clearMsMost, async () => (await leftInData(this.#world)).length === 0)
    await Promise.all(this.#world.daemons.map((daemon) => daemon.term()))
  }

  async #outcome(): Promise<Outcome> {
    const { engine, postgres, remove, disk } = this.#options.counts
    const licence = {
      mayBeKilled: engine > 0 && !this.#options.liveRestore,
      mayBeUnknown: engine > 0,
      mayVanish: remove > 0 || (engine > 0 && !this.#options.liveRestore),
      mayNotBeKept: disk > 0 || postgres > 0,
    }
    const lines = await readLines(this.#world.folders.lines)
    this.#violated(...this.#load.violations, ...judge(this.#load.all, lines, licence))
    for (const { log, complaints } of this.#world.daemons)
      this.#violated(...complaints, ...complaintsOf(await readFile(log, 'utf8').catch(() => '')))
    const kept = this.#violations.length === 0 ? null : await this.#keep()
    return {
      seed: this.#options.seed,
      store: this.#options.store,
      liveRestore: this.#options.liveRestore,
      controllers: this.#options.controllers,
      seconds: Math.round((performance.now() - this.#began) / 1000),
      done: this.#done,
      workflows: this.#load.all.length,
      ways: this.#load.ways,
      attempts: new Set(lines.map(({ node }) => node)).size,
      lines: lines.length,
      answers: figuresOf(this.#answers),
      work: figuresOf(this.#work),
      violations: this.#violations,
      kept,
    }
  }

  #violated(...texts: readonly string[]): void {
    for (const text of texts) this.#options.say(`✖ ${text}`)
    this.#violations.push(...texts)
  }

  /** Logs, lines, store, statuses and what stands in the engine. */
  async #keep(): Promise<string> {
    const { root, engine, docker } = this.#world
    const place = join(this.#options.keepIn, `seed-${this.#options.seed}-${this.#options.store}-${Date.now()}`)
    await mkdir(place, { recursive: true })
    await cp(root, place, { recursive: true, filter: (path) => !path.endsWith('filler') })
    await cp(engine.log, join(place, 'dockerd.log')).catch(() => undefined)
    const standing = [
      ...(await docker('ps', '-a', '--no-trunc').catch(() => [])),
      ...(await docker('volume', 'ls').catch(() => [])),
    ]
    await writeFile(join(place, 'engine.txt'), standing.join('\n'))
    await writeFile(join(place, 'violations.txt'), this.#violations.join('\n'))
    return place
  }
}

async function until(withinMs: number, look: () => Promise<boolean>): Promise<boolean> {
  for (const endsAt = performance.now() + withinMs; performance.now() < endsAt;) {
    if (await look()) return true
    await sleep(300)
  }
  return false
}

const ms = (value: number | null): string => (value === null ? 'never' : `${Math.round(value)} ms`)

function note(into: Map<string, number[]>, kind: string, value: number): void {
  into.set(kind, [...(into.get(kind) ?? []), value])
}

const figuresOf = (values: ReadonlyMap<string, readonly number[]>): Readonly<Record<string, Figures>> =>
  Object.fromEntries(
    [...values].map(([kind, all]) => {
      const sorted = [...all].sort((a, b) => a - b)
      const at = (share: number) =>
        Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
      return [kind, { count: all.length, median: at(0.5), p95: at(0.95), max: at(1) }]
    }),
  )
