/**
 * The engine's events about our containers. Only hints: they can be lost or stall (docker-traps 1), so each connection is
 * followed by a full list, another comes every quarter of a minute, and truth is what the engine says of a container.
 */
import { WorldError } from '../../resources/index.ts'
import type { EngineClient } from './client.ts'
import { label } from './names.ts'
import { type EngineEvent, engineEvent, parseLines } from './wire.ts'

export type EventsOptions = {
  readonly client: EngineClient
  readonly instance: string
  readonly onEvent: (event: EngineEvent) => void
  /** Lists all and reports it; called after each connection and then every `relistMs`. */
  readonly relist: () => Promise<void>
  readonly onHealth: (isHealthy: boolean, reason: string) => void
  /** Somebody broke on an event or a list, which says nothing of the engine. */
  readonly onBug: (error: unknown) => void
  readonly relistMs: number
  /** Engine time a moment ago, in seconds since 1970: what happened since then is told again, so that there is no gap. */
  readonly sinceSeconds: () => number
}

const longestPauseMs = 5_000

export class Events {
  private readonly options: EventsOptions
  private readonly abort = new AbortController()
  readonly ended: Promise<void>

  constructor(options: EventsOptions) {
    this.options = options
    this.ended = this.run()
  }

  close(): void {
    this.abort.abort()
  }

  private async run(): Promise<void> {
    let pauseMs = 100
    while (!this.abort.signal.aborted) {
      let reason = 'the event stream ended'
      try {
        await this.listen(() => (pauseMs = 100))
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error)
      }
      if (this.abort.signal.aborted) return
      this.options.onHealth(false, reason)
      await this.pause(pauseMs)
      pauseMs = Math.min(longestPauseMs, pauseMs * 2)
    }
  }

  private async listen(onConnected: () => void): Promise<void> {
    const { client, instance, onEvent, relist, relistMs } = this.options
    const connection = new AbortController()
    const signal = AbortSignal.any([this.abort.signal, connection.signal])
    const filters = JSON.stringify({ type: ['container'], label: [`${label.instance}=${instance}`] })
    const query = { filters, since: this.options.sinceSeconds() }
    let isListing = false
    let problem: unknown = null
    const listAgain = async (): Promise<void> => {
      if (isListing) return
      isListing = true
      try {
        await relist()
        onConnected()
        this.options.onHealth(true, '')
      } catch (error) {
        if (!(error instanceof WorldError) && !connection.signal.aborted) return this.options.onBug(error)
        problem = error
        connection.abort(error)
      } finally {
        isListing = false
      }
    }
    const hear = (event: EngineEvent): void => {
      try {
        onEvent(event)
      } catch (error) {
        this.options.onBug(error)
      }
    }
    // The engine answers with the first event only, which may be long in coming: the list does not wait for it.
    const subscribing = client.stream('events', 'GET', '/events', { query, signal, deadlineMs: 0 })
    const timer = setInterval(() => void listAgain(), relistMs)
    try {
      void listAgain()
      const stream = await subscribing
      for await (const event of parseLines(stream)) hear(engineEvent(event))
    } catch (error) {
      throw problem ?? error
    } finally {
      clearInterval(timer)
      connection.abort()
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.abort.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
    })
  }
}
