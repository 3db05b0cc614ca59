/** What the engine hears of a pod: each change once, and again when it asks. */
import type { Observation } from '../../engine/index.ts'
import type { PodIdentity, PodState } from '../../resources/index.ts'
import type { PodParts } from './pod-parts.ts'

export class PodNews {
  readonly #parts: Pick<PodParts, 'observe' | 'telemetry'>
  readonly #identity: PodIdentity
  #isWaiting = false
  /** The containers' state as it was told last. */
  #told: PodState | null = null
  #last: Observation | null = null

  constructor(identity: PodIdentity, parts: Pick<PodParts, 'observe' | 'telemetry'>) {
    this.#identity = identity
    this.#parts = parts
  }

  /** Why it does not start yet. */
  wait(message: string): void {
    this.#isWaiting = message !== ''
    const { nodeId, id, namespace } = this.#identity
    if (message !== '') this.#parts.telemetry.podPending(namespace, reasonOf(message))
    this.#parts.observe({ kind: 'podWaits', node: nodeId, pod: id, message })
  }

  /** It waits for nothing any more. */
  goOn(): void {
    if (this.#isWaiting) this.wait('')
  }

  change(state: PodState): void {
    if (this.#told !== null && saysTheSame(this.#told, state)) return
    this.#told = state
    const { nodeId, id } = this.#identity
    this.#parts.observe({ kind: 'podChanged', node: nodeId, pod: id, state })
  }

  end(observation: Observation): void {
    this.#last = observation
    this.#parts.observe(observation)
  }

  /** For an engine that has forgotten what it was told. @param state of containers that are under way; `null` without any */
  again(state: PodState | null): void {
    if (this.#last !== null) this.#parts.observe(this.#last)
    else if (state !== null) {
      this.#told = null
      this.change(state)
    }
  }
}

/** As far as the engine looks at it. */
const saysTheSame = (one: PodState, other: PodState): boolean =>
  one.phase === other.phase &&
  one.ready === other.ready &&
  one.ip === other.ip &&
  one.containers.length === other.containers.length &&
  one.containers.every((container, index) => {
    const { name, state, reason, ready } = container
    const now = other.containers[index]
    return name === now?.name && state === now.state && reason === now.reason && ready === now.ready
  })

/** What stands before the colon. */
function reasonOf(message: string): string {
  const at = message.indexOf(':')
  return at < 0 ? message : message.slice(0, at)
}
