/** What is done once, by whichever call comes first. What failed is forgotten: the next call tries anew. */
export class Once<T> {
  #done: Promise<T> | null = null

  /** Under way, or done. */
  get hasBegun(): boolean {
    return this.#done !== null
  }

  /** @throws what `work` throws */
  run(work: () => Promise<T>): Promise<T> {
    this.#done ??= work().catch((error: unknown) => {
      this.#done = null
      throw error
    })
    return this.#done
  }

  /** The next call does it again. */
  forget(): void {
    this.#done = null
  }
}
