/** A set of texts that forgets the oldest ones when they are too long together. */
export class RecentTexts {
  readonly #texts = new Set<string>()
  readonly #charactersMost: number
  #characters = 0

  constructor(charactersMost: number) {
    this.#charactersMost = charactersMost
  }

  has(text: string): boolean {
    return this.#texts.has(text)
  }

  add(text: string): void {
    if (text.length > this.#charactersMost || this.#texts.has(text)) return
    this.#texts.add(text)
    this.#characters += text.length
    for (const oldest of this.#texts) {
      if (this.#characters <= this.#charactersMost) return
      this.#texts.delete(oldest)
      this.#characters -= oldest.length
    }
  }
}
