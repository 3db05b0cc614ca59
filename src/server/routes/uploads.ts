/** Files that people hand to a submission: stored, and named by the key to submit with. */
import { randomUUID } from 'node:crypto'
import { posix } from 'node:path'
import { ApiError } from '../../controller/port.ts'
import type { WorkflowTemplate } from '../../resources/index.ts'
import { boundaryOf, filePart } from '../http/multipart.ts'
import type { Call } from '../http/routes.ts'
import { textFault } from './artifacts.ts'
import type { Parts } from './parts.ts'

const bytesMax = 1024 ** 3

/** The route reads the request itself: files are too large for memory. */
export function uploadRoutes(parts: Parts): void {
  const path = '/upload-artifacts/{namespace}/{template}/{artifact}'
  parts.routes.raw('post', path, (call) => takeUpload(parts, call))
  for (const method of ['get', 'put', 'delete'] as const)
    parts.routes.raw(method, path, () => {
      throw textFault(405)
    })
}

async function takeUpload({ controller }: Parts, call: Call): Promise<void> {
  const { params, request, response } = call
  const [namespace, artifact] = [params('namespace'), params('artifact')]
  const template = controller.object('WorkflowTemplate', namespace, params('template')) as WorkflowTemplate | null
  if (!template?.spec?.arguments?.artifacts?.some(({ name }) => name === artifact)) throw textFault(404)
  const boundary = boundaryOf(request.headers['content-type'])
  if (boundary === null) throw textFault(400)
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw textFault(413)
  const body = new LimitedBytes(request)
  const file = await filePart(body, boundary, 'file').catch(() => null)
  if (file === null) throw textFault(body.isOver ? 413 : 400)
  const key = `uploads/${namespace}/${randomUUID()}/${safeName(file.fileName)}`
  try {
    await controller.saveUpload(namespace, key, file.content)
  } catch (error) {
    if (body.isOver) throw textFault(413)
    throw error instanceof ApiError && error.code === 'INVALID_ARGUMENT' ? textFault(400) : error
  }
  request.resume()
  response.status(200).json({ name: artifact, key })
}

/** The last part of whatever path the client's machine has. */
function safeName(fileName: string): string {
  const name = posix.basename(fileName.replaceAll('\\', '/')).replaceAll(/[\x00-\x1f]/g, '')
  return name === '' || name === '.' || name === '..' ? 'file' : name.slice(0, 200)
}

/** Breaks off at the limit. */
class LimitedBytes implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>
  isOver = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const chunk of this.#source) {
      bytes += chunk.length
      this.isOver = bytes > bytesMax
      if (this.isOver) throw new Error('the upload is too large')
      yield chunk
    }
  }
}
