/** Serves the metrics as plain HTTP on a port of their own. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { http } from '../resources/index.ts'

export type MetricsServer = { readonly port: number; close(): Promise<void> }

/** @param port 0: any free one @throws where the address is taken */
export async function serveMetrics(
  { host, port, path }: { readonly host: string; readonly port: number; readonly path: string },
  text: () => Promise<string>,
): Promise<MetricsServer> {
  const server = http.createServer((request, response) => {
    const asked = (request.url ?? '').split('?')[0]
    if (asked !== path) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`metrics are at ${path}\n`)
      return
    }
    text().then(
      (body) => response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body),
      (error: unknown) => response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`${String(error)}\n`),
    )
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
