/** The room's door. */
export { createServer } from './server.ts'
export type { Server, ServerOptions } from './server.ts'
export type { ServerConfig, ServerLog } from './routes/parts.ts'
export { loadToken } from './access/token.ts'
export type { HealthPart, HealthReport } from './health.ts'
export type { FleetControl } from './routes/fleet.ts'
export type { LogLevelControl } from './routes/log-level.ts'
