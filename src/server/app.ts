/** The express application: who may come in, then the routes, then the answer for what there is not. */
import express from 'express'
import type { Express, NextFunction, Request, Response } from 'express'
import type { Controller } from '../controller/port.ts'
import { refusal } from './access/browser-guard.ts'
import { isLoopback } from './access/host.ts'
import { RateLimit } from './access/rate-limit.ts'
import type { TokenCheck } from './access/token.ts'
import { webhookBytesMax } from './access/webhooks.ts'
import { exhausted, faultOf, forbidden, notImplemented, sendFault, unauthenticated } from './http/faults.ts'
import type { Fault } from './http/faults.ts'
import { healthRoutes } from './health.ts'
import type { HealthReport } from './health.ts'
import { Routes } from './http/routes.ts'
import { archiveRoutes } from './routes/archive.ts'
import { configMapRoutes } from './routes/config-maps.ts'
import { artifactRoutes } from './routes/artifacts.ts'
import { eventRoutes, webhookVerdict } from './routes/events.ts'
import { fleetRoutes, proxyToOwners } from './routes/fleet.ts'
import type { FleetControl } from './routes/fleet.ts'
import { historyRoutes } from './routes/history.ts'
import { argoVersionHeader, infoRoutes } from './routes/info.ts'
import { logLevelRoutes } from './routes/log-level.ts'
import type { LogLevelControl } from './routes/log-level.ts'
import type { ServerConfig, ServerLog } from './routes/parts.ts'
import { sourceFileRoutes } from './routes/source-files.ts'
import type { SourceFile } from './routes/source-files.ts'
import { storedObjectRoutes } from './routes/stored-objects.ts'
import { streamRoutes } from './routes/streams.ts'
import { syncLimitRoutes } from './routes/sync-limits.ts'
import { uploadRoutes } from './routes/uploads.ts'
import { workflowEditRoutes } from './routes/workflow-edits.ts'
import { workflowOperationRoutes } from './routes/workflow-operations.ts'
import { workflowRoutes } from './routes/workflows.ts'
import { StaticSite } from './static-site.ts'
import type { OpenStreams } from './streams/event-stream.ts'

export type AppParts = {
  readonly controller: Controller
  readonly config: ServerConfig
  readonly log: ServerLog
  readonly version: string
  readonly metricsText?: (() => Promise<string>) | undefined
  readonly health?: (() => Promise<HealthReport>) | undefined
  readonly logLevels?: LogLevelControl | undefined
  readonly tokens: TokenCheck
  readonly streams: OpenStreams
  readonly sourceFiles?: (() => readonly SourceFile[]) | undefined
  readonly fleet?: FleetControl | undefined
  readonly inCharge?: (() => Promise<void>) | undefined
}

/** Requests with a body up to this are taken, as gRPC's message size of Argo Server. */
const bodyBytesMax = 100 * 1024 * 1024
/** Of one address on the network; this machine's own are not limited. */
const requestsPerSecondMax = 1_000

const isApi = (path: string): boolean => path === '/api' || path.startsWith('/api/')
const isArtifact = (path: string): boolean =>
  /^\/(input-)?artifacts(-by-uid)?\/|^\/artifact-files\/|^\/upload-artifacts\//.test(path)
const isUpload = (path: string): boolean => path.startsWith('/upload-artifacts/')

export function createApp(parts: AppParts): Express {
  const app = express()
  app
    .disable('x-powered-by')
    .disable('etag')
    .set('query parser', () => ({}))
  app.use(withoutBase(baseHrefOf(parts.config)))
  app.use(logged(parts.log))
  app.use((_request, response, next) => {
    response.set({ 'X-Content-Type-Options': 'nosniff' })
    next()
  })
  healthRoutes(app, parts)
  app.use(guarded(parts))
  protectedRoutes(app, parts)
  const site = new StaticSite(baseHrefOf(parts.config))
  app.use((request, response) => site.answer(request, response, parts.config.server.accessControlAllowOrigin))
  app.use(failed(parts.log))
  return app
}

function baseHrefOf({ server }: ServerConfig): string {
  return `/${server.baseHref}/`.replaceAll(/\/+/g, '/')
}

/** Proxies may or may not strip the base path: both are understood. */
function withoutBase(baseHref: string) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (baseHref !== '/' && request.url.startsWith(baseHref)) request.url = request.url.slice(baseHref.length - 1)
    next()
  }
}

