/** What a daemon answers while it is not in charge: that it lives, and why it is not ready. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Config } from '../config/index.ts'
import { http, UserError } from '../resources/index.ts'

export type Standby = {
  /** Opens the ports when it is first told. */
  say(reason: string): void
  /** Gives the ports back. @throws UserError where they could not be had */
  close(): Promise<void>
}

/** @param onChange told of each new reason once */
export function standby(config: Config, onChange: (reason: string) => void): Standby {
  let reason = ''
  let opening: Promise<readonly Server[]> | null = null
  return {
    say(next) {
      opening ??= open(config, () => reason)
      opening.catch(() => undefined)
      if (next !== reason) onChange(next)
      reason = next
    },
    async close() {
      for (const server of (await opening) ?? []) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    },
  }
}

async function open(config: Config, reason: () => string): Promise<readonly Server[]> {
  const api = http.createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const parts = { store: { ok: false, detail: reason() } }
    const isAlive = path.endsWith('/healthz')
    const body = isAlive
      ? { alive: true, parts }
      : path.endsWith('/readyz')
        ? { ready: false, reasons: [reason()], parts }
        : { code: 14, message: reason() }
    response
      .writeHead(isAlive ? 200 : 503, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
      .end(JSON.stringify(body))
  })
  const servers = [await listening(api, config.server)]
  if (!config.metrics.enabled) return servers
  const metrics = http.createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(figures)
  })
  return [...servers, await listening(metrics, config.metrics)]
}

const figures = ['argo_workflows_is_leader', 'drydock_store_up', 'drydock_ready']
  .map((name) => `# TYPE ${name} gauge\n${name} 0\n`)
  .join('')

async function listening(server: Server, { host, port }: { readonly host: string; readonly port: number }) {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new UserError('ADDRESS_TAKEN', `cannot listen on ${host}:${port}`, { cause, hint: 'choose another port' })
  }
  return server
}
