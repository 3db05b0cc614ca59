/** Keeps labels that users make up from growing a metric without end. */
import { labelCharactersMax, seriesMax } from './catalogue.ts'

export type Labels = Readonly<Record<string, string | number>>

type Bounded = { readonly labels: Labels; readonly isFolded: boolean }

/** What stands for all that came after the limit. */
export const otherLabel = '(other)'

export class LabelLimit {
  readonly #open: readonly string[]
  readonly #most: number
  readonly #seen = new Set<string>()
  /** The same is recorded many times in a row. */
  #last: { readonly asked: Labels; readonly answer: Bounded } | null = null

  /** @param open the labels that hold what users made up */
  constructor(open: readonly string[], most = seriesMax) {
    this.#open = open
    this.#most = most
  }

  /** The labels as they may be used: values cut to length, and `(other)` once there are too many. */
  bounded(labels: Labels): Bounded {
    if (this.#last === null || !isSame(this.#last.asked, labels))
      this.#last = { asked: labels, answer: this.#bound(labels) }
    return this.#last.answer
  }

  #bound(labels: Labels): Bounded {
    const values = this.#open.map((label) => labelValue(String(labels[label] ?? '')))
    const key = values.join('\u0000')
    const isFolded = !this.#seen.has(key) && this.#seen.size >= this.#most
    if (!isFolded) this.#seen.add(key)
    const bounded: Record<string, string | number> = { ...labels }
    this.#open.forEach((label, index) => (bounded[label] = isFolded ? otherLabel : (values[index] ?? '')))
    return { labels: bounded, isFolded }
  }

  /** Everything is about to be recorded afresh. */
  reset(): void {
    this.#last = null
    this.#seen.clear()
  }
}

/** Without control characters, which Prometheus' parser stumbles over, and no longer than it may be. */
export function labelValue(text: string): string {
  const clean = text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').toWellFormed()
  return clean.length <= labelCharactersMax ? clean : `${clean.slice(0, labelCharactersMax - 1).toWellFormed()}…`
}

function isSame(one: Labels, other: Labels): boolean {
  for (const label in one) if (one[label] !== other[label]) return false
  for (const label in other) if (!(label in one)) return false
  return true
}
