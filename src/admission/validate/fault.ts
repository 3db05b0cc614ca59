/** The first fault of an object in Argo's words, with its place in the object where it is known. */
import type { Path } from '../problem.ts'

/** `null` in what is not part of the object checked: a template of another object. */
export type Place = Path | null

export type Fault = { readonly message: string; readonly path: Place }

export const fault = (message: string, path: Place): Fault => ({ message, path })

export const inside = (place: Place, ...steps: Path): Place => (place === null ? null : [...place, ...steps])

/** The fault as its caller reports it: with words in front, and at the call if it lies in another object. */
export const calledFrom = (caller: string, { message, path }: Fault, place: Place): Fault => ({
  message: `${caller} ${message}`,
  path: path ?? place,
})
