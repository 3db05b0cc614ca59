/** Who defines which name: the first file keeps it until it lets go. */
import type { Claims } from './file-admission.ts'

export class NameClaims implements Claims {
  readonly #owners = new Map<string, string>()
  readonly #refused = new Map<string, Set<string>>()
  readonly #onFree: (path: string) => void

  /** @param onFree a path that was refused a name may have it now */
  constructor(onFree: (path: string) => void) {
    this.#onFree = onFree
  }

  claim(key: string, path: string): string | null {
    const owner = this.#owners.get(key)
    if (owner === undefined || owner === path) {
      this.#owners.set(key, path)
      return null
    }
    const others = this.#refused.get(key) ?? new Set()
    this.#refused.set(key, others.add(path))
    return owner
  }

  release(key: string, path: string): void {
    if (this.#owners.get(key) !== path) return
    this.#owners.delete(key)
    for (const other of this.#refused.get(key) ?? []) this.#onFree(other)
    this.#refused.delete(key)
  }
}
