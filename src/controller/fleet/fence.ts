/**
 * A member that has not reached the store for so long that another may have its workflows by now starts nothing more: its
 * hands are taken off all containers. When the store answers again, what is still ours is opened anew.
 */
import type { Clock } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import { Alarms } from '../alarms.ts'
import { persevere } from '../back-off.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'

export type FenceParts = {
  readonly core: () => Core
  readonly clock: Clock
  readonly takeOverAfterMs: number
  /** Whether anybody could take over from us. */
  readonly hasHeirs: () => boolean
  readonly signal: AbortSignal
}

/** Of the time after which others take over. */
const part = 0.8

export class Fence {
  readonly #parts: FenceParts
  readonly #alarms: Alarms
  #isUp = false
  /** How often it was raised: also while it was being lowered. */
  #raises = 0
  #lowering: Promise<void> | null = null

  constructor(parts: FenceParts) {
    this.#parts = parts
    this.#alarms = new Alarms(parts.clock)
  }

  /** What is in memory may be another's by now, or deleted. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** The store has answered. */
  reached(): void {
    const { clock, takeOverAfterMs } = this.#parts
    this.#alarms.set('raise', instant(Math.ceil(clock.now() + takeOverAfterMs * part)), () => this.#raise())
    if (this.#isUp) this.#lowering ??= this.#lower().finally(() => (this.#lowering = null))
  }

  close(): void {
    this.#alarms.clearAll()
  }

  #raise(): void {
    const { core, hasHeirs, signal } = this.#parts
    if (signal.aborted) return
    core().runs.forgetFinished()
    if (!hasHeirs()) return
    this.#isUp = true
    this.#raises += 1
    core().log.warn({}, 'the store was not reached for so long that another may take over: nothing more is started')
    void core()
      .pods.letGoAll()
      .catch(() => undefined)
  }

  async #lower(): Promise<void> {
    const { core, clock, signal } = this.#parts
    const { pods, runs, log } = core()
    try {
      for (let raises = -1; raises !== this.#raises;) {
        raises = this.#raises
        await persevere(() => pods.relist(), { clock, signal })
        for (const live of [...runs.all()]) await this.#openAnew(live)
      }
      this.#isUp = false
      log.info({}, 'the store is reached again: what is still ours goes on')
    } catch (error) {
      if (!signal.aborted) log.warn({ error: String(error) }, 'workflows could not be opened anew yet')
    }
  }

  /** What was being stored when the store went away is stored first. */
  async #openAnew(live: LiveRun): Promise<void> {
    const { core, clock, signal } = this.#parts
    const { reconciler, runs } = core()
    await reconciler.settled(live)
    if (runs.byUid(live.uid) !== live || live.deleting) return
    await persevere(() => reconciler.anew(live), { clock, signal })
  }
}
