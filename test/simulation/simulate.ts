/** One seed played through: workload, faults and order all come from it, and every step is looked at. */
import { setImmediate as afterTurn } from 'node:timers/promises'
import type { Log } from '../../src/controller/index.ts'
import { silentLog } from '../../src/controller/index.ts'
import type { Operation } from '../../src/engine/index.ts'
import type { Workflow } from '../../src/resources/index.ts'
import type { Faults } from '../../src/runtime/simulated/index.ts'
import { SimulatedEngine } from '../../src/runtime/simulated/index.ts'
import { MemoryDisk } from '../../src/store/index.ts'
import { SimulatedDaemon } from './daemon.ts'
import { scriptOf } from './deed.ts'
import { diceOf } from './dice.ts'
import type { FaultPlan } from './faults.ts'
import type { Task, Workload } from './generator.ts'
import type { SeenWorkflow } from './history.ts'
import { History, rankOf } from './history.ts'
import { SimulatedClock } from './simulated-clock.ts'

export type Played = {
  readonly violations: readonly string[]
  readonly steps: number
  readonly commits: number
  readonly crashes: number
  readonly vanished: number
  readonly starts: number
  /** The last lines of what happened. */
  readonly trace: readonly string[]
  readonly workflows: ReadonlyMap<string, SeenWorkflow>
}

/** All must be at rest so long after the last fault. */
const restWithinMs = 60 * 60_000
const cleanWithinMs = 5 * 60_000
const stepsMost = 100_000
const traceLinesMost = 4_000

export function play(seed: number, workload: Workload, faults: FaultPlan): Promise<Played> {
  return new Play(seed, workload, faults).run()
}

class Play {
  readonly #workload: Workload
  readonly #faults: FaultPlan
  readonly #misfortune
  readonly #hand
  readonly #reader
  readonly #clock = new SimulatedClock()
  readonly #disk = new MemoryDisk()
  readonly #engine: SimulatedEngine
  readonly #history: History
  readonly #trace: string[] = []
  readonly #violations: string[] = []
  readonly #calls = new Map<string, SimulatedDaemon>()
  readonly #doneDeeds = new Set<string>()
  readonly #newDaemon: () => SimulatedDaemon
  #daemon: SimulatedDaemon | null = null
  #restartAtMs = 0
  #alarmAtMs = 0
  #steps = 0
  #commits = 0
  #crashes = 0
  #vanished = 0
  #isOver = false

