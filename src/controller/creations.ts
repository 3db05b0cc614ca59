/** Names of workflows that are being created: nobody else may have one, and whoever wants the workflow waits until it is there. */
export class Creations {
  /** By `<namespace>/<name>`. */
  readonly #underWay = new Map<string, Promise<void>>()

  has(namespace: string, name: string): boolean {
    return this.#underWay.has(keyOf(namespace, name))
  }

  /** Has the name for as long as the work lasts, and passes on what comes of it. */
  async during<T>(namespace: string, name: string, work: () => Promise<T>): Promise<T> {
    const key = keyOf(namespace, name)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#underWay.set(key, promise)
    try {
      return await work()
    } finally {
      this.#underWay.delete(key)
      resolve()
    }
  }

  /**
   * Resolves when the name is not being created, or its creation has ended. It may stand in the store before that, where
   * only the answer of the store was lost: what is done to it then would be undone when it comes into memory.
   */
  async settled(namespace: string, name: string): Promise<void> {
    await this.#underWay.get(keyOf(namespace, name))
  }
}

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`
