/** Several controllers in this process: one store in memory, engines that are shared or each member's own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArtifacts } from '../../../artifacts/index.ts'
import type { Clock, Workflow } from '../../../resources/index.ts'
import { instant } from '../../../resources/index.ts'
import { SimulatedEngine, SimulatedRuntime } from '../../../runtime/simulated/index.ts'
import { MemoryDisk, openMemoryMember } from '../../../store/index.ts'
import type { MemoryMember } from '../../../store/index.ts'
import type { ControllerConfig } from '../../config.ts'
import { eventually, plainConfig, realClock, scriptOf, testRandom } from '../../controller.fixtures/house.ts'
import type { RunningController } from '../../controller.ts'
import { createController } from '../../controller.ts'
import { silentLog, silentTelemetry } from '../../telemetry.ts'

export type CrewMember = {
  readonly name: string
  readonly controller: RunningController
  readonly member: MemoryMember
  readonly runtime: SimulatedRuntime
  /** Another has taken over while it was cut off: the daemon ended. */
  isLost(): boolean
  /** As `kill -9`: nothing of it does anything any more, its containers go on. */
  crash(): void
  /** As `SIGTERM`: hands over and leaves. */
  leave(): Promise<void>
}

export class Crew {
  readonly #clock: Clock
  readonly disk = new MemoryDisk()
  readonly #engines = new Map<string, SimulatedEngine>()
  readonly #directory = mkdtempSync(join(tmpdir(), 'crew-test-'))
  readonly #members = new Set<CrewMember>()
  readonly #runningMost = new Map<string, number>()

  /** @param speed seconds of the crew in one of ours */
  constructor({ speed = 1 }: { readonly speed?: number } = {}) {
    const begin = realClock.now()
    this.#clock = {
      now: () => instant(Math.round(begin + (realClock.now() - begin) * speed)),
      sleep: (ms, signal) => realClock.sleep(ms / speed, signal),
    }
  }

  engine(name = 'shared'): SimulatedEngine {
    let engine = this.#engines.get(name)
    if (engine === undefined) {
      engine = new SimulatedEngine({ clock: this.#clock, random: testRandom, behaviour: scriptOf })
      this.#engines.set(name, engine)
      const { pods, watchers } = engine
      watchers.add(() => {
        const running = [...pods.values()].filter(({ containers }) => containers.some((one) => one.state === 'running'))
        this.#runningMost.set(name, Math.max(this.runningMost(name), running.length))
      })
    }
    return engine
  }

  /** Pods that ran at the same time. */
  runningMost(engine = 'shared'): number {
    return this.#runningMost.get(engine) ?? 0
  }

  async open(
    name: string,
    options: {
      readonly engine?: string
      readonly labels?: Readonly<Record<string, string>>
      readonly config?: Partial<ControllerConfig>
      readonly takeOverAfterMs?: number
    } = {},
  ): Promise<CrewMember> {
    const { engine = 'shared', labels, config, takeOverAfterMs = 200 } = options
    let isLost = false
    const onLost = (): void => {
      isLost = true
      one.crash()
    }
    const member = openMemoryMember({ disk: this.disk, name, clock: this.#clock, onLost })
    const runtime = new NamedRuntime(this.engine(engine), engine, labels)
    const controller = createController({
      clock: this.#clock,
      random: testRandom,
      store: member.store,
      fleet: member.fleet,
      sharing: { takeOverAfterMs, url: () => `http://${name}:2746` },
      runtime,
      artifacts: createArtifacts({ directory: this.#directory }),
      config: { ...plainConfig, ...config },
      log: process.env['CREW_LOG'] === undefined ? silentLog : logOf(name),
      telemetry: silentTelemetry,
    })
    await controller.start()
    const one: CrewMember = {
      name,
      controller,
      member,
      runtime,
      isLost: () => isLost,
      crash: () => {
        this.#members.delete(one)
        member.cut()
        void runtime.close()
      },
      leave: async () => {
        this.#members.delete(one)
        await controller.drain()
        await member.store.close()
      },
    }
    this.#members.add(one)
    await eventually(() => controller.fleet()?.members.find((seen) => seen.name === name)?.engines.length === 1, 'told')
    return one
  }

  /** Unfinished workflows by owner, as the store has them. */
  async owners(): Promise<Readonly<Record<string, readonly string[]>>> {
    const [some] = this.#members
    const rows = (await some?.member.store.workflows({ finished: false })) ?? []
    const owners: Record<string, string[]> = {}
    for (const { owner = '', name } of rows) (owners[owner] ??= []).push(name)
    return owners
  }

  async close(): Promise<void> {
    for (const { controller, member } of [...this.#members]) {
      await controller.drain()
      await member.store.close()
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

class NamedRuntime extends SimulatedRuntime {
  readonly #name: string
  readonly #labels: Readonly<Record<string, string>>

  constructor(engine: SimulatedEngine, name: string, labels: Readonly<Record<string, string>> = {}) {
    super(engine)
    this.#name = name
    this.#labels = labels
  }

  override async info() {
    return { ...(await super.info()), engineId: this.#name, labels: this.#labels }
  }
}

/** The workflow once it has ended, read at any member. */
export async function endedAt(at: CrewMember, name: string): Promise<Workflow> {
  const seen: { workflow: Workflow | null } = { workflow: null }
  const isOver = async () => {
    seen.workflow = await at.controller.workflow('default', name)
    return Boolean(seen.workflow?.status?.finishedAt)
  }
  await eventually(isOver, `${name} has ended`).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(seen.workflow?.status, null, 1)}`)
  })
  if (seen.workflow === null) throw new Error(`${name} is gone`)
  return seen.workflow
}

const logOf = (name: string) => {
  const print = (level: string) => (fields: object, text: string) =>
    process.stderr.write(`${name} ${level} ${text} ${JSON.stringify(fields)}\n`)
  return { debug: print('debug'), info: print('info'), warn: print('warn'), error: print('error') }
}
