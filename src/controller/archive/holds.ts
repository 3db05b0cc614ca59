/** Who works on a finished workflow has it for himself: it is moved, taken up again or deleted by one at a time. */
import type { WorkflowUid } from '../../resources/index.ts'

export class Holds<Key extends string = WorkflowUid> {
  readonly #held = new Map<Key, Promise<void>>()

  isHeld(key: Key): boolean {
    return this.#held.has(key)
  }

  /** Waits for those who came before. What `work` reads of the workflow must be read by it. Nobody before: it begins at once. */
  async alone<T>(key: Key, work: () => Promise<T>): Promise<T> {
    for (let other = this.#held.get(key); other !== undefined; other = this.#held.get(key)) await other
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.set(key, promise)
    try {
      return await work()
    } finally {
      this.#held.delete(key)
      resolve()
    }
  }

  /** Resolves when nobody has it, or who has it now has done with it. */
  async released(key: Key): Promise<void> {
    await this.#held.get(key)
  }
}
