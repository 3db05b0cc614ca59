/** Names of workflows that are being created: nobody else may have one, and whoever wants the workflow waits until it is there. */
import { Holds } from './archive/holds.ts'

export class Creations {
  readonly #names = new Holds<string>()

  has(namespace: string, name: string): boolean {
    return this.#names.isHeld(keyOf(namespace, name))
  }

  /** Has the name, which nobody may have, for as long as the work lasts, and passes on what comes of it. */
  during<T>(namespace: string, name: string, work: () => Promise<T>): Promise<T> {
    return this.#names.alone(keyOf(namespace, name), work)
  }

  /**
   * Resolves when the name is not being created, or its creation has ended. It may stand in the store before that, where
   * only the answer of the store was lost: what is done to it then would be undone when it comes into memory.
   */
  settled(namespace: string, name: string): Promise<void> {
    return this.#names.released(keyOf(namespace, name))
  }
}

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`
