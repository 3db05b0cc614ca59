/**
 * Lets as many starts through at once as the engine bears: one more each time it is quick, fewer when starts get slow
 * (additive increase, multiplicative decrease), since Docker's starts queue on locks of its own and drag all calls down.
 */
export type StartGateOptions = { readonly least: number; readonly most: number; readonly initial: number }

/**
 * A start slower than this many times the quickest seen lately is too slow. Measured with Engine 20.10 on two cores, in
 * containers a second of a fan-out: one at once 8.6, two 9.8 to 12, three 9 to 12, five 10, eight 6, twelve 4.4.
 */
const slowFactor = 3.5
const easyFactor = 2

export class StartGate {
  private least: number
  private most: number
  private width: number
  private active = 0
  private readonly queue: (() => void)[] = []
  /** The quickest start lately, in ms; drifts upwards so that an old record does not rule for ever. */
  private quickestMs = Infinity
  /** Starts that were under way when it narrowed say nothing of the new width. */
  private stale = 0

  constructor(options: StartGateOptions) {
    this.least = options.least
    this.most = options.most
    this.width = options.initial
  }

  /** Begins anew with these bounds. */
  fit(options: StartGateOptions): void {
    this.least = options.least
    this.most = options.most
    this.width = options.initial
  }

  /** Starts that may run at once now. */
  get limit(): number {
    return Math.floor(this.width)
  }

  get waiting(): number {
    return this.queue.length
  }

  get isBusy(): boolean {
    return this.active >= this.limit
  }

  /** `measure` is called with the milliseconds the start itself took; a turn that measures nothing teaches nothing. */
  async run<T>(turn: (measure: (ms: number) => void) => Promise<T>): Promise<T> {
    if (this.active < this.limit) this.active += 1
    else await new Promise<void>((resolve) => this.queue.push(resolve))
    try {
      return await turn((ms) => this.learn(ms))
    } finally {
      this.active -= 1
      while (this.active < this.limit && this.queue.length > 0) {
        this.active += 1
        this.queue.shift()?.()
      }
    }
  }

  private learn(ms: number): void {
    this.quickestMs = Math.min(this.quickestMs * 1.01, Math.max(ms, 1))
    if (this.stale > 0) {
      this.stale -= 1
    } else if (ms > this.quickestMs * slowFactor) {
      this.width = Math.max(this.least, this.width * 0.75)
      this.stale = this.active - 1
    } else if (ms < this.quickestMs * easyFactor && this.active >= this.limit) {
      this.width = Math.min(this.most, this.width + 1 / this.width)
    }
  }
}
