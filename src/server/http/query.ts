/** The query of a request: literal dotted names, the first of repeated keys, numbers and booleans as Go's clients write them. */
import type { Instant } from '../../resources/index.ts'
import { instantOf } from '../../resources/index.ts'
import { invalid } from './faults.ts'

export class Query {
  readonly #values = new Map<string, string>()

  /** @param url path and query of the request */
  constructor(url: string) {
    const mark = url.indexOf('?')
    if (mark < 0) return
    for (const [name, value] of new URLSearchParams(url.slice(mark + 1)))
      if (!this.#values.has(name)) this.#values.set(name, value)
  }

  /** Empty reads as absent. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined
  }

  /** Accepts `1e+06`. @throws HttpFault 400 for anything that is no whole number */
  integer(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (Number.isSafeInteger(value)) return value
    throw invalid(`type mismatch, parameter: ${name}, error: parsing "${text}": invalid syntax`)
  }

  /** `True`, `true`, `1` and `t` in any case. @throws HttpFault 400 for other words */
  flag(name: string): boolean {
    const text = this.text(name)?.toLowerCase()
    if (text === undefined || ['false', 'f', '0'].includes(text)) return false
    if (['true', 't', '1'].includes(text)) return true
    throw invalid(`type mismatch, parameter: ${name}, error: parsing "${text}": invalid syntax`)
  }

  /** RFC 3339. @throws HttpFault 400 for anything else */
  instant(name: string): Instant | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const at = /^\d{4}-\d\d-\d\d[Tt ]/.test(text) ? instantOf(text.replace(' ', '+')) : null
    if (at === null) throw invalid(`type mismatch, parameter: ${name}, error: bad Timestamp: "${text}"`)
    return at
  }
}
