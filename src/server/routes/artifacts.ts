/** Artifacts as files, outside `/api/v1`. Errors here are plain text. */
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Response } from 'express'
import type { ArtifactHandle, Controller } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import { http, workflowUid } from '../../resources/index.ts'
import { mediaTypeOf } from '../http/media-type.ts'
import { HttpFault } from '../http/faults.ts'
import type { Call } from '../http/routes.ts'
import { cleanInnerPath, placeOf } from './artifact-place.ts'
import type { Parts } from './parts.ts'

type Direction = 'inputs' | 'outputs'

export function artifactRoutes({ routes, controller }: Parts): void {
  const prefixes: readonly (readonly [string, Direction])[] = [
    ['artifacts', 'outputs'],
    ['input-artifacts', 'inputs'],
  ]
  for (const [prefix, direction] of prefixes) {
    routes.raw('get', `/${prefix}/{namespace}/{workflow}/{nodeId}/{name}`, async (call) => {
      const named = [call.params('namespace'), call.params('workflow')] as const
      const workflow = await controller.workflow(...named, { archived: true })
      await sendWhole(controller, call, required(workflow, 404), direction)
    })
    routes.raw('get', `/${prefix}-by-uid/{uid}/{nodeId}/{name}`, async (call) => {
      const workflow = await controller.workflowByUid(workflowUid(call.params('uid')))
      await sendWhole(controller, call, required(workflow, 404), direction)
    })
  }
  const files = '/artifact-files/{namespace}/{discriminator}/{id}/{nodeId}/{direction}/{name}/{path...}'
  routes.raw('get', files, (call) => sendInside(controller, call))
}

export const textFault = (status: number): HttpFault =>
  new HttpFault({ status, grpc: 2, message: http.STATUS_CODES[status] ?? 'Error' })

function required(workflow: Workflow | null, status: number): Workflow {
  if (workflow === null) throw textFault(status)
  return workflow
}

/** What the controller knows nothing of is an error of the server's, as in Argo. */
async function handleOf(
  controller: Controller,
  workflow: Workflow,
  { nodeId, direction, name }: { readonly nodeId: string; readonly direction: Direction; readonly name: string },
): Promise<ArtifactHandle> {
  try {
    return await controller.artifact(workflow, nodeId, direction, name)
  } catch {
    throw textFault(500)
  }
}

async function sendWhole(controller: Controller, call: Call, workflow: Workflow, direction: Direction): Promise<void> {
  const asked = { nodeId: call.params('nodeId'), direction, name: call.params('name') }
  const handle = await handleOf(controller, workflow, asked)
  if (handle.isDirectory) throw textFault(501)
  await sendFile(call.response, handle, { key: undefined, fileName: handle.fileName })
}

async function sendInside(controller: Controller, call: Call): Promise<void> {
  const { params, request, response } = call
  const [family, direction] = [params('discriminator'), params('direction')]
  const inner = cleanInnerPath(params('path'))
  const isKnown = family === 'workflows' || family === 'archived-workflows'
  if (!isKnown || (direction !== 'inputs' && direction !== 'outputs') || inner === null) throw textFault(400)
  const workflow =
    family === 'workflows'
      ? await controller.workflow(params('namespace'), params('id'), { archived: true })
      : await controller.workflowByUid(workflowUid(params('id')))
  const asked = { nodeId: params('nodeId'), direction, name: params('name') } as const
  const handle = await handleOf(controller, required(workflow, 500), asked)
  const place = await placeOf(handle, inner)
  if (place.kind === 'nothing') throw textFault(404)
  if (place.kind === 'file') return sendFile(response, handle, place)
  // `originalUrl` still has the base path that the client used.
  const here = request.originalUrl.split('?')[0] ?? ''
  if (!here.endsWith('/')) return response.redirect(307, `${posix.basename(here)}/`)
  if (place.names.includes('index.html')) return response.redirect(307, './index.html')
  response.set(fileHeaders).type('html').send(listing(place.names))
}

/** A document from an artifact may show itself, and do nothing else. */
const fileHeaders = {
  'X-Frame-Options': 'SAMEORIGIN',
  'Content-Security-Policy':
    "sandbox allow-same-origin; base-uri 'none'; default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'",
}

async function sendFile(
  response: Response,
  handle: ArtifactHandle,
  { key, fileName }: { readonly key: string | undefined; readonly fileName: string },
): Promise<void> {
  const content = await handle.open(key)
  if (content === null) throw textFault(404)
  response.status(200).set(fileHeaders)
  response.setHeader('Content-Type', mediaTypeOf(fileName))
  response.setHeader('Content-Disposition', dispositionOf(fileName))
  try {
    await pipeline(Readable.from(content), response)
  } catch {
    // The client went, or the store broke off: a broken connection tells that better than half a file.
    response.destroy()
  }
}

/** Names beyond ASCII go in the extended form, which headers can carry. */
function dispositionOf(fileName: string): string {
  const ascii = fileName.replaceAll(/[^\x20-\x7e]/g, '_').replaceAll(/["\\]/g, '_')
  const plain = `filename="${ascii}"`
  return ascii === fileName ? plain : `${plain}; filename*=UTF-8''${encodeURIComponent(fileName)}`
}

function listing(names: readonly string[]): string {
  const links = ['..', ...names.map((name) => `./${name}`)]
  const items = links.map((link) => `<li><a href="${escaped(encodeURI(link))}">${escaped(link)}</a></li>\n`)
  return `<html><body><ul>\n${items.join('')}</ul></body></html>`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
