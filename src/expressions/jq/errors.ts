/** What can go wrong in a jq program, in gojq's words. */
import { type JqValue, encode, preview, typePreview } from './values.ts'

/** An error that `try` catches: `caught` is what the handler gets. */
export class JqError extends Error {
  readonly caught: JqValue
  constructor(message: string, caught: JqValue = message) {
    super(message)
    this.caught = caught
  }
}

/** Ends the program, whatever `try` surrounds it: `halt`, `halt_error`, a limit reached. */
export class JqEnd extends Error {}

/** Thrown to leave a `label`; never shown. */
export class JqBreak extends Error {
  readonly label: symbol
  constructor(label: symbol, name: string) {
    super(`label not defined: ${name}`)
    this.label = label
  }
}

/** The program itself is wrong: it does not parse, or names what is not there. */
export class JqProgramError extends Error {}

export const raised = (value: JqValue): JqError => new JqError(raisedText(value), value)
export const raisedText = (value: JqValue): string => `error: ${typeof value === 'string' ? value : encode(value)}`

/** `NAME(ARG; …) cannot be applied to: …` */
export function notApplicable(name: string, value: JqValue, ...args: readonly JqValue[]): JqError {
  const list = args.length === 0 ? '' : `(${args.map(preview).join('; ')})`
  return new JqError(`${name}${list} cannot be applied to: ${typePreview(value)}`)
}

/** `NAME(ARG; …) cannot be applied to VALUE: WHY` */
export function failedOn(name: string, why: string, value: JqValue, ...args: readonly JqValue[]): JqError {
  const list = args.length === 0 ? '' : `(${args.map(preview).join('; ')})`
  return new JqError(`${name}${list} cannot be applied to ${preview(value)}: ${why}`)
}

export const expected = (what: string, value: JqValue): JqError =>
  new JqError(`expected ${what} but got: ${typePreview(value)}`)
