/** Which kind of template it is: the first field that is present (semantics-templates.md §1). */
import type { Template } from '../resources/index.ts'

export const templateTypes = [
  'container',
  'containerSet',
  'steps',
  'dag',
  'script',
  'resource',
  'data',
  'suspend',
  'http',
  'plugin',
] as const
export type TemplateType = (typeof templateTypes)[number]

export function typeOf(template: Template): TemplateType | null {
  for (const type of templateTypes) if (template[type] !== undefined && template[type] !== null) return type
  return null
}
