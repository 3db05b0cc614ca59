/** The display-name annotation of a template, from the second visit of its node on (semantics.md §6). */
import type { NodeStatus, Template } from '../resources/index.ts'
import type { Run } from './run.ts'

const annotation = 'workflows.argoproj.io/display-name'
const allowed = /^[a-zA-Z0-9][a-zA-Z0-9\-.]{0,61}[a-zA-Z0-9]$/

/** The fault of a name that may not be, which ends the node. */
export function updateDisplayName(run: Run, node: NodeStatus, template: Template | null): string | null {
  const wanted = template?.metadata?.annotations?.[annotation] ?? template?.annotations?.[annotation]
  if (wanted === undefined || wanted === node.displayName) return null
  if (!allowed.test(wanted)) return `displayName must match the regex ${allowed.source.replace('\\-', '-')}`
  node.displayName = wanted
  run.touch(node)
  return null
}
