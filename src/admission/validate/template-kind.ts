/** What a template is, by the field it carries. */
import type { Template } from '../../resources/index.ts'

export type TemplateKind =
  | 'Container'
  | 'ContainerSet'
  | 'Steps'
  | 'DAG'
  | 'Script'
  | 'Resource'
  | 'Data'
  | 'Suspend'
  | 'HTTP'
  | 'Plugin'
  | 'Unknown'

const fields = [
  ['container', 'Container'],
  ['containerSet', 'ContainerSet'],
  ['steps', 'Steps'],
  ['dag', 'DAG'],
  ['script', 'Script'],
  ['resource', 'Resource'],
  ['data', 'Data'],
  ['suspend', 'Suspend'],
  ['http', 'HTTP'],
  ['plugin', 'Plugin'],
] as const satisfies readonly (readonly [keyof Template, TemplateKind])[]

export const templateKinds = (template: Template): readonly TemplateKind[] =>
  fields.filter(([field]) => template[field] !== undefined).map(([, kind]) => kind)

export const templateKind = (template: Template): TemplateKind => templateKinds(template)[0] ?? 'Unknown'

const pods = new Set<TemplateKind>(['Container', 'ContainerSet', 'Script', 'Resource', 'Data'])
/** Runs a pod of its own. */
export const makesPod = (template: Template): boolean => pods.has(templateKind(template))
/** Does the work itself instead of calling other templates. */
export const isLeaf = (template: Template): boolean =>
  makesPod(template) || ['HTTP', 'Plugin'].includes(templateKind(template))

/** Whether the template has a result and an exit code that others may use. */
export function hasResult(template: Template): boolean {
  const { container, containerSet, script, data, http, plugin } = template
  const main = containerSet?.containers.some(({ name }) => name === 'main') ?? false
  return main || [container, script, data, http, plugin].some((kind) => kind !== undefined)
}

/** A name that is a tag, or holds one. */
export const isVariable = (text: string): boolean => /\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}/.test(text)
