/**
 * Output that was lost: a container that ends while dockerd is down, which it survives (`live-restore`, or a crash of dockerd),
 * has nobody who writes down what it printed meanwhile; its exit code is known all the same. Of one that ends after dockerd
 * is back nothing is lost, as its pipes keep it until then, but what a line had already that was broken off. The engine does
 * not say when it was away. What gives it away: of each end that it lives through it tells, and remembers its last events
 * until it is restarted.
 */
import { WorldError } from '../../resources/index.ts'
import type { EngineClient } from './client.ts'
import { type Log, stackOf } from './log.ts'
import { pastEvents } from './past-events.ts'
import type { ContainerRecord } from './pod-record.ts'
import { type EngineEvent, engineTime, record } from './wire.ts'

export type LostOutputParts = {
  readonly client: Pick<EngineClient, 'call' | 'json'>
  readonly log: Log
  /** Milliseconds since 1970, by the engine's clock as it was when we reached it. */
  readonly engineNow: () => number
}

/** So many events dockerd remembers: with fewer it has forgotten none since it was started. */
const rememberedMost = 256
/** How long an event may be in coming of what the engine says already. */
const lateMs = 1_000
const ofRuns: readonly string[] = ['start', 'die']

export class LostOutput {
  readonly #parts: LostOutputParts
  readonly #heard = new WeakMap<ContainerRecord, string>()

  constructor(parts: LostOutputParts) {
    this.#parts = parts
  }

  /** The engine told of the end of a container when it came: it had taken down all its output by then. */
  heardEnd(container: ContainerRecord, id: string): void {
    this.#heard.set(container, runOf(container, id))
  }

  /**
   * Asks the engine only where its word of the end has not been heard. One that cannot tell counts as having been there.
   * @param container that has ended
   * @throws WorldError OUTPUT_LOST where the engine was restarted since the end, which then came, as far as can be told, while
   * it was away; ENGINE_AWAY, to be tried again
   */
  async refuse(container: ContainerRecord, signal?: AbortSignal): Promise<void> {
    const { id } = container
    if (id === null || this.#heard.get(container) === runOf(container, id)) return
    if (await this.#remembersRun(id, signal)) return
    const text = 'the container ended while the engine was away, as far as can be told: what it printed then is lost'
    throw new WorldError('OUTPUT_LOST', text, { retryable: false })
  }

  /** Or cannot tell. */
  async #remembersRun(id: string, signal?: AbortSignal): Promise<boolean> {
    const { client, engineNow } = this.#parts
    const own = await this.#events({ type: ['container'], container: [id], event: ofRuns }, engineNow(), signal)
    if (own === null || own.length > 0) return true
    // Its clock may have gone another way than ours since we last looked at it.
    const { SystemTime } = record(await client.json('info', 'GET', '/info', { deadlineMs: 20_000, signal }))
    const all = await this.#events({}, (engineTime(SystemTime) ?? engineNow()) + lateMs, signal)
    if (all === null || all.length >= rememberedMost) return true
    return all.some(({ containerId, action }) => containerId === id && ofRuns.includes(action))
  }

  /** What it remembers of these; `null` where it does not tell. */
  async #events(filters: object, until: number, signal?: AbortSignal): Promise<readonly EngineEvent[] | null> {
    const { client, log } = this.#parts
    try {
      return await pastEvents(client, { filters, since: 1, until: until / 1000 }, signal)
    } catch (error) {
      signal?.throwIfAborted()
      // One that is away may tell when it is back; one that answers other calls will never.
      if (error instanceof WorldError && error.code === 'ENGINE_AWAY')
        await client.json('info', 'GET', '/info', { deadlineMs: 20_000, signal })
      log('debug', 'the engine does not tell what it remembers of a container', { error: stackOf(error) })
      return null
    }
  }
}

/** A container may run again under its id, and be made anew under another. */
const runOf = ({ restarts }: ContainerRecord, id: string): string => `${id} ${restarts}`
