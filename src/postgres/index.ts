/** The room's door. */
export { connectionsMaxDefault, openClient, openPool } from './open.ts'
export { addressOf, redactedUrl, sslModes } from './options.ts'
export type { PostgresAddress, PostgresOptions, SslMode } from './options.ts'
export { isConnectionFault } from './faults.ts'
export { pauseMs, reconnectPauses } from './pauses.ts'
export type { Pauses } from './pauses.ts'
export { keepSession } from './session.ts'
export type { KeptSession, SessionHooks } from './session.ts'
