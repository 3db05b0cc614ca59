/** How many pods may be made in a second: Argo's `resourceRateLimit`, a bucket that fills at the rate. */
import type { Clock, Instant } from '../../resources/index.ts'

export type RateLimit = {
  /** Pods per second. */
  readonly limit: number
  /** Pods that may be made at once after a quiet time. */
  readonly burst: number
}

export class StartRate {
  readonly #clock: Clock
  /** Read afresh each time; `null` = no limit. */
  readonly #rate: () => RateLimit | null
  /** May be below zero: those that wait have theirs already. */
  #tokens: number | null = null
  #filledAt = 0 as Instant

  constructor(clock: Clock, rate: () => RateLimit | null) {
    this.#clock = clock
    this.#rate = rate
  }

  get isLimited(): boolean {
    const rate = this.#rate()
    return rate !== null && rate.limit > 0
  }

  /** Waits for its turn, first come, first served; `tell` is called if it has to. @throws the signal's reason */
  take(signal: AbortSignal, tell: () => void): Promise<void> | null {
    const rate = this.#rate()
    if (rate === null || rate.limit <= 0) return null
    const burst = Math.max(1, rate.burst)
    const now = this.#clock.now()
    const passedMs = Math.max(0, now - this.#filledAt)
    this.#tokens = Math.min(burst, (this.#tokens ?? burst) + (passedMs * rate.limit) / 1000) - 1
    this.#filledAt = now
    if (this.#tokens >= 0) return null
    tell()
    return this.#clock.sleep((-this.#tokens / rate.limit) * 1000, signal)
  }
}
