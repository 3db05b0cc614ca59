/** Whether the daemon lives, and whether it can work: `/healthz` and `/readyz`, for people and for those that restart it. */
import type { Express, Response } from 'express'
import type { Controller } from '../controller/port.ts'

/** `detail`: what is wrong; beside `ok: true`, what is worth knowing. */
export type HealthPart = { readonly ok: boolean; readonly detail: string }

export type HealthReport = {
  /** The process itself works; what only others can mend (an engine that is away) is the business of `ready`. */
  readonly alive: boolean
  readonly ready: boolean
  /** Why it is not ready; empty where it is. */
  readonly reasons: readonly string[]
  /** engine, store, sources, disk, settings, … */
  readonly parts: Readonly<Record<string, HealthPart>>
}

/** Open to everybody: load balancers bring no token. Nothing in it is secret. */
export function healthRoutes(
  app: Express,
  {
    controller,
    health,
  }: { readonly controller: Controller; readonly health?: (() => Promise<HealthReport>) | undefined },
): void {
  const report = async (): Promise<HealthReport> =>
    (await health?.()) ?? { alive: true, ...controller.readiness(), parts: {} }
  const answer = (response: Response, isWell: boolean, body: object): void =>
    void response
      .status(isWell ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(body)
  app.get('/healthz', async (_request, response) => {
    const { alive, parts } = await report()
    answer(response, alive, { alive, parts })
  })
  app.get('/readyz', async (_request, response) => {
    const { ready, reasons, parts } = await report()
    answer(response, ready, { ready, reasons, parts })
  })
}
