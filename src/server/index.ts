/** The room's door. */
export { createServer } from './server.ts'
export type { Server, ServerOptions } from './server.ts'
export type { ServerConfig, ServerLog } from './routes/parts.ts'
