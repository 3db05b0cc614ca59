/**
 * Pods that have run though nothing of them stands in the engine: somebody removed their containers while nobody looked. To
 * a daemon that was killed before it had stored that they run they look as if they had never been made, and what is made
 * anew would run a second time. What tells of them is the engine's memory of its last events (256, until it is restarted)
 * and the logs that we have kept.
 */
import { existsSync } from 'node:fs'
import { WorldError } from '../../resources/index.ts'
import type { PodId, PodRequest } from '../../resources/index.ts'
import type { EngineCalls } from './engine-calls.ts'
import { stackOf, type Log } from './log.ts'
import { containerName, label } from './names.ts'
import { pastEvents } from './past-events.ts'
import type { EngineEvent } from './wire.ts'
import { podLogs } from './workflow-files.ts'

export type StartedBeforeParts = {
  readonly calls: Pick<EngineCalls, 'client' | 'inspect'>
  readonly instance: string
  readonly dataDir: string
  readonly log: Log
  /** Milliseconds since 1970, by the engine's clock. */
  readonly engineNow: () => number
}

const rememberedSeconds = 24 * 3600

export class StartedBefore {
  readonly #parts: StartedBeforeParts
  #started: ReadonlySet<PodId> = new Set()

  constructor(parts: StartedBeforeParts) {
    this.#parts = parts
  }

  /** Asks the engine which pods have been started; to be done after each list. An engine that does not tell knows of none. */
  async learn(signal?: AbortSignal): Promise<void> {
    const { instance, log } = this.#parts
    const filters = { type: ['container'], event: ['start'], label: [`${label.instance}=${instance}`] }
    try {
      const events = await this.#events(filters, signal)
      this.#started = new Set(events.flatMap(({ labels }) => (labels[label.pod] ?? []) as PodId | []))
    } catch (error) {
      log('debug', 'the engine does not tell what it has started', { error: stackOf(error) })
    }
  }

  /** Whether the engine remembers a start of the container. One that does not tell remembers none. */
  async remembersStart(id: string): Promise<boolean> {
    const own = [`${label.instance}=${this.#parts.instance}`]
    const filters = { type: ['container'], event: ['start'], label: own, container: [id] }
    try {
      return (await this.#events(filters)).length > 0
    } catch (error) {
      this.#parts.log('debug', 'the engine does not tell whether it has started a container', { error: stackOf(error) })
      return false
    }
  }

  /** Something tells that it has run; it may stand there still. */
  mayHaveRun(pod: PodId): boolean {
    return this.#started.has(pod) || existsSync(podLogs(this.#parts.dataDir, pod))
  }

  /**
   * @param request of a pod that may have run
   * @throws WorldError POD_GONE where nothing of it stands any more, in the words of Argo's controller
   */
  async refuse({ identity: { id }, containers }: PodRequest): Promise<void> {
    const { calls } = this.#parts
    const found = await Promise.all(containers.map(({ name }) => calls.inspect(containerName(id, name))))
    if (found.every((one) => one === null)) throw new WorldError('POD_GONE', 'pod deleted', { retryable: false })
  }

  #events(filters: object, signal?: AbortSignal): Promise<readonly EngineEvent[]> {
    const { calls, engineNow } = this.#parts
    const until = engineNow() / 1000
    return pastEvents(calls.client, { filters, since: Math.floor(until - rememberedSeconds), until }, signal)
  }
}
