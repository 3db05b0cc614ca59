/** `/api/v1/log-level`: what is logged, looked at and changed while the daemon runs. */
import { invalid } from '../http/faults.ts'
import type { Parts } from './parts.ts'

/** `''` in place of a level: that component goes by the general one again. */
export type LogLevelControl = {
  levels(): { readonly level: string; readonly components: Readonly<Record<string, string>> }
  /** @returns what is wrong, or `null` */
  set(change: { readonly level: string; readonly component?: string }): string | null
  /** Back to the settings. */
  reset(): void
}

export function logLevelRoutes({ routes, logLevels }: Parts): void {
  if (logLevels === undefined) return
  routes.unary('get', '/api/v1/log-level', () => logLevels.levels())
  routes.unary('put', '/api/v1/log-level', (call) => {
    const body = call.body()
    const component = body.text('component')
    const level = body.text('level') ?? ''
    if (level === '' && component === undefined) throw invalid('level is required')
    const problem = logLevels.set({ level, ...(component === undefined ? {} : { component }) })
    if (problem !== null) throw invalid(problem)
    return logLevels.levels()
  })
  routes.unary('delete', '/api/v1/log-level', () => {
    logLevels.reset()
    return logLevels.levels()
  })
}
