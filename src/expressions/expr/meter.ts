// How much work an evaluation may do, so that no expression holds up the others: rounds of loops, values looked at,
// pieces of text. Evaluations do not wait for anything, so the one under way is known to the whole module.

import { GoSlice, panic } from './values.ts'

/** Steps of one evaluation. */
const STEPS_MAX = 5_000_000
/** Longest text an expression may build, in UTF-16 units. */
export const TEXT_MAX = 8 * 1024 * 1024
/** Units of text, and elements of a list, that count as one step. */
const TEXT_UNITS = 16
const LIST_ITEMS = 8

let left: number | null = null

/** Runs with a budget of its own, or within that of the evaluation around it. */
export function metered<T>(run: () => T): T {
  if (left !== null) return run()
  left = STEPS_MAX
  try {
    return run()
  } finally {
    left = null
  }
}

/** Takes steps from the budget of the evaluation under way, if there is one. Throws GoPanic when it is used up. */
export function spend(steps: number): void {
  if (left === null) return
  left -= steps
  if (left < 0) panic('step budget exceeded')
}

/** Takes the steps for a text or list that a function reads or makes; other values are free. */
export function spendOn(value: unknown): void {
  if (typeof value === 'string') {
    if (value.length > TEXT_MAX) panic('memory budget exceeded')
    spend(value.length / TEXT_UNITS)
  } else if (Array.isArray(value)) spend(value.length / LIST_ITEMS)
  else if (value instanceof GoSlice) spend((value.items?.length ?? 0) / LIST_ITEMS)
}

/** Pieces with a separator between them; the length is looked at before they are joined. */
export function joinedWith(separator: string, parts: readonly string[]): string {
  let length = separator.length * Math.max(0, parts.length - 1)
  for (const part of parts) length += part.length
  if (length > TEXT_MAX) panic('memory budget exceeded')
  return parts.join(separator)
}