  constructor(seed: number, workload: Workload, faults: FaultPlan) {
    this.#workload = workload
    this.#faults = faults
    this.#misfortune = diceOf(seed, 'misfortune')
    this.#hand = diceOf(seed, 'hand')
    this.#reader = diceOf(seed, 'reader')
    const isKind = () => this.#isKind()
    this.#engine = new SimulatedEngine({
      clock: this.#clock,
      random: diceOf(seed, 'engine'),
      behaviour: scriptOf,
      ...(Object.keys(faults.engine).length > 0 ? { faults: whileUnkind(faults.engine, isKind) } : {}),
    })
    this.#history = new History(this.#disk, this.#engine, workload.limits)
    this.#disk.apply([
      {
        kind: 'putObject',
        row: {
          kind: 'ConfigMap',
          namespace: 'default',
          name: 'limits',
          body: {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'limits', namespace: 'default' },
            data: workload.limits,
          },
        },
      },
    ])
    const dice = diceOf(seed, 'controller')
    const containersMax = diceOf(seed, 'host').pick([12, 30, 500])
    this.#newDaemon = () =>
      new SimulatedDaemon(
        {
          clock: this.#clock,
          engine: this.#engine,
          disk: this.#disk,
          faults,
          misfortune: this.#misfortune,
          dice,
          containersMax,
          mayCrash: () => this.#crashes < faults.crashesMost,
          isKind,
          diesAfterCommit: () => (this.#commits += 1) === faults.crashAtCommit,
          trace: (text) => this.#say(text),
        },
        this.#log(),
      )
  }

  async run(): Promise<Played> {
    while (this.#violations.length === 0 && !this.#isAtRest()) {
      await this.#step()
      if (this.#steps > stepsMost || this.#clock.passedMs > this.#faults.untilMs + restWithinMs)
        this.#violations.push(`no rest after ${this.#steps} steps: ${this.#unfinished().join(', ')}`)
    }
    await this.#until(() => this.#leftovers().length === 0, cleanWithinMs)
    if (this.#violations.length === 0) this.#violations.push(...this.#leftovers(), ...this.#history.ranOtherwise())
    await this.#staysAtRest()
    this.#isOver = true
    this.#daemon?.die('at the end')
    const { violations, steps, commits, crashes, vanished, trace } = {
      violations: this.#violations,
      steps: this.#steps,
      commits: this.#commits,
      crashes: this.#crashes,
      vanished: this.#vanished,
      trace: this.#trace,
    }
    const starts = [...this.#engine.starts.values()].reduce((sum, count) => sum + count, 0)
    return {
      violations,
      steps,
      commits,
      crashes,
      vanished,
      trace,
      starts,
      workflows: new Map([...this.#history.workflows.values()].map((one) => [one.name, one])),
    }
  }

  /** A daemon that is started on a world at rest leaves it as it is. */
  async #staysAtRest(): Promise<void> {
    if (this.#violations.length > 0) return
    this.#daemon?.die('to be started once more')
    const before = [...this.#engine.starts.values()].reduce((sum, count) => sum + count, 0)
    const endMs = this.#clock.passedMs + 60_000
    await this.#until(() => this.#clock.passedMs >= endMs && this.#daemon !== null, 120_000)
    const after = [...this.#engine.starts.values()].reduce((sum, count) => sum + count, 0)
    if (after !== before) this.#violations.push(`${after - before} containers were started after all had ended`)
    this.#violations.push(...this.#leftovers())
  }

  async #until(holds: () => boolean, withinMs: number): Promise<void> {
    const endMs = this.#clock.passedMs + withinMs
    while (this.#violations.length === 0 && !holds() && this.#clock.passedMs < endMs) await this.#step()
  }

  async #step(): Promise<void> {
    this.#steps += 1
    if (this.#daemon?.isAlive === false) this.#bury()
    if (this.#daemon === null && this.#clock.passedMs >= this.#restartAtMs) this.#begin()
    await this.#settle()
    if (this.#daemon?.isAlive === true && this.#daemon.hasStarted) {
      this.#submit(this.#daemon)
      this.#actAsPerson(this.#daemon)
      this.#read(this.#daemon)
      await this.#settle()
    }
    this.#violations.push(...this.#history.look())
    if (!this.#isKind()) this.#misfortunes()
    if (this.#daemon?.isAlive === false) this.#bury()
    if (!this.#clock.step()) this.#wakeAt(this.#clock.passedMs + 60_000)
    await this.#settle()
    this.#violations.push(...this.#history.look())
  }

  /** Until nothing happens any more without the clock. */
  async #settle(): Promise<void> {
    for (let rounds = 0, quiet = 0, last = -1; quiet < 2 && rounds < 1_000; rounds += 1) {
      await afterTurn()
      const depth = this.#daemon?.isAlive === true ? this.#daemon.controller.snapshot().queueDepth : 0
      quiet = depth === 0 || depth === last ? quiet + 1 : 0
      last = depth
    }
  }

  #begin(): void {
    this.#say('the daemon starts')
    const daemon = this.#newDaemon()
    this.#daemon = daemon
    daemon.controller.start().then(
      () => (daemon.hasStarted = true),
      (error: unknown) => {
        if (daemon.isAlive) this.#violations.push(`the daemon does not start: ${String(error)}`)
      },
    )
  }

  #bury(): void {
    this.#daemon = null
    this.#crashes += 1
    const downMs = this.#misfortune.pick([0, 0, this.#misfortune.int(1, 5_000)])
    this.#restartAtMs = this.#clock.passedMs + downMs
    void this.#clock.sleep(downMs)
  }

  #submit(daemon: SimulatedDaemon): void {
    for (const { name, workflow, submitAtMs } of this.#workload.tasks) {
      if (submitAtMs > this.#clock.passedMs) this.#wakeAt(submitAtMs)
      else if (this.#history.named(name) === undefined)
        this.#call(`submit ${name}`, daemon, () =>
          daemon.controller.createWorkflow('default', structuredClone(workflow)),
        )
    }
  }

  /** One alarm at a time is enough: whoever waits longer sets it again. */
  #wakeAt(ms: number): void {
    if (this.#alarmAtMs > this.#clock.passedMs && this.#alarmAtMs <= ms) return
    this.#alarmAtMs = ms
    void this.#clock.sleep(ms - this.#clock.passedMs)
  }

  /** What a person does: ends, deletes, suspends, resumes; again until it has worked. */
  #actAsPerson(daemon: SimulatedDaemon): void {
    for (const task of this.#workload.tasks) {
      const seen = this.#history.named(task.name)
      if (seen === undefined || seen.finished || seen.deleted) continue
      this.#resumeIfWaiting(daemon, seen)
      this.#doDeed(daemon, task, seen)
    }
  }

  #doDeed(daemon: SimulatedDaemon, { name, deed }: Task, seen: SeenWorkflow): void {
    if (deed === null || this.#doneDeeds.has(name)) return
    if (deed.atMs > this.#clock.passedMs) return this.#wakeAt(deed.atMs)
    const done = (): void => void this.#doneDeeds.add(name)
    if (deed.kind === 'delete')
      this.#call(`delete ${name}`, daemon, () => daemon.controller.deleteWorkflow('default', seen.name).then(done))
    else if (deed.kind === 'suspend')
      this.#call(`suspend ${name}`, daemon, () => this.#operate(daemon, name, { kind: 'suspend' }).then(done))
    else
      this.#call(`${deed.kind} ${name}`, daemon, () =>
        this.#operate(daemon, name, { kind: deed.kind as 'stop' | 'terminate' }).then(done),
      )
  }

  #resumeIfWaiting(daemon: SimulatedDaemon, seen: SeenWorkflow): void {
    const isSuspended = seen.workflow.spec?.suspend === true
    const waits = [...seen.nodes.values()].some(({ node }) => node.type === 'Suspend' && node.phase === 'Running')
    if (!waits && !isSuspended) return
    if (!this.#hand.chance(0.2)) return this.#wakeAt(this.#clock.passedMs + 1_000)
    this.#call(`resume ${seen.name}`, daemon, () => this.#operate(daemon, seen.name, { kind: 'resume' }))
  }

  #operate(daemon: SimulatedDaemon, name: string, operation: Operation): Promise<unknown> {
    return daemon.controller.operate('default', name, operation)
  }

  /** What a client reads is on the disk by then: nothing that a crash could take back. */
  #read(daemon: SimulatedDaemon): void {
    if (!this.#reader.chance(0.1)) return
    const [task] = this.#workload.tasks.filter(() => this.#reader.chance(0.5))
    if (task === undefined) return
    const check = (read: Workflow | null): void => {
      if (read === null || !daemon.isAlive || this.#isOver) return
      this.#violations.push(...this.#history.shownTooEarly(read))
    }
    for (const nodes of [false, true]) daemon.controller.workflow('default', task.name, { nodes }).then(check, () => {})
  }

  /** One call of a kind at a time; what fails is tried again at a later step. */
  #call(key: string, daemon: SimulatedDaemon, work: () => Promise<unknown>): void {
    if (this.#calls.get(key) === daemon) return
    this.#calls.set(key, daemon)
    this.#say(`a person asks: ${key}`)
    work()
      .catch((error: unknown) => this.#say(`refused: ${key}: ${String(error)}`))
      .finally(() => {
        if (this.#calls.get(key) === daemon) this.#calls.delete(key)
        void this.#clock.sleep(100)
      })
      .catch(() => undefined)
  }

  /** What may go wrong between two steps. */
  #misfortunes(): void {
    const { crash, vanish, jump, outage, crashesMost } = this.#faults
    const dice = this.#misfortune
    if (this.#daemon?.isAlive === true && this.#crashes < crashesMost && dice.chance(crash))
      this.#daemon.die('between two steps')
    if (dice.chance(vanish)) {
      const [pod] = [...this.#engine.pods.values()].filter(() => dice.chance(0.5))
      if (pod !== undefined) {
        const { id } = pod.request.identity
        this.#say(`pod ${id} vanishes`)
        this.#vanished += 1
        this.#history.vanished.set(id, (this.#history.vanished.get(id) ?? 0) + 1)
        this.#engine.vanish(pod)
      }
    }
    if (dice.chance(jump)) {
      const ms = dice.pick([-1_500, -20, 400, 10_000, 3_600_000])
      this.#say(`the clock jumps by ${ms} ms`)
      this.#clock.jump(ms)
    }
    if (this.#daemon?.isAlive === true && dice.chance(outage)) {
      const { runtime } = this.#daemon
      this.#say('the engine is away')
      runtime.setHealthy(false)
      void this.#clock.sleep(dice.int(10, 20_000)).then(() => runtime.setHealthy(true))
    }
  }

  #isKind(): boolean {
    return this.#clock.passedMs >= this.#faults.untilMs
  }

  #unfinished(): string[] {
    return this.#workload.tasks.flatMap(({ name }) => {
      const seen = this.#history.named(name)
      if (seen === undefined) return [`${name} was never created`]
      if (seen.finished || seen.deleted) return []
      const open = [...seen.nodes.values()]
        .filter(({ node }) => rankOf(node.phase ?? '') < 2)
        .map(({ node }) => `${node.name}(${node.type})=${node.phase ?? ''} ${node.message ?? ''}`)
      return [`${name} is ${seen.phase} (${open.join('; ')})`]
    })
  }

  #isAtRest(): boolean {
    return this.#workload.tasks.every(({ name }) => {
      const seen = this.#history.named(name)
      return seen !== undefined && (seen.finished || seen.deleted)
    })
  }

  /** What is still there of workflows that have ended. */
  #leftovers(): string[] {
    const snapshot = this.#daemon?.isAlive === true ? this.#daemon.controller.snapshot() : null
    if (snapshot === null) return ['the daemon is down']
    const { pods, locks, liveWorkflows, tasks } = snapshot
    return [
      ...[...this.#engine.pods.keys()].map((pod) => `pod ${pod} is left`),
      ...[...this.#engine.volumes.keys()].map((volume) => `volume ${volume} is left`),
      ...locks
        .filter(({ held, pending }) => held + pending > 0)
        .map(({ name, held, pending }) => `lock ${name} is left, held ${held}, waited for ${pending}`),
      ...[...(this.#disk.collections.get('leftover')?.keys() ?? [])].map((key) => `record leftover/${key} is left`),
      ...(pods.pending + pods.running + pods.removals > 0 ? [`pods are counted: ${JSON.stringify(pods)}`] : []),
      ...(liveWorkflows > 0 ? [`${liveWorkflows} workflows live`] : []),
      ...(tasks > 0 ? [`${tasks} tasks are under way`] : []),
      ...this.#unfinished(),
    ]
  }

  #say(text: string): void {
    if (this.#isOver) return
    if (this.#trace.length >= traceLinesMost) this.#trace.splice(0, traceLinesMost / 2)
    this.#trace.push(
      `${String(this.#steps).padStart(5)} ${(this.#clock.passedMs / 1000).toFixed(3).padStart(9)} ${text}`,
    )
  }

  #log(): Log {
    const tell = (fields: object, text: string): void => {
      this.#say(`log: ${text} ${JSON.stringify(fields)}`)
      if (/engine failed|a bug/.test(text) && !this.#isOver) this.#violations.push(`${text} ${JSON.stringify(fields)}`)
    }
    return { ...silentLog, warn: tell, error: tell }
  }
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
