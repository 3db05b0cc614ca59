/** The HTTP server: refuses to start where it would be open to strangers, and ends its streams when it closes. */
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Controller } from '../controller/port.ts'
import { http, UserError } from '../resources/index.ts'
import { TokenCheck, loadToken } from './access/token.ts'
import { createApp } from './app.ts'
import type { HealthReport } from './health.ts'
import type { FleetControl } from './routes/fleet.ts'
import type { LogLevelControl } from './routes/log-level.ts'
import type { ServerConfig, ServerLog } from './routes/parts.ts'
import type { SourceFile } from './routes/source-files.ts'
import { OpenStreams } from './streams/event-stream.ts'

export type ServerOptions = {
  readonly controller: Controller
  readonly config: ServerConfig
  readonly log: ServerLog
  /** Of Drydock, without a `v`. */
  readonly version: string
  /** Prometheus' text; without it there is no `/metrics` on this port. */
  readonly metricsText?: () => Promise<string>
  /** Without it only the controller is asked. */
  readonly health?: () => Promise<HealthReport>
  /** Without it levels cannot be changed over the API. */
  readonly logLevels?: LogLevelControl
  /** Other controllers that share the work. */
  readonly fleet?: FleetControl
  /** Files of the folders that are refused or wait. */
  readonly sourceFiles?: () => readonly SourceFile[]
  /**
   * Awaited before anything is read; rejects where another daemon has gone on with what this one knows. Without it nobody
   * else can.
   */
  readonly inCharge?: () => Promise<void>
}

export type Server = {
  /** @throws UserError where the address is taken or is not ours */
  listen(): Promise<{ readonly url: string }>
  /** Ends the streams and waits for the answers that are under way, a few seconds at most. */
  close(): Promise<void>
}

/** A gigabyte may take its time. */
const requestMsMax = 30 * 60_000
const closeMsMax = 5_000

/** @throws UserError where the address needs a token and there is none, or the token file is not usable */
export function createServer(options: ServerOptions): Server {
  const { config, log } = options
  const { host, port, tokenFile } = config.server
  const tokens = new TokenCheck(loadToken(host, tokenFile))
  const streams = new OpenStreams()
  const app = createApp({ ...options, tokens, streams })
  const server = http.createServer({ requestTimeout: requestMsMax, keepAliveTimeout: 60_000 }, app)
  return {
    listen: async () => {
      const url = await listening(server, host, port)
      log.info({ url, auth: tokens.isRequired ? 'required' : 'none' }, 'the API listens')
      return { url }
    },
    close: () => closed(server, streams),
  }
}

async function listening(server: HttpServer, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException) => {
      const words = cause.code === 'EADDRINUSE' ? 'the address is taken' : cause.message
      reject(new UserError('SERVER_CANNOT_LISTEN', `cannot listen on ${host}:${String(port)}: ${words}`, { cause }))
    }
    server.once('error', refused)
    server.listen(port, host, () => {
      server.off('error', refused)
      resolve()
    })
  })
  const { address, family, port: bound } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${String(bound)}`
}

async function closed(server: HttpServer, streams: OpenStreams): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), closeMsMax)
    server.close(() => {
      clearTimeout(late)
      resolve()
    })
    streams.endAll()
    server.closeIdleConnections()
  })
}
