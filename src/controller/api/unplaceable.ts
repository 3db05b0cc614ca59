/** Selectors of a workflow that no endpoint fits as things are: no fault of the manifest, but its pods would wait. */
import type { Problem } from '../../admission/index.ts'
import type { Affinity, Workflow } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import { fitsEndpoint, nodeChoiceOf } from '../pods/node-match.ts'

/** Of what only a running daemon can tell; no fault. */
export const noEndpoint = 'no-endpoint'

type Choosing = { readonly nodeSelector?: Readonly<Record<string, string>>; readonly affinity?: Affinity }

/** Nothing where there is one engine. What tags fill in is passed over: nobody knows yet what it will be. */
export function unplaceable({ scheduling }: Pick<Core, 'scheduling'>, { spec }: Workflow): readonly Problem[] {
  if (scheduling === null) return []
  const endpoints = scheduling.endpoints.now()
  const names = endpoints.map(({ name }) => name).join(', ')
  const problemOf = (part: Choosing, path: string): readonly Problem[] => {
    const choice = nodeChoiceOf({ nodeSelector: part.nodeSelector, affinity: part.affinity })
    if (choice === null || JSON.stringify(choice).includes('{{')) return []
    if (endpoints.some((endpoint) => fitsEndpoint(choice, endpoint))) return []
    const field = part.nodeSelector === undefined ? 'affinity' : 'nodeSelector'
    return [
      {
        message: `${path}.${field}: no endpoint fits (there are ${names}): its pods would stay Pending`,
        path: `${path}.${field}`,
        hint: 'see docs/endpoints.md for the labels of endpoints',
        rule: noEndpoint,
      },
    ]
  }
  const templates = spec?.templates ?? []
  return [
    ...problemOf(choosing(spec), 'spec'),
    ...templates.flatMap((template, index) => problemOf(choosing(template), `spec.templates[${index}]`)),
  ]
}

const choosing = (part: { readonly [Key in keyof Choosing]?: Choosing[Key] | undefined } = {}): Choosing => ({
  ...(part.nodeSelector === undefined ? {} : { nodeSelector: part.nodeSelector }),
  ...(part.affinity === undefined ? {} : { affinity: part.affinity }),
})