/** Paths only: queries may hold what is nobody's business. */
function logged(log: ServerLog) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const begunAt = performance.now()
    const { method, path } = request
    response.on('finish', () => {
      const durationMs = Math.round(performance.now() - begunAt)
      log.debug({ method, path, status: response.statusCode, durationMs }, 'answered')
    })
    next()
  }
}

/** Too many requests, rebound names, pages of other origins. */
function guarded({ config, tokens }: AppParts) {
  const limit = new RateLimit(requestsPerSecondMax)
  const allowedOrigin = config.server.accessControlAllowOrigin
  return (request: Request, response: Response, next: NextFunction): void => {
    const address = request.socket.remoteAddress ?? ''
    if (!isLoopback(address) && !limit.admit(address, Date.now()))
      return tell(request, response, exhausted('rate limit exceeded'))
    // Whoever sends the right header is no page that borrows a browser's cookie.
    if (tokens.identify(request) === 'header') return next()
    const why = refusal(request, { checkHost: !tokens.isRequired, allowedOrigin })
    if (why !== null) return tell(request, response, forbidden(why))
    next()
  }
}

function protectedRoutes(app: Express, parts: AppParts): void {
  const { controller, tokens, metricsText } = parts
  const rawBody = express.raw({ type: () => true, limit: bodyBytesMax })
  const signedBody = express.raw({ type: () => true, limit: webhookBytesMax })
  app.get('/metrics', async (request, response, next) => {
    if (metricsText === undefined) return next()
    if (tokens.identify(request) === null) return void response.status(403).type('text').send('Forbidden')
    response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
    response.send(await metricsText())
  })
  app.use('/oauth2', (_request, response) => void response.status(501).end())
  app.use((request, response, next) => {
    if (!isApi(request.path) && !isArtifact(request.path)) return next()
    const isKnown = tokens.identify(request) !== null
    const readBody = isUpload(request.path)
      ? noBody
      : isKnown
        ? rawBody
        : request.path.startsWith('/api/v1/events/')
          ? signedBody
          : noBody
    readBody(request, response, (error?: unknown) => {
      if (error !== undefined) return next(error)
      const verdict = webhookVerdict(request, controller, tokens)
      if (verdict === 'refused') return void response.status(403).json({ message: 'failed to process webhook request' })
      if (!isKnown && verdict !== 'accepted') return tell(request, response, unauthenticated)
      next()
    })
  })
  addRoutes(app, parts)
  app.use((request, response, next) => {
    if (isApi(request.path) || isArtifact(request.path)) return tell(request, response, notImplemented)
    next()
  })
}

const noBody = (_request: Request, _response: Response, next: (error?: unknown) => void): void => next()

/** What is read comes from memory; what is changed asks the store by itself. */
function asked(inCharge: AppParts['inCharge']) {
  return async (request: Request, _response: Response, next: NextFunction): Promise<void> => {
    if (request.method === 'GET' && (isApi(request.path) || isArtifact(request.path))) await inCharge?.()
    next()
  }
}

function addRoutes(app: Express, given: AppParts): void {
  const parts = { ...given, routes: new Routes(app, argoVersionHeader) }
  app.use(asked(given.inCharge))
  proxyToOwners(app, given.fleet)
  fleetRoutes(parts, given.fleet)
  workflowRoutes(parts)
  historyRoutes(parts)
  workflowOperationRoutes(parts)
  workflowEditRoutes(parts)
  streamRoutes(parts)
  storedObjectRoutes(parts)
  archiveRoutes(parts)
  eventRoutes(parts)
  configMapRoutes(parts)
  sourceFileRoutes(parts)
  infoRoutes(parts)
  logLevelRoutes(parts)
  syncLimitRoutes(parts)
  artifactRoutes(parts)
  uploadRoutes(parts)
}

/** Artifact routes answer in plain text, everything else in JSON. */
function tell(request: Request, response: Response, fault: Fault): void {
  if (!isArtifact(request.path) || response.headersSent) return sendFault(response, fault)
  response
    .status(fault.status === 403 ? 401 : fault.status)
    .type('text')
    .send(fault.message)
}

/** Express knows an error handler by its four parameters. */
function failed(log: ServerLog) {
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const { fault, blame } = faultOf(error)
    const { method, path } = request
    if (blame === 'us') log.error({ err: error, method, path }, 'a request failed')
    if (blame === 'world') log.warn({ error: String(error), method, path }, 'a request needed what is away')
    tell(request, response, fault)
  }
}
