/** Who called a node: the step or task, in which template; and the nodes that a template would still make. */
import type { DAGTask, NodeStatus, Template, WorkflowStep } from '../../resources/index.ts'
import type { Facts } from './facts.ts'

export type Caller = {
  /** The node of the Steps or DAG that it belongs to, and its template. */
  readonly boundary: NodeStatus
  readonly template: Template
  readonly call: WorkflowStep | DAGTask
  readonly kind: 'step' | 'task'
}

/** The step or task that the node is of, its loops' items and its attempts included; `null` of roots, hooks and groups. */
export function callerOf(facts: Facts, node: NodeStatus): Caller | null {
  const boundary = boundaryOf(facts, node)
  const template = boundary === null ? null : templateOf(facts, boundary)
  if (boundary === null || template === null) return null
  const rest = node.name.slice(boundary.name.length)
  const [, group, step] = /^\[(\d+)\]\.(.+)$/s.exec(rest) ?? []
  if (group !== undefined && step !== undefined) {
    const call = bestNamed(template.steps?.[Number(group)] ?? [], step)
    return call === null ? null : { boundary, template, call, kind: 'step' }
  }
  const call = rest.startsWith('.') ? bestNamed(template.dag?.tasks ?? [], rest.slice(1)) : null
  return call === null ? null : { boundary, template, call, kind: 'task' }
}

/** A StepGroup is no boundary of its steps, the Steps node above it is. */
export function boundaryOf({ nodes }: Facts, node: NodeStatus): NodeStatus | null {
  const above = nodes[node.boundaryID ?? '']
  return above ?? null
}

/** `a` of `a`, `a(0:x)`, `a.hooks.running` and `a.onExit`; the longest name that fits. */
function bestNamed<T extends { readonly name?: string }>(calls: readonly T[], text: string): T | null {
  let best: T | null = null
  for (const call of calls) {
    const name = call.name ?? ''
    const fits = text === name || text.startsWith(`${name}(`) || text.startsWith(`${name}.`)
    if (fits && name.length >= (best?.name ?? '').length) best = call
  }
  return best
}

/** What the node runs, tags not replaced; `null` where it can no longer be found. */
export function templateOf(facts: Facts, node: NodeStatus): Template | null {
  const { templateRef, templateName, templateScope = '' } = node
  const stored = facts.workflow.status?.storedTemplates ?? {}
  if (templateRef !== undefined) {
    const scope = templateRef.clusterScope === true ? 'cluster' : 'namespaced'
    return stored[`${scope}/${templateRef.name ?? ''}/${templateRef.template ?? ''}`] ?? null
  }
  if (templateName) {
    const local = facts.spec.templates?.find(({ name }) => name === templateName)
    return stored[`${templateScope}/${templateName}`] ?? local ?? null
  }
  return callerOf(facts, node)?.call.inline ?? null
}

/** Nodes of the call, of its loop's items too. */
export function hasBegun({ nodes }: Facts, nodeName: string, byName: ReadonlyMap<string, NodeStatus>): boolean {
  if (byName.has(nodeName)) return true
  return Object.values(nodes).some(({ name }) => name.startsWith(`${nodeName}(`))
}

export const nodesByName = ({ nodes }: Facts): ReadonlyMap<string, NodeStatus> =>
  new Map(Object.values(nodes).map((node) => [node.name, node]))
