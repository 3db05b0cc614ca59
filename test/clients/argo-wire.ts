/** Speaks HTTP as argo's CLI does: see `argo-wire.test.ts`. */
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'

/**
 * A call of the CLI: a connection of its own, no Content-Type, always a question mark, JSON numbers as Go floats in the
 * query. Anything but 200 is an error.
 */
export async function argoCall(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await send(url, { method, path: `${path}?`, accept: 'application/json' }, body)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const answer = JSON.parse(Buffer.concat(chunks).toString()) as { code?: number; message?: string }
  if (response.statusCode !== 200) throw new Error(`${String(answer.code)} ${answer.message ?? ''}`)
  return answer
}

/** A stream of the CLI: of every line longer than six bytes the first six are cut off, the rest is JSON. */
export async function* argoStream(url: string, path: string): AsyncGenerator<Record<string, unknown>> {
  const response = await send(url, { method: 'GET', path, accept: 'text/event-stream' })
  if (response.statusCode !== 200) throw new Error(String(response.statusCode))
  let rest = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines)
      if (line.length > 6) yield (JSON.parse(line.slice(6)) as { result: Record<string, unknown> }).result
  }
}

async function send(
  url: string,
  { method, path, accept }: { readonly method: string; readonly path: string; readonly accept: string },
  body?: unknown,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { accept, authorization: '' }
    const asked = request(url + path, { method, headers, agent: false }, resolve)
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
