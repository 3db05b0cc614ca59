// Regular expressions as Go has them: RE2, so matching takes linear time.

import type { RE2JS } from 're2js'
import { re2 } from '../re2.ts'

export type Regexp = { readonly re: RE2JS } | { readonly error: string }

const compiled = new Map<string, Regexp>()
const COMPILED_MAX = 500

/** The compiled pattern, or Go's error text. */
export function compileRegexp(pattern: string): Regexp {
  const hit = compiled.get(pattern)
  if (hit !== undefined) return hit
  const made = make(pattern)
  if (compiled.size >= COMPILED_MAX) compiled.clear()
  compiled.set(pattern, made)
  return made
}

function make(pattern: string): Regexp {
  try {
    return { re: re2().RE2JS.compile(pattern) }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    // Go writes the empty piece too.
    return {
      error: message === 'error parsing regexp: trailing backslash at end of expression' ? `${message}: \`\`` : message,
    }
  }
}
