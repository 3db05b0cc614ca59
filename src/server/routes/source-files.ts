/** What came of the files in the watched folders; Drydock's own, Argo knows no folders. */
import { invalid } from '../http/faults.ts'
import type { Parts } from './parts.ts'

/** One file whose content is not running: refused, or waiting for a template. */
export type SourceFile = {
  readonly folder: string
  readonly file: string
  readonly state: string
  readonly message?: string | undefined
  readonly errors: readonly {
    readonly at?: string | undefined
    readonly path?: string | undefined
    readonly message: string
    readonly hint?: string | undefined
    readonly rule?: string | undefined
  }[]
}

const states = ['Refused', 'Waiting']

export function sourceFileRoutes({ routes, sourceFiles }: Parts): void {
  routes.unary('get', '/api/v1/source-files', ({ query }) => {
    const wanted = query.text('state')
    if (wanted !== undefined && !states.includes(wanted)) throw invalid(`state must be one of ${states.join(', ')}`)
    const items = (sourceFiles?.() ?? []).filter(({ state }) => wanted === undefined || state === wanted)
    return { items: items.toSorted((a, b) => (`${a.folder}/${a.file}` < `${b.folder}/${b.file}` ? -1 : 1)) }
  })
}
