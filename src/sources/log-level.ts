import { ApiError } from '../controller/port.ts'
import { WorldError } from '../resources/index.ts'

/** What passes by itself, as a store that is away or with another daemon, is no error for somebody to look at. */
export function levelOf(error: unknown): 'warn' | 'error' {
  const isPassing =
    error instanceof WorldError
      ? error.retryable || error.code === 'STORE_LOCKED'
      : error instanceof ApiError && error.code === 'UNAVAILABLE'
  return isPassing ? 'warn' : 'error'
}
