/** Several controllers: `/api/v1/controllers`, and answers that only another of them can give, asked for there. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Express, NextFunction, Request, Response } from 'express'
import type { FleetFigures } from '../../controller/index.ts'
import { HttpFault } from '../http/faults.ts'
import type { Parts } from './parts.ts'

export type FleetControl = {
  /** `null`: this controller is the only one. */
  figures(): FleetFigures | null
  /** Who has the workflow, where that is another controller. */
  elsewhere(namespace: string, name: string): Promise<{ readonly owner: string; readonly url: string | null } | null>
  /** By UID, for paths that name no workflow. */
  nameOf(uid: string): Promise<{ readonly namespace: string; readonly name: string } | null>
}

/** One that was sent on already is answered here, whoever has the workflow meanwhile. */
const hopHeader = 'x-drydock-controller'
const headersSent = ['authorization', 'cookie', 'accept', 'range', 'last-event-id'] as const
const headersKept = ['content-type', 'content-length', 'content-disposition', 'content-range', 'cache-control'] as const

const logPath = /^\/api\/v1\/workflows\/([^/]+)\/([^/]+)(?:\/[^/]+)?\/log\/?$/
const artifactPath = /^\/(?:input-)?artifacts\/([^/]+)\/([^/]+)\/[^/]+\/[^/]+\/?$/
const artifactUidPath = /^\/(?:input-)?artifacts-by-uid\/([^/]+)\/[^/]+\/[^/]+\/?$/
const filePath = /^\/artifact-files\/([^/]+)\/(workflows|archived-workflows)\/([^/]+)\//

export function fleetRoutes({ routes }: Parts, fleet: FleetControl | undefined): void {
  routes.unary('get', '/api/v1/controllers', () => {
    const figures = fleet?.figures() ?? null
    if (figures === null) return { name: '', items: [] }
    const { name, members, ...counts } = figures
    return { name, counts, items: members }
  })
}

/** Before the routes: logs and artifacts lie with the controller that has the workflow. */
export function proxyToOwners(app: Express, fleet: FleetControl | undefined): void {
  if (fleet === undefined) return
  app.use(async (request: Request, response: Response, next: NextFunction) => {
    if (request.method !== 'GET' || request.headers[hopHeader] !== undefined || fleet.figures() === null) return next()
    const workflow = await workflowOf(request.path, fleet)
    const place = workflow === null ? null : await fleet.elsewhere(workflow.namespace, workflow.name)
    if (workflow === null || place === null) return next()
    await sendOn(request, response, { ...place, own: fleet.figures()?.name ?? '', workflow: workflow.name })
  })
}

async function workflowOf(
  path: string,
  fleet: FleetControl,
): Promise<{ readonly namespace: string; readonly name: string } | null> {
  const named = logPath.exec(path) ?? artifactPath.exec(path)
  if (named !== null) return { namespace: decoded(named[1]), name: decoded(named[2]) }
  const file = filePath.exec(path)
  if (file !== null && file[2] === 'workflows') return { namespace: decoded(file[1]), name: decoded(file[3]) }
  const uid = artifactUidPath.exec(path)?.[1] ?? file?.[3]
  return uid === undefined ? null : fleet.nameOf(decoded(uid))
}

async function sendOn(
  request: Request,
  response: Response,
  to: { readonly owner: string; readonly url: string | null; readonly own: string; readonly workflow: string },
): Promise<void> {
  if (to.url === null)
    throw unavailable(
      `workflow ${to.workflow} is with controller ${to.owner}, which told no address: ask it, or set its controller.advertise`,
    )
  const ending = new AbortController()
  response.on('close', () => ending.abort())
  const headers: Record<string, string> = { [hopHeader]: to.own }
  for (const name of headersSent) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  const answer = await fetch(`${to.url}${request.originalUrl}`, {
    headers,
    signal: ending.signal,
    redirect: 'manual',
  }).catch((cause: unknown) => {
    const why =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause)
    throw unavailable(
      `workflow ${to.workflow} is with controller ${to.owner}, which does not answer at ${to.url ?? ''}: ${why}`,
    )
  })
  response.status(answer.status)
  for (const name of headersKept) {
    const value = answer.headers.get(name)
    // What was compressed on its way is not as long any more.
    if (value !== null && (name !== 'content-length' || answer.headers.get('content-encoding') === null))
      response.setHeader(name, value)
  }
  response.flushHeaders()
  if (answer.body === null) return void response.end()
  await pipeline(Readable.fromWeb(answer.body as never), response).catch(() => response.destroy())
}

const unavailable = (message: string): HttpFault => new HttpFault({ status: 503, grpc: 14, message })

function decoded(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '')
  } catch {
    return text ?? ''
  }
}
