/** A pod that is made on one of several endpoints: on another one where its own goes away before anything was started. */
import type { PodPlan } from '../../engine/index.ts'
import type { PodRequest } from '../../resources/index.ts'
import { requestOf } from './making.ts'
import type { PodParts } from './pod-parts.ts'
import { Refused } from './refused.ts'
import type { Scheduling } from './scheduling.ts'

const leavesEndpoint = new Refused('its endpoint is away')

export type SettlingSteps = {
  /** The name of the endpoint, once there is room on one. */
  readonly admit: () => Promise<string>
  readonly make: (placed: PodRequest, signal: AbortSignal) => Promise<void>
  /** What was made where it is not to run counts for nothing. */
  readonly unmade: () => void
}

export class Settling {
  readonly #parts: PodParts
  readonly #scheduling: Scheduling
  /** Aborted where the endpoint goes away before anything was started there. */
  #leaving: { readonly endpoint: string; readonly abort: AbortController } | null = null

  constructor(parts: PodParts, scheduling: Scheduling) {
    this.#parts = parts
    this.#scheduling = scheduling
  }

  endpointsChanged(): void {
    if (this.#leaving !== null && this.#parts.away(this.#leaving.endpoint) !== null)
      this.#leaving.abort.abort(leavesEndpoint)
  }

  /** @param start ends it for good */
  async settle(plan: PodPlan, request: PodRequest, start: AbortSignal, steps: SettlingSteps): Promise<PodRequest> {
    for (;;) {
      const endpoint = await steps.admit()
      const leaving = { endpoint, abort: new AbortController() }
      this.#leaving = leaving
      const signal = AbortSignal.any([start, leaving.abort.signal])
      try {
        if (this.#parts.away(endpoint) !== null) leaving.abort.abort(leavesEndpoint)
        await this.#scheduling.settle(plan, request, endpoint, signal)
        const placed = requestOf(plan, this.#parts, endpoint)
        await steps.make(placed, signal)
        signal.throwIfAborted()
        return placed
      } catch (error) {
        if (!leaving.abort.signal.aborted || start.aborted) throw error
        this.#parts.capacity.release(request.identity.id)
        steps.unmade()
      } finally {
        this.#leaving = null
      }
    }
  }
}
