/** Calls about workflows, shared by the verbs. */
import { UserError } from '../resources/index.ts'
import type { Workflow } from '../resources/index.ts'
import type { ApiClient } from './client.ts'
import type { Context } from './globals.ts'

export const workflowPath = (namespace: string, name = ''): string =>
  `/api/v1/workflows/${namespace}/${encodeURIComponent(name)}`
const shortPath = (namespace: string): string => `/api/v1/workflows/${namespace}`

export const getWorkflow = ({ api, namespace }: Context, name: string): Promise<Workflow> =>
  api.call('GET', workflowPath(namespace, name))

export const createWorkflow = (
  api: ApiClient,
  namespace: string,
  workflow: unknown,
  dryRun: boolean,
): Promise<Workflow> => api.call('POST', shortPath(namespace), { namespace, workflow, serverDryRun: dryRun })

export type Selection = { readonly labels?: string; readonly fields?: string; readonly allNamespaces?: boolean }

/** Every page; with `nodes: false` only what lists show. */
export async function listWorkflows(
  { api, namespace }: Context,
  { labels, fields, allNamespaces = false }: Selection,
  { nodes }: { readonly nodes: boolean },
): Promise<Workflow[]> {
  const found: Workflow[] = []
  for (let next = ''; ;) {
    const query = new URLSearchParams({ 'listOptions.limit': '500' })
    if (labels) query.set('listOptions.labelSelector', labels)
    if (fields) query.set('listOptions.fieldSelector', fields)
    if (next !== '') query.set('listOptions.continue', next)
    if (!nodes)
      query.set(
        'fields',
        'metadata,items.metadata,items.spec,items.status.phase,items.status.message,items.status.startedAt,items.status.finishedAt,items.status.progress',
      )
    const path = allNamespaces ? '/api/v1/workflows/' : shortPath(namespace)
    const page = await api.call<{ items?: Workflow[] | null; metadata?: { continue?: string } }>(
      'GET',
      `${path}?${query}`,
    )
    found.push(...(page.items ?? []))
    next = page.metadata?.continue ?? ''
    if (next === '') return found
  }
}

/** Names that were given, or those of a selection. */
export async function namesOf(
  context: Context,
  names: readonly string[],
  selection: Selection,
): Promise<readonly string[]> {
  if (names.length > 0) return names
  if (!selection.labels && !selection.fields)
    throw new UserError('NOTHING_NAMED', 'name a workflow, or select some with -l or --field-selector')
  return (await listWorkflows(context, selection, { nodes: false })).map(({ metadata }) => metadata.name ?? '')
}

export type WatchEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Workflow }

/** Each state of the workflow from now on, the present one first; ends when it ended, was deleted, or the signal says so. */
export async function* watchWorkflow(
  { api, namespace }: Context,
  name: string,
  signal?: AbortSignal,
): AsyncIterable<Workflow> {
  const query = new URLSearchParams({
    'listOptions.fieldSelector': `metadata.name=${name}`,
    'listOptions.resourceVersion': '0',
  })
  for (;;) {
    for await (const event of api.stream<WatchEvent>(`/api/v1/workflow-events/${namespace}?${query}`, signal)) {
      yield event.object
      if (event.type === 'DELETED' || isEnded(event.object)) return
    }
  }
}

export const isEnded = (workflow: Workflow): boolean =>
  ['Succeeded', 'Failed', 'Error'].includes(workflow.status?.phase ?? '')
