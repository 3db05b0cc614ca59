/** How a runtime comes to its world: reached and read once, by whichever call comes first. */
import { WorldError } from '../resources/index.ts'
import { Once } from './once.ts'

export class Readiness {
  readonly #begin: () => Promise<void>
  readonly #begun = new Once<void>()
  #isClosed = false

  constructor(begin: () => Promise<void>) {
    this.#begin = begin
  }

  /** Once the world was reached; tried anew by the next call if that failed. @throws what `begin` throws */
  reached(): Promise<void> {
    if (this.#isClosed)
      return Promise.reject(new WorldError('RUNTIME_CLOSED', 'the runtime was closed', { retryable: false }))
    return this.#begun.run(this.#begin)
  }

  /** Nothing is reached from now on. */
  close(): void {
    this.#isClosed = true
  }
}
