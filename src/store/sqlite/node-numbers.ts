/**
 * Which row a node has, by its id. Ids of a workflow's nodes are its name and a number (semantics.md §6), and there may
 * be a million: of those only the number is kept.
 */
export class NodeNumbers {
  /** What the ids that are kept as numbers begin with, hyphen included. */
  #prefix: string | null = null
  readonly #byHash = new Map<number, number>()
  readonly #others = new Map<string, number>()

  get(id: string): number | undefined {
    const hash = this.#hashOf(id)
    return hash === null ? this.#others.get(id) : this.#byHash.get(hash)
  }

  /** @param place of the node among those of its workflow */
  set(id: string, place: number): void {
    this.#prefix ??= numbered.exec(id)?.[1] ?? null
    const hash = this.#hashOf(id)
    if (hash === null) this.#others.set(id, place)
    else this.#byHash.set(hash, place)
  }

  delete(id: string): void {
    const hash = this.#hashOf(id)
    if (hash === null) this.#others.delete(id)
    else this.#byHash.delete(hash)
  }

  /** 32 bits, signed, as numbers that small need no room of their own. */
  #hashOf(id: string): number | null {
    const prefix = this.#prefix
    if (prefix === null || !id.startsWith(prefix)) return null
    const text = id.slice(prefix.length)
    const hash = Number(text)
    return hash < 2 ** 32 && String(hash) === text && hash >= 0 && Number.isInteger(hash) ? hash | 0 : null
  }
}

const numbered = /^(.*-)\d{1,10}$/s
