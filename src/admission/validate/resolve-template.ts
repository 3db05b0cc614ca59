/** The template a call means, and the object it belongs to. */
import type { Template, WorkflowSpec } from '../../resources/index.ts'
import { tagParts } from './json-tags.ts'
import type { Call, Context, Holder } from './context.ts'
import { type Fault, type Place, fault, inside, suggesting } from './fault.ts'
import { holdsPlaceholder } from './placeholders.ts'
import { templateKind } from './template-kind.ts'

export type Resolved = { readonly template: Template; readonly place: Place; readonly holder: Holder }
export type Resolution =
  | Resolved
  | { readonly fault: Fault }
  /** Not known before the run. */
  | { readonly open: true }

export function resolveTemplate(call: Call, holder: Holder, place: Place, context: Context): Resolution {
  const { template: name = '', templateRef, inline } = call
  if (templateRef) {
    if (name !== '')
      return { fault: fault('template name cannot be specified with templateRef', inside(place, 'templateRef')) }
    if (!templateRef.name) return { fault: fault('resource name is required', inside(place, 'templateRef')) }
    if (!templateRef.template) return { fault: fault('template name is required', inside(place, 'templateRef')) }
    if (holdsTag(templateRef.name) || holdsTag(templateRef.template)) return { open: true }
  } else if (name !== '' && !templateNamed(holder.spec, name)) {
    const found = fault(`template name '${name}' undefined`, inside(place, 'template'))
    return { fault: suggesting(found, name, templateNames(holder.spec)) }
  }
  const found = inline
    ? { template: inline, place: inside(place, 'inline'), holder }
    : fromHolder(call, holder, place, context)
  if (!('template' in found)) return found
  if (templateRef && inline) {
    const other = holderOf(templateRef, place, context)
    return 'fault' in other ? other : known({ ...found, holder: other })
  }
  return known(found)
}

const known = (resolved: Resolved): Resolution =>
  templateKind(resolved.template) === 'Unknown'
    ? { fault: fault(`template '${resolved.template.name ?? ''}' type is unknown`, resolved.place) }
    : resolved

function holdsTag(text: string): boolean {
  const tagged = tagParts(text)
  return 'fault' in tagged || tagged.parts.some((part) => 'tag' in part && !part.tag.startsWith('='))
}

function fromHolder(call: Call, holder: Holder, place: Place, context: Context): Resolution {
  const { template: name = '', templateRef } = call
  if (templateRef) {
    const other = holderOf(templateRef, place, context)
    if ('fault' in other) return context.mayLackObjects ? { open: true } : other
    const wanted = templateRef.template ?? ''
    const template = templateNamed(other.spec, wanted)
    if (template) return { template: withPodMetadata(template, other.spec), place: null, holder: other }
    if (holdsPlaceholder(wanted)) return { open: true }
    const path = inside(place, 'templateRef', 'template')
    const missing = fault(`template reference ${templateRef.name ?? ''}.${wanted} not found`, path)
    return { fault: suggesting(missing, wanted, templateNames(other.spec)) }
  }
  const index = (holder.spec.templates ?? []).findIndex((candidate) => candidate.name === name)
  const template = name === '' ? undefined : holder.spec.templates?.[index]
  if (!template) return { fault: fault('failed to get a template', place) }
  return {
    template: withPodMetadata(template, holder.spec),
    place: inside(holder.place, 'templates', index),
    holder,
  }
}

const templateNames = ({ templates = [] }: WorkflowSpec): string[] => templates.map(({ name = '' }) => name)

const templateNamed = (spec: WorkflowSpec, name: string): Template | undefined =>
  spec.templates?.find((candidate) => candidate.name === name)

/** The object that a reference means. */
export function holderOf(
  ref: { readonly name?: string; readonly clusterScope?: boolean },
  place: Place,
  { lookup, namespace }: Context,
): Holder | { readonly fault: Fault } {
  const { name = '', clusterScope = false } = ref
  const found = clusterScope ? lookup.clusterWorkflowTemplate(name) : lookup.workflowTemplate(name, namespace)
  if (found) return { scope: clusterScope ? 'cluster' : 'namespaced', name, spec: found.spec, place: null }
  const message = clusterScope
    ? `couldn't find cluster workflow template "${name}"`
    : `couldn't find workflow template "${name}" in namespace "${namespace}"`
  return { fault: fault(message, inside(place, 'templateRef', 'name')) }
}

/** Labels and annotations for all pods of an object fill the gaps of each of its templates. */
function withPodMetadata(template: Template, { podMetadata }: WorkflowSpec): Template {
  if (!podMetadata?.labels && !podMetadata?.annotations) return template
  const labels = { ...podMetadata.labels, ...template.metadata?.labels }
  const annotations = { ...podMetadata.annotations, ...template.metadata?.annotations }
  return { ...template, metadata: { ...template.metadata, annotations, labels } }
}
