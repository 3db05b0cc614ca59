/** Sandboxes that are to go, or have gone a moment ago: nobody may take them up again. */
import type { EngineCalls } from './engine-calls.ts'
import type { Log } from './log.ts'

export type RemovalsParts = {
  readonly calls: Pick<EngineCalls, 'remove'>
  readonly log: Log
  /** Rejects where this daemon is no longer in charge: another has taken the sandbox over, and may have given it to a pod. */
  readonly confirm: () => Promise<void>
}

export class SandboxRemovals {
  readonly #parts: RemovalsParts
  /** A list taken a moment ago may still have them. */
  readonly #dropped = new Set<string>()
  /** Those that the engine did not remove: they stand in the way of others that are to have their name. */
  readonly #failed = new Set<string>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(parts: RemovalsParts) {
    this.#parts = parts
  }

  has(id: string): boolean {
    return this.#dropped.has(id)
  }

  /** Begins it; what the engine does not do is tried again once it lists the sandbox. */
  remove(id: string): void {
    this.#dropped.add(id)
    const { calls, confirm, log } = this.#parts
    const isOurs = confirm().then(
      () => true,
      () => false,
    )
    const removal = isOurs
      .then((ours) => (ours ? calls.remove(id) : undefined))
      .catch((error: unknown) => {
        this.#failed.add(id)
        log('warn', 'a sandbox could not be removed', { sandbox: id, error: String(error) })
      })
      .finally(() => this.#underWay.delete(removal))
    this.#underWay.add(removal)
  }

  /** @throws EngineError */
  async removeNow(id: string): Promise<void> {
    this.#dropped.add(id)
    await this.#parts.calls.remove(id)
  }

  /** It stands in the way of another that is to have its name. @throws EngineError, or what `confirm` rejects with */
  async clear(id: string): Promise<void> {
    await this.#parts.confirm()
    await this.#parts.calls.remove(id)
    this.#failed.delete(id)
  }

  /** What the engine has: of the others nothing is left to be done. */
  listed(ids: ReadonlySet<string>): void {
    for (const id of this.#dropped) if (!ids.has(id)) this.#dropped.delete(id)
    for (const id of [...this.#failed]) {
      this.#failed.delete(id)
      if (ids.has(id)) this.remove(id)
    }
  }

  /** Resolves once nothing is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay)
  }
}
