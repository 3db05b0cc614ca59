/** Templates that a manifest refers to and that nobody has admitted yet. */
import type { Controller } from '../../controller/port.ts'

export type TemplateReference = { readonly name: string; readonly isClusterWide: boolean }
type Templates = Pick<Controller, 'object'>

/** In the order of their mention; those that present templates refer to count too. */
export function missingTemplates(
  templates: Templates,
  namespace: string,
  resource: unknown,
): readonly TemplateReference[] {
  const seen = new Set<string>()
  const missing: TemplateReference[] = []
  const queue = [...referencesIn(resource)]
  for (let reference = queue.shift(); reference !== undefined; reference = queue.shift()) {
    const key = `${reference.isClusterWide}/${reference.name}`
    if (seen.has(key)) continue
    seen.add(key)
    const kind = reference.isClusterWide ? 'ClusterWorkflowTemplate' : 'WorkflowTemplate'
    const found = templates.object(kind, reference.isClusterWide ? '' : namespace, reference.name)
    if (found === null) missing.push(reference)
    else queue.push(...referencesIn(found))
  }
  return missing
}

/** `workflowTemplateRef`s and `templateRef`s anywhere in the value; names with a tag in them are known only later. */
function referencesIn(value: unknown): TemplateReference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if ((key === 'templateRef' || key === 'workflowTemplateRef') && isReference(inner) && !inner.name.includes('{{'))
      return [{ name: inner.name, isClusterWide: inner.clusterScope === true }]
    return referencesIn(inner)
  })
}

const isReference = (value: unknown): value is { readonly name: string; readonly clusterScope?: boolean } =>
  typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string'

export const referenceText = ({ name, isClusterWide }: TemplateReference): string =>
  `${isClusterWide ? 'ClusterWorkflowTemplate' : 'WorkflowTemplate'} ${name}`
