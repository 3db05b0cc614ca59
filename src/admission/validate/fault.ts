/** The first fault of an object in Argo's words, with its place in the object where it is known. */
import type { Path } from '../problem.ts'
import { nearest } from '../suggestion.ts'

/** `null` in what is not part of the object checked: a template of another object. */
export type Place = Path | null

export type Fault = {
  readonly message: string
  readonly path: Place
  /** A text within the value at that place which is the fault itself. */
  readonly text?: string | undefined
  /** What to do about it. */
  readonly hint?: string | undefined
}

export const fault = (message: string, path: Place, text?: string): Fault => ({ message, path, text })

/** The fault with the nearest of the names that would do. */
export function suggesting(found: Fault, word: string, known: Iterable<string>): Fault {
  const near = nearest(word, [...known])
  return near === undefined ? found : { ...found, hint: `did you mean "${near}"?` }
}

/** The same fault in other words. */
export const reworded = (found: Fault, message: string): Fault => ({ ...found, message })

export const inside = (place: Place, ...steps: Path): Place => (place === null ? null : [...place, ...steps])

/** The fault as its caller reports it: with words in front, and at the call if it lies in another object. */
export const calledFrom = (caller: string, { message, path, text, hint }: Fault, place: Place): Fault => ({
  message: `${caller} ${message}`,
  path: path ?? place,
  text: path === null ? undefined : text,
  hint,
})
