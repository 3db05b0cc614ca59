/** Who uses the daemon: submits, ends, deletes, suspends, resumes, reads, changes limits, and works in the folder. */
import type { Operation } from '../../src/engine/index.ts'
import type { ConfigMap, Workflow } from '../../src/resources/index.ts'
import { cronName } from './cron.ts'
import type { SimulatedDaemon } from './daemon.ts'
import type { Dice } from './dice.ts'
import { diceOf } from './dice.ts'
import type { SimulatedFolder } from './folder.ts'
import type { Task } from './generator.ts'
import type { History, SeenWorkflow } from './history.ts'
import { LaterDeeds } from './later-deeds.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

export class People {
  readonly #world: World
  readonly #scenario: Scenario
  readonly #history: History
  readonly #folder: SimulatedFolder
  readonly #wrong: (text: string) => void
  readonly #hand: Dice
  readonly #reader: Dice
  readonly #calls = new Map<string, SimulatedDaemon>()
  readonly #done = new Set<string>()
  readonly #later: LaterDeeds
  #alarmAtMs = 0
  #filesChanged = 0

  constructor(
    world: World,
    given: {
      readonly scenario: Scenario
      readonly history: History
      readonly folder: SimulatedFolder
      readonly wrong: (text: string) => void
    },
  ) {
    this.#world = world
    this.#scenario = given.scenario
    this.#history = given.history
    this.#folder = given.folder
    this.#wrong = given.wrong
    this.#hand = diceOf(given.scenario.seed, 'hand')
    this.#reader = diceOf(given.scenario.seed, 'reader')
    this.#later = new LaterDeeds({
      clock: world.clock,
      scenario: given.scenario,
      history: given.history,
      call: (key, daemon, work) => this.#call(key, daemon, work),
      isDue: (atMs) => this.#isDue(atMs),
    })
  }

  /** What they still mean to do; empty when they are content. */
  get open(): readonly string[] {
    const { cron, files, limitsLater } = this.#scenario
    return [
      ...(this.#filesChanged < files.length ? ['files are to change'] : []),
      ...(cron !== null && !this.#done.has('delete cron') ? ['the cron workflow is to be deleted'] : []),
      ...(limitsLater !== null && !this.#done.has('limits') ? ['limits are to change'] : []),
      ...this.#later.open,
    ]
  }

  act(daemon: SimulatedDaemon): void {
    for (const { name, workflow, submitAtMs } of this.#scenario.tasks)
      if (this.#history.named(name) === undefined && this.#isDue(submitAtMs))
        this.#call(`submit ${name}`, daemon, () => daemon.controller.createWorkflow('default', copyOf(workflow)))
    this.#keepCron(daemon)
    this.#changeLimits(daemon)
    for (const seen of this.#history.workflows.values()) {
      if (seen.finished || seen.deleted) continue
      this.#resumeIfWaiting(daemon, seen)
      const task = this.#scenario.tasks.find(({ name }) => name === seen.name)
      if (task !== undefined) this.#doDeed(daemon, task, seen)
    }
    this.#later.act(daemon)
    this.#read(daemon)
  }

  /** Nobody has to be up for that. */
  workInFolder(): void {
    for (const { atMs, path, text } of this.#scenario.files.slice(this.#filesChanged)) {
      if (!this.#isDue(atMs)) return
      this.#filesChanged += 1
      this.#world.trace(`${path} ${text === null ? 'is deleted' : 'is written'}`)
      if (text === null) this.#folder.delete(path)
      else this.#folder.set(path, text)
    }
  }

  #keepCron(daemon: SimulatedDaemon): void {
    const { cron } = this.#scenario
    if (cron === null || this.#done.has('delete cron')) return
    const { object, untilMs } = cron
    if (!this.#done.has('create cron'))
      this.#call('create cron', daemon, async () => {
        await daemon.controller.updateObject('CronWorkflow', 'default', cronName, structuredClone(object), {
          upsert: true,
        })
        this.#done.add('create cron')
      })
    else if (this.#isDue(untilMs))
      this.#call('delete cron', daemon, async () => {
        await daemon.controller.deleteObject('CronWorkflow', 'default', cronName).catch((error: unknown) => {
          if (!/not found/i.test(String(error))) throw error
        })
        this.#done.add('delete cron')
      })
  }

  #changeLimits(daemon: SimulatedDaemon): void {
    const { limitsLater } = this.#scenario
    if (limitsLater === null || this.#done.has('limits') || !this.#isDue(limitsLater.atMs)) return
    this.#history.allow(limitsLater.limits)
    this.#call('limits', daemon, async () => {
      const object: ConfigMap = limitsMap(limitsLater.limits)
      await daemon.controller.updateObject('ConfigMap', 'default', 'limits', object, { upsert: true })
      this.#done.add('limits')
    })
  }

  #doDeed(daemon: SimulatedDaemon, { name, deed }: Task, seen: SeenWorkflow): void {
    if (deed === null || this.#done.has(name) || !this.#isDue(deed.atMs)) return
    const { kind } = deed
    this.#call(`${kind} ${name}`, daemon, async () => {
      if (kind === 'delete') await daemon.controller.deleteWorkflow('default', seen.name)
      else await this.#operate(daemon, name, { kind })
      this.#done.add(name)
    })
  }

  #resumeIfWaiting(daemon: SimulatedDaemon, seen: SeenWorkflow): void {
    const isSuspended = seen.workflow.spec?.suspend === true
    if (!isSuspended && !seen.waits) return
    if (!this.#hand.chance(0.2)) return this.#wakeAt(this.#world.clock.passedMs + 1_000)
    this.#call(`resume ${seen.name}`, daemon, () => this.#operate(daemon, seen.name, { kind: 'resume' }))
  }

  #operate(daemon: SimulatedDaemon, name: string, operation: Operation): Promise<unknown> {
    return daemon.controller.operate('default', name, operation)
  }

  /** What a client reads is on the disk by then: nothing that a crash could take back. */
  #read(daemon: SimulatedDaemon): void {
    if (!this.#reader.chance(0.1)) return
    const [task] = this.#scenario.tasks.filter(() => this.#reader.chance(0.5))
    if (task === undefined) return
    const check = (read: Workflow | null): void => {
      if (read !== null && daemon.isAlive) for (const text of this.#history.shownTooEarly(read)) this.#wrong(text)
    }
    for (const nodes of [false, true]) daemon.controller.workflow('default', task.name, { nodes }).then(check, () => {})
  }

  /** One call of a kind at a time; what fails is tried again at a later step. */
  #call(key: string, daemon: SimulatedDaemon, work: () => Promise<unknown>): void {
    const asked = this.#calls.get(key)
    if (asked === daemon || (this.#scenario.kind !== 'classic' && asked?.isAlive === true)) return
    this.#calls.set(key, daemon)
    this.#world.trace(`a person asks: ${key}`)
    work()
      .catch((error: unknown) => this.#world.trace(`refused: ${key}: ${String(error)}`))
      .finally(async () => {
        // The oldest seeds are as they were: there a person asks again at once.
        const pause = this.#world.clock.sleep(100)
        if (this.#scenario.kind !== 'classic') await pause
        if (this.#calls.get(key) === daemon) this.#calls.delete(key)
      })
      .catch(() => undefined)
  }

  #isDue(atMs: number): boolean {
    if (atMs <= this.#world.clock.passedMs) return true
    this.#wakeAt(atMs)
    return false
  }

  /** One alarm at a time is enough: whoever waits longer sets it again. */
  #wakeAt(ms: number): void {
    const { clock } = this.#world
    if (this.#alarmAtMs > clock.passedMs && this.#alarmAtMs <= ms) return
    this.#alarmAtMs = ms
    void clock.sleep(ms - clock.passedMs)
  }
}

const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export const limitsMap = (data: Readonly<Record<string, string>>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'limits', namespace: 'default' },
  data,
})
