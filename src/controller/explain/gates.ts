/** What keeps back a node that could begin: parallelism and failFast, counted as the engine counts. */
import { isActive, isFailedOrError, podsAtOnceMax } from '../../engine/index.ts'
import type { NodeStatus, Template } from '../../resources/index.ts'
import type { Facts, Told } from './facts.ts'
import { listed, nameOf, nothing, waiting } from './facts.ts'

const counted: ReadonlySet<string> = new Set(['Pod', 'Steps', 'DAG'])

/** Told of `what`, which has no node yet. */
export function gateBefore(facts: Facts, what: string, boundary: NodeStatus, template: Template): Told {
  const nodes = Object.values(facts.nodes)
  const pods = nodes.filter(
    (node) => node.type === 'Pod' && isActive(node) && node.synchronizationStatus?.waiting === undefined,
  )
  const { parallelism } = facts.spec
  if (parallelism !== undefined && parallelism !== null && pods.length >= parallelism)
    return waiting(
      `${what} waits for its turn: the workflow’s parallelism is ${parallelism}, and ${pods.length} pods are under way (${listed(pods.map(nameOf))}).`,
      { kind: 'parallelism', node: what },
    )
  if (pods.length >= podsAtOnceMax)
    return waiting(
      `${what} waits for its turn: ${pods.length} pods of the workflow are under way, and Drydock asks for no more than ${podsAtOnceMax} at once.`,
      { kind: 'parallelism', node: what },
    )
  const siblings = nodes.filter(({ boundaryID, type }) => boundaryID === boundary.id && counted.has(type))
  const most = template.parallelism
  const active = siblings.filter(isActive)
  if (most !== undefined && most !== null && most > 0 && active.length >= most)
    return waiting(
      `${what} waits for its turn: template ${template.name ?? ''} runs at most ${most} at once, and ${active.length} are under way (${listed(active.map(nameOf))}).`,
      { kind: 'parallelism', node: what },
    )
  const failed = siblings.filter(({ phase }) => isFailedOrError(phase))
  const failsFast = template.dag === undefined ? template.failFast === true : template.dag.failFast !== false
  if (failsFast && failed.length > 0)
    return waiting(
      `${what} will not begin: ${listed(failed.map(nameOf))} failed, and ${nameOf(boundary)} fails fast (failFast).`,
      { kind: 'failFast', node: what },
    )
  return nothing
}
