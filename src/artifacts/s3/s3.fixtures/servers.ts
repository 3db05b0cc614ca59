/** Servers beside the real one: a proxy in front of it that breaks things, and one that only writes requests down. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Listening = { readonly endpoint: string; readonly stop: () => Promise<void> }

async function listening(handler: RequestListener): Promise<Listening> {
  const server: Server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

/**
 * What becomes of a request: an answer of S3's, a connection cut before or after the server has seen it whole, or an
 * answer cut after so many bytes.
 */
export type Fault = 'SlowDown' | 'InternalError' | 'cut' | 'answer lost' | { readonly cutAnswerAfter: number }

/** @param faultOf asked for every request; `null` lets it pass */
export function faultyProxy(
  target: string,
  faultOf: (method: string, url: string) => Fault | null,
): Promise<Listening> {
  return listening((incoming, answer) => {
    const fault = faultOf(incoming.method ?? '', incoming.url ?? '')
    if (fault === 'cut')
      incoming.once('data', () => incoming.socket.destroy()).once('end', () => incoming.socket.destroy())
    else if (fault === 'SlowDown' || fault === 'InternalError') refuse(incoming, answer, fault)
    else forward(target, incoming, answer, fault)
  })
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, code: string): void {
  incoming.resume().once('end', () => {
    answer.writeHead(code === 'SlowDown' ? 503 : 500, { 'content-type': 'application/xml' })
    answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>not now</Message></Error>`)
  })
}

function forward(
  target: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  fault: 'answer lost' | { readonly cutAnswerAfter: number } | null,
): void {
  const { method, url, headers } = incoming
  const [host, port] = target.split(':')
  const onward = request({ host, port, method, path: url, headers }, (response) => {
    if (fault === 'answer lost') return void response.resume().once('end', () => incoming.socket.destroy())
    answer.writeHead(response.statusCode ?? 502, response.headers)
    answer.flushHeaders()
    let left = fault?.cutAnswerAfter ?? Infinity
    response.on('data', (chunk: Buffer) => {
      answer.write(chunk.subarray(0, Math.max(0, left)))
      left -= chunk.length
      if (left <= 0) answer.socket?.end(() => incoming.socket.destroy())
    })
    response.once('end', () => answer.end())
  })
  onward.once('error', () => incoming.socket.destroy())
  incoming.once('close', () => incoming.complete || onward.destroy())
  incoming.pipe(onward)
}

export type Seen = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders }

/** Says yes to everything; for what the real server cannot do, and for looking at headers. */
export async function recorder(): Promise<Listening & { readonly seen: readonly Seen[] }> {
  const seen: Seen[] = []
  const server = await listening((incoming, answer) => {
    const { method = '', url = '', headers } = incoming
    seen.push({ method, url, headers })
    const isNewUpload = method === 'POST' && /[?&]uploads\b/.test(url)
    const missing = method === 'HEAD' && !/^\/[^/?]+\/./.test(url)
    incoming.resume().once('end', () => {
      answer.writeHead(missing ? 404 : 200, { etag: '"e"' })
      if (isNewUpload)
        answer.end('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>')
      else if (method === 'POST') answer.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
      else answer.end()
    })
  })
  return { ...server, seen }
}
