/** The three families of errors: what a person did, what the world did, and what we did wrong. */

/** Where a fault stands in a text; lines and columns from 1. */
export type Position = { readonly file?: string; readonly line: number; readonly column: number }

/** Something the user can mend: shown to them, never retried. */
export class UserError extends Error {
  readonly code: string
  readonly at: Position | undefined
  readonly hint: string | undefined
  constructor(code: string, message: string, more: { at?: Position; hint?: string; cause?: unknown } = {}) {
    super(message, { cause: more.cause })
    this.name = 'UserError'
    this.code = code
    this.at = more.at
    this.hint = more.hint
  }
}

/** Something outside failed; the workqueue backs off and tries again where `retryable`. */
export class WorldError extends Error {
  readonly code: string
  readonly retryable: boolean
  constructor(code: string, message: string, more: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: more.cause })
    this.name = 'WorldError'
    this.code = code
    this.retryable = more.retryable
  }
}

/** A promise of the code that did not hold. */
export class Bug extends Error {
  override readonly name = 'Bug'
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Bug(message)
}

/** For the `default` of a switch over a union: a new member fails to compile here. */
export function unreachable(value: never): never {
  throw new Bug(`unexpected ${JSON.stringify(value)}`)
}
