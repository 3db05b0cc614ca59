/** Which revisions of templates a workflow has used: said in an annotation, and counted for each template. */
import type { Workflow } from '../../resources/index.ts'
import type { Change } from '../../store/port.ts'

export type TemplateKind = 'WorkflowTemplate' | 'ClusterWorkflowTemplate'
export type TemplateKey = { readonly kind: TemplateKind; readonly namespace: string; readonly name: string }

export const revisionsAnnotation = 'drydock.dev/template-revisions'

/** Records, by UID, of the workflows in the hot tables that use the template. @param key its `textOf` */
export const useCollection = (key: string): string => `template-use/${key}`

export const textOf = ({ kind, namespace, name }: TemplateKey): string =>
  `${kind}/${kind === 'ClusterWorkflowTemplate' ? '' : namespace}/${name}`

/** Templates of others that the run has used so far. */
export function templatesIn({ metadata, spec, status }: Workflow): readonly TemplateKey[] {
  const namespace = metadata.namespace ?? ''
  const found: TemplateKey[] = []
  const ref = spec?.workflowTemplateRef
  if (ref?.name !== undefined && status?.storedWorkflowTemplateSpec !== undefined)
    found.push({
      kind: ref.clusterScope === true ? 'ClusterWorkflowTemplate' : 'WorkflowTemplate',
      namespace,
      name: ref.name,
    })
  for (const stored of Object.keys(status?.storedTemplates ?? {})) {
    const [scope, name = ''] = stored.split('/')
    if (scope === 'namespaced') found.push({ kind: 'WorkflowTemplate', namespace, name })
    if (scope === 'cluster') found.push({ kind: 'ClusterWorkflowTemplate', namespace, name })
  }
  return found
}

/** By `<kind>/<name>`, as the workflow says. */
export function usedRevisions({ metadata }: Workflow): Readonly<Record<string, number>> {
  const text = metadata.annotations?.[revisionsAnnotation]
  if (text === undefined) return {}
  try {
    const parsed: unknown = JSON.parse(text)
    const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
  } catch {
    return {} // somebody else wrote the annotation
  }
}

/** With the commit in which the workflow leaves the hot tables (`null`), or comes back there. */
export function useChanges(workflow: Workflow, isHot: boolean): readonly Change[] {
  const { namespace = '', uid = '' } = workflow.metadata
  return Object.entries(usedRevisions(workflow)).map(([word, number]): Change => {
    const [kind = '', name = ''] = word.split('/')
    const key = textOf({ kind: kind as TemplateKind, namespace, name })
    return { kind: 'putRecord', collection: useCollection(key), key: uid, value: isHot ? number : null }
  })
}
