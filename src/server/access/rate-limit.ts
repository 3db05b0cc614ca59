/** Requests per second of one address, as Argo limits them. */

const addressesMax = 10_000

export class RateLimit {
  readonly #perSecond: number
  #second = 0
  #counts = new Map<string, number>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Whether this request is still within the limit. */
  admit(address: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second || this.#counts.size > addressesMax) {
      this.#second = second
      this.#counts = new Map()
    }
    const count = (this.#counts.get(address) ?? 0) + 1
    this.#counts.set(address, count)
    return count <= this.#perSecond
  }
}
