/**
 * Passed before and after every awaited call of one life of the daemon: here it dies, at any await that the seed
 * chose, and here it stands still while it is frozen. Who is dead gets no further: its calls never settle.
 */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

export type GateParts = {
  /** So many passages; `Infinity` for never. */
  readonly diesAfter: number
  readonly mayDie: () => boolean
  readonly onPassage: () => void
  readonly onDeath: (why: string) => void
}

export class Gate {
  isAlive = true
  onThaw: () => void = () => undefined
  #left: number
  #thaw: (() => void) | null = null
  #frozen: Promise<void> | null = null
  readonly #parts: GateParts

  constructor(parts: GateParts) {
    this.#parts = parts
    this.#left = parts.diesAfter
  }

  async pass<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    if (!(await this.#through('before', name))) return never()
    try {
      const result = await work()
      if (!this.isAlive || !(await this.#through('after', name))) return never()
      return result
    } catch (error) {
      if (!this.isAlive || !(await this.#through('after', name))) return never()
      throw error
    }
  }

  /** What the world tells is heard now, after the thaw, or by nobody. */
  hear(work: () => void): void {
    if (!this.isAlive) return
    if (this.#frozen === null) work()
    else void this.#frozen.then(() => this.hear(work))
  }

  freeze(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#frozen ??= promise
    this.#thaw ??= resolve
  }

  thaw(): void {
    this.#frozen = null
    this.onThaw()
    this.#thaw?.()
    this.#thaw = null
  }

  die(why: string): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.thaw()
    this.#parts.onDeath(why)
  }

  /** False where it died of it. */
  #through(side: 'before' | 'after', name: string): boolean | Promise<boolean> {
    if (!this.isAlive) return false
    this.#parts.onPassage()
    this.#left -= 1
    // Where it may not die just then, it does at the next passage.
    if (this.#left <= 0 && this.#parts.mayDie()) {
      this.die(`${side} the await of ${name}`)
      return false
    }
    if (this.#frozen === null) return true
    return this.#frozen.then(() => this.isAlive)
  }
}
