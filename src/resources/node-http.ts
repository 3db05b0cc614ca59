/**
 * Node's own `http`. To import it as a module evaluates all that it exports, `WebSocket` among it, and so loads Node's
 * `fetch`, which nothing here uses: 14 MB of a daemon's memory.
 */
export const http = process.getBuiltinModule('node:http')
