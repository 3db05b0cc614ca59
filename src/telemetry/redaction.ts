/** Keeps secrets out of log lines: by the name of a field, and by the values that Secrets hold. */

/** Field names whose value is never written, at any depth pino looks at. */
const secretNames = ['authorization', 'password', 'token', 'secret', 'secretKey', 'accessKey', 'cookie', 'stringData']
export const redactedPaths: readonly string[] = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

export const mask = '[redacted]'
/** `scheme://user:password@host`: whatever stands between the first colon and the last `@` of the authority. */
const passwordInUrl = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@"'\\]*:)[^\s/"'\\]+@/gi

/** Shorter values would blank out half of every line and hide little. */
const shortestValue = 6
/** Beyond it the oldest are forgotten: each line is searched for every value. */
const valuesMax = 10_000

/** The values of the Secrets that are known now. */
export class SecretValues {
  readonly #byOwner = new Map<string, readonly string[]>()
  #values: readonly string[] = []

  /** Replaces the values of one Secret; none: forgets it. */
  set(owner: string, values: readonly string[]): void {
    this.#byOwner.delete(owner)
    if (values.length > 0) this.#byOwner.set(owner, values)
    const all = [...new Set([...this.#byOwner.values()].flat())].filter((value) => value.length >= shortestValue)
    // The longest first: one value may be part of another.
    this.#values = all.slice(-valuesMax).sort((a, b) => b.length - a.length)
  }

  /** The text with every known value, plain or as it stands inside a JSON string, masked; passwords in URLs too. */
  redact(text: string): string {
    let clean = text.includes('://') ? text.replaceAll(passwordInUrl, `$1${mask}@`) : text
    for (const value of this.#values) {
      if (clean.includes(value)) clean = clean.replaceAll(value, mask)
      const quoted = JSON.stringify(value).slice(1, -1)
      if (quoted !== value && clean.includes(quoted)) clean = clean.replaceAll(quoted, mask)
    }
    return clean
  }
}
