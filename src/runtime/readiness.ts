/** How a runtime comes to its world: reached and read once, by whichever call comes first. */
import { WorldError } from '../resources/index.ts'

export class Readiness {
  readonly #begin: () => Promise<void>
  #begun: Promise<void> | null = null
  #isClosed = false

  constructor(begin: () => Promise<void>) {
    this.#begin = begin
  }

  /** Once the world was reached; tried anew by the next call if that failed. @throws what `begin` throws */
  reached(): Promise<void> {
    if (this.#isClosed)
      return Promise.reject(new WorldError('RUNTIME_CLOSED', 'the runtime was closed', { retryable: false }))
    this.#begun ??= this.#begin().catch((error: unknown) => {
      this.#begun = null
      throw error
    })
    return this.#begun
  }

  /** Nothing is reached from now on. */
  close(): void {
    this.#isClosed = true
  }
}
