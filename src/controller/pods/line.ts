/** First in, first out, without moving what waits. */
export class Line<T> {
  #items: (T | undefined)[] = []
  #head = 0

  add(item: T): void {
    this.#items.push(item)
  }

  /** The first that is wanted; those before it are dropped. */
  first(isWanted: (item: T) => boolean): T | undefined {
    for (; this.#head < this.#items.length; this.#head += 1) {
      const item = this.#items[this.#head]
      if (item !== undefined && isWanted(item)) break
      this.#items[this.#head] = undefined
    }
    if (this.#head > 1_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return this.#items[this.#head]
  }

  rest(): readonly T[] {
    return this.#items.filter((item) => item !== undefined)
  }
}
