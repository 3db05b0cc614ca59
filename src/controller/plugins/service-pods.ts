/**
 * Pods that belong to no node: plugins that answer for as long as they are wanted. Brought up when they are first asked
 * for, adopted where they stand already, brought up again when they ended, and removed when nobody wants them.
 */
import type { PodPlan } from '../../engine/index.ts'
import type { Clock, PodId, PodRequest, PodState } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import type { Runtime } from '../../runtime/port.ts'
import { backOffMs, isRetryable, persevere, pullBackOff, quickBackOff } from '../back-off.ts'
import type { Capacity } from '../pods/capacity.ts'
import { needOf } from '../pods/space.ts'
import type { Log } from '../telemetry.ts'

export type ServiceParts = {
  readonly clock: Clock
  readonly runtime: Runtime
  readonly capacity: Pick<Capacity, 'adopt' | 'release'>
  readonly log: Log
}

/** The request, made when it is needed: what it refers to may have changed. `tell` hears why it takes time. */
export type Wanted = {
  readonly id: PodId
  readonly request: (tell: (why: string) => void, signal: AbortSignal) => Promise<PodRequest>
  readonly tell: (why: string) => void
}

type Service = {
  readonly abort: AbortController
  readonly tellers: Set<(why: string) => void>
  state: PodState | null
  wake: () => void
  /** Its address; rejects where it cannot be brought up. */
  address: Promise<string>
}

const stopGraceMs = 2_000

/** What a plan says beside its containers: nothing goes in or comes out, and nobody waits for its end. */
export const answersUntilRemoved = {
  sidecars: [],
  files: [],
  inputArtifacts: [],
  outputArtifacts: [],
  outputParameters: [],
  captureResult: false,
  logArtifacts: [],
  activeDeadlineMs: null,
  daemon: true,
  terminationGraceMs: stopGraceMs,
  mirrors: [],
} satisfies Partial<PodPlan>

export class ServicePods {
  readonly #parts: ServiceParts
  readonly #services = new Map<PodId, Service>()
  /** Of pods that are going: who asks for them again waits. */
  readonly #going = new Map<PodId, Promise<void>>()
  readonly #ending = new AbortController()
  #observing: { close(): void } | null = null

  constructor(parts: ServiceParts) {
    this.#parts = parts
  }

