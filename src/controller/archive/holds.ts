/** Who works on a finished workflow has it for himself: it is moved, taken up again or deleted by one at a time. */
import type { WorkflowUid } from '../../resources/index.ts'

export class Holds {
  readonly #held = new Map<WorkflowUid, Promise<void>>()

  isHeld(uid: WorkflowUid): boolean {
    return this.#held.has(uid)
  }

  /** Waits for those who came before. What `work` reads of the workflow must be read by it. */
  async alone<T>(uid: WorkflowUid, work: () => Promise<T>): Promise<T> {
    for (let other = this.#held.get(uid); other !== undefined; other = this.#held.get(uid)) await other
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.set(uid, promise)
    try {
      return await work()
    } finally {
      this.#held.delete(uid)
      resolve()
    }
  }
}
