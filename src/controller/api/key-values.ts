/** `a=b,c=d`, as submit options give labels and annotations. */
import { ApiError } from '../port.ts'

export function parseKeyValues(text: string, what: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const part of text.split(',').filter((piece) => piece !== '')) {
    const at = part.indexOf('=')
    if (at <= 0) throw new ApiError('INVALID_ARGUMENT', `expected ${what} of the form: NAME=VALUE. Received: ${part}`)
    found[part.slice(0, at)] = part.slice(at + 1)
  }
  return found
}
