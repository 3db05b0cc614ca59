/** One engine of several: its name, labels and limits, whether it answers, and all that it tells of its pods. */
import type { Clock, PodId, PodState } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import type { EndpointState, Runtime, RuntimeInfo } from '../port.ts'

/** What an operator says of an endpoint; may change while the daemon runs. */
export type EndpointSettings = {
  /** Beside those that follow from its name and its engine, and over them. */
  readonly labels: Readonly<Record<string, string>>
  readonly limits: EndpointState['limits']
  /** `false`: nothing new goes there; what runs there goes on. */
  readonly schedulable: boolean
}

export type NamedRuntime = {
  readonly name: string
  readonly runtime: Runtime
  readonly settings: EndpointSettings
}

export type MemberParts = NamedRuntime & {
  readonly clock: Clock
  /** A state as the endpoint tells it, named by it. */
  readonly onState: (member: Member, state: PodState) => void
  readonly onChange: () => void
  /** The endpoint with that engine, if another one has it. */
  readonly twinOf: (member: Member, engineId: string) => string | null
}

const askAgainMs = 1_000
const nameLabel = 'kubernetes.io/hostname'

export class Member {
  readonly name: string
  readonly runtime: Runtime
  readonly #parts: MemberParts
  #settings: EndpointSettings
  #info: RuntimeInfo | null = null
  #reason: string
  #isOk = false
  #isHeard = false
  /** The engine says that it answers; what it has is not known yet. */
  #isAnswering = false
  #isHearing = false
  #isRefused = false
  #hasSpoken = false
  /** What is told before the list is in. */
  readonly #early = new Map<PodId, PodState>()
  readonly #ending = new AbortController()
  #observing: { close(): void } | null = null

  constructor(parts: MemberParts) {
    this.#parts = parts
    this.name = parts.name
    this.runtime = parts.runtime
    this.#settings = parts.settings
    this.#reason = `endpoint ${parts.name} has not answered yet`
  }

  get isOk(): boolean {
    return this.#isOk
  }

  get isHeard(): boolean {
    return this.#isHeard
  }

  /** It has said whether it answers. */
  get hasSpoken(): boolean {
    return this.#hasSpoken
  }

  /** Another endpoint is the same engine: nothing goes on here. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  get reason(): string {
    return this.#reason
  }

  get info(): RuntimeInfo | null {
    return this.#info
  }

  get state(): EndpointState {
    const { cpus = 0, memoryBytes = 0, engineId = '', nodes } = this.#info ?? {}
    const { limits, schedulable } = this.#settings
    return {
      name: this.name,
      labels: { [nameLabel]: this.name, ...this.#info?.labels, ...this.#settings.labels },
      cpus,
      memoryBytes,
      limits,
      engineId,
      ok: this.#isOk,
      reason: this.#reason,
      schedulable,
      isHeard: this.#isHeard,
      ...(nodes === undefined ? {} : { nodes }),
    }
  }

  set settings(settings: EndpointSettings) {
    this.#settings = settings
  }

  start(): void {
    this.#observing ??= this.runtime.observe(
      (state) => this.#onState(state),
      (isHealthy, reason) => this.#onHealth(isHealthy, reason),
    )
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.#observing?.close()
    await this.runtime.close()
  }

  /** The state as others see it: where the pod is. An engine with machines of its own names them better. */
  named(state: PodState): PodState {
    const hostNodeName = this.#info?.nodes === undefined ? this.name : (state.hostNodeName ?? this.name)
    return { ...state, endpoint: this.name, hostNodeName }
  }

  #onState(state: PodState): void {
    if (this.#isHeard) return this.#parts.onState(this, this.named(state))
    this.#early.set(state.identity.id, state)
  }

  #onHealth(isHealthy: boolean, reason: string): void {
    this.#isAnswering = isHealthy
    if (isHealthy) return void this.#hear()
    this.#hasSpoken = true
    this.#isOk = false
    this.#reason = `endpoint ${this.name} is away: ${reason}`
    this.#parts.onChange()
  }

  /** What it is and, the first time, what it has: only then does it count. */
  async #hear(): Promise<void> {
    if (this.#isHearing) return
    this.#isHearing = true
    const { clock, onState, onChange, twinOf } = this.#parts
    const { signal } = this.#ending
    try {
      while (this.#isAnswering && !signal.aborted) {
        try {
          const info = await this.runtime.info(signal)
          const twin = twinOf(this, info.engineId ?? '')
          if (twin !== null) return await this.#refuse(`endpoint ${this.name} is the same engine as endpoint ${twin}`)
          this.#info = info
          const standing = this.#isHeard ? [] : await this.runtime.list(signal)
          if (!this.#isAnswering) return
          for (const state of standing) onState(this, this.named(state))
          for (const state of this.#early.values()) onState(this, this.named(state))
          this.#early.clear()
          this.#hasSpoken = true
          this.#isHeard = true
          this.#isOk = true
          this.#reason = ''
          return onChange()
        } catch (error) {
          if (signal.aborted) return
          this.#reason = `endpoint ${this.name} is away: ${error instanceof Error ? error.message : String(error)}`
          onChange()
        }
        await clock.sleep(askAgainMs, signal).catch(() => {})
      }
    } finally {
      this.#isHearing = false
    }
  }

  /** Two supervisors of one engine would do everything twice. */
  async #refuse(reason: string): Promise<void> {
    this.#reason = reason
    this.#isAnswering = false
    this.#isRefused = true
    this.#parts.onChange()
    await this.close()
  }

  /** @throws WorldError, to be tried again, unless its pods are known */
  assertHeard(): void {
    if (!this.#isHeard) throw new WorldError('ENDPOINT_AWAY', this.#reason, { retryable: true })
  }
}