  start(): void {
    this.#observing = this.#parts.runtime.observe(
      (state) => this.#onState(state),
      () => {},
    )
  }

  has(pod: PodId): boolean {
    return this.#services.has(pod)
  }

  /**
   * The address of the pod, once its containers run.
   * @throws UserError for what can never run; WorldError where it ended; the signal's reason
   */
  async address(wanted: Wanted, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted()
    const service = this.#services.get(wanted.id) ?? this.#bring(wanted)
    service.tellers.add(wanted.tell)
    const given = Promise.withResolvers<never>()
    const giveUp = () => given.reject(signal.reason as Error)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await Promise.race([service.address, given.promise])
    } finally {
      signal.removeEventListener('abort', giveUp)
      service.tellers.delete(wanted.tell)
    }
  }

  /** Nobody wants it any more; resolves when it is gone, or the controller ends. */
  leave(pod: PodId): Promise<void> {
    const service = this.#services.get(pod)
    const going = this.#going.get(pod)
    if (service === undefined) return going ?? Promise.resolve()
    this.#services.delete(pod)
    service.abort.abort(new WorldError('PLUGIN_GONE', 'the plugin is no longer wanted', { retryable: false }))
    const gone = this.#remove(pod, service).finally(() => {
      if (this.#going.get(pod) === gone) this.#going.delete(pod)
    })
    this.#going.set(pod, gone)
    return gone
  }

  /** Lets the pods be; the next start adopts those that are wanted and removes the others. */
  close(): void {
    this.#observing?.close()
    for (const service of this.#services.values()) service.abort.abort(new Error('the controller is stopping'))
    this.#services.clear()
    this.#ending.abort(new Error('the controller is stopping'))
  }

  #bring(wanted: Wanted): Service {
    const service: Service = {
      abort: new AbortController(),
      tellers: new Set(),
      state: null,
      wake: () => {},
      address: Promise.resolve(''),
    }
    this.#services.set(wanted.id, service)
    service.address = this.#up(wanted, service)
    service.address.catch(() => {
      if (this.#services.get(wanted.id) === service) this.#drop(wanted.id)
    })
    return service
  }

  async #up(wanted: Wanted, service: Service): Promise<string> {
    const { clock, runtime, capacity } = this.#parts
    const { signal } = service.abort
    const tell = (why: string) => {
      for (const teller of service.tellers) teller(why)
    }
    const patience = { clock, signal }
    await this.#going.get(wanted.id)
    signal.throwIfAborted()
    const request = await wanted.request(tell, signal)
    const standing = await persevere(() => runtime.list(signal), patience)
    service.state ??= standing.find(({ identity }) => identity.id === wanted.id) ?? null
    if (service.state?.phase === 'ended' || service.state?.phase === 'gone') {
      await persevere(() => runtime.remove(wanted.id, signal), patience)
      service.state = null
    }
    // A plugin never waits for room: what waits for the plugin may be what holds the room.
    // It has to be reached from here: the first endpoint is the one that is.
    capacity.adopt(wanted.id, needOf(request), runtime.endpoints?.now()[0]?.name)
    await this.#prepare(request, tell, signal)
    await persevere(() => runtime.start(request, signal), patience)
    for (;;) {
      const address = await this.#addressNow(wanted.id, service, signal)
      if (address !== null) return address
    }
  }

  /** `null`: look again. */
  async #addressNow(pod: PodId, service: Service, signal: AbortSignal): Promise<string | null> {
    const { clock, runtime } = this.#parts
    signal.throwIfAborted()
    const { state } = service
    if (state?.phase === 'running' && state.ip) return state.ip
    if (state?.phase === 'ended' || state?.phase === 'gone') throw hasEnded(state)
    const changed = new Promise<void>((resolve) => (service.wake = resolve))
    const pause = new AbortController()
    await Promise.race([changed, clock.sleep(500, AbortSignal.any([signal, pause.signal])).catch(() => {})])
    pause.abort()
    if (service.state !== state) return null
    const standing = await runtime.list(signal).catch(() => [])
    service.state = standing.find(({ identity }) => identity.id === pod) ?? service.state
    return null
  }

  async #prepare(request: PodRequest, tell: (why: string) => void, signal: AbortSignal): Promise<void> {
    const { clock, runtime } = this.#parts
    for (let failures = 1; ; failures += 1) {
      try {
        return await runtime.prepare(request, signal)
      } catch (error) {
        signal.throwIfAborted()
        const isPull = error instanceof WorldError && error.code === 'IMAGE_PULL'
        if (!isPull && !isRetryable(error)) throw error
        tell(error.message)
        await clock.sleep(backOffMs(isPull ? pullBackOff : quickBackOff, failures), signal)
      }
    }
  }

  #onState(state: PodState): void {
    const service = this.#services.get(state.identity.id)
    if (service === undefined) return
    const wasRunning = service.state?.phase === 'running'
    service.state = state
    service.wake()
    // Whoever asks next brings it up again.
    if (wasRunning && (state.phase === 'ended' || state.phase === 'gone')) this.#drop(state.identity.id)
  }

  #drop(pod: PodId): void {
    void this.leave(pod).catch(() => {})
  }

  async #remove(pod: PodId, service: Service): Promise<void> {
    const { clock, runtime, capacity, log } = this.#parts
    const { signal } = this.#ending
    await service.address.catch(() => {})
    capacity.release(pod)
    try {
      const patience = { clock, signal }
      await persevere(() => runtime.stop(pod, stopGraceMs, signal), patience)
      await persevere(() => runtime.remove(pod, signal), patience)
    } catch (error) {
      if (!signal.aborted)
        log.warn({ pod, error: String(error) }, 'a plugin’s containers could not be removed; the next start does it')
    }
  }
}

function hasEnded({ phase, containers }: PodState): WorldError {
  const last = containers.find(({ state, message }) => state === 'exited' && message) ?? containers[0]
  const why =
    phase === 'gone' ? 'its containers vanished' : `${last?.reason ?? 'Error'} (exit code ${last?.exitCode ?? 0})`
  return new WorldError('PLUGIN_ENDED', `the plugin's container ended: ${why}`, { retryable: true })
}
