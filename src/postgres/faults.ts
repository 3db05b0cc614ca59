/** Which errors mean that the server or the way to it is gone, so that the same may well work later. */

/** SQLSTATE: connection exceptions, shutdown, crash, cannot connect now, idle timeouts, too many connections. */
const states = [/^08/, /^57P0[1-5]$/, /^53300$/, /^25P0[34]$/]
const system = /^(E(CONN|PIPE|HOST|NET|TIMEDOUT|NOTFOUND|AI_AGAIN|ADDRNOTAVAIL|NOENT)|ECONNRESET|EAI_)/
const words =
  /connection (terminated|error|ended)|timeout exceeded when|read timeout|hung up|no answer from|client has encountered a connection error|client was closed/i

export function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && (states.some((state) => state.test(code)) || system.test(code))) return true
  if (error instanceof AggregateError) return error.errors.some(isConnectionFault)
  return words.test(error.message)
}
