/** Plain sentences about a workflow or one of its nodes, from its status, its history and what the daemon knows of now. */
import { isEnded } from '../../engine/index.ts'
import type { NodeStatus } from '../../resources/index.ts'
import type { Explanation } from '../port.ts'
import { callerOf } from './callers.ts'
import { culpritsOf, tellEnded } from './ended.ts'
import type { Facts, Told } from './facts.ts'
import { nameOf, said, together } from './facts.ts'
import { conditionText, unbornNamed } from './unborn.ts'
import { tellUnfinished } from './waiting.ts'
import { tellWorkflow } from './workflow.ts'

/** Without `history` and `log`, which the caller adds. */
type Explained = Omit<Explanation, 'history' | 'log'>

export function explainWorkflow(facts: Facts): Explained {
  return { ...headOf(facts), ...tellWorkflow(facts) }
}

/** `null`: no node, step or task has that name. @param wanted an id, a full name or a display name */
export function explainNode(facts: Facts, wanted: string): Explained | null {
  const found = nodesNamed(facts, wanted)
  const [node] = found
  if (node === undefined) {
    const told = unbornNamed(facts, wanted)
    return told.sentences.length === 0 ? null : { ...headOf(facts), ...told }
  }
  const others = found.length > 1 ? said(`${found.length - 1} more nodes have that name; this is ${node.id}.`) : said()
  const { id, name, type, phase = '', message } = node
  return {
    ...headOf(facts),
    node: { id, name, displayName: nameOf(node), type, phase, ...(message ? { message } : {}) },
    ...together(tellOrigin(facts, node), isEnded(node) ? tellEnded(facts, node) : tellUnfinished(facts, node), others),
  }
}

const headOf = ({ workflow, name }: Facts) => ({
  workflow: name,
  namespace: workflow.metadata.namespace ?? '',
  uid: workflow.metadata.uid ?? '',
  phase: workflow.status?.phase ?? '',
})

/** By id, by full name, else by display name: unfinished ones first, then failed ones, then the newest. */
export function nodesNamed({ nodes }: Facts, wanted: string): readonly NodeStatus[] {
  const byId = nodes[wanted]
  if (byId !== undefined) return [byId]
  const all = Object.values(nodes)
  const exact = all.find(({ name }) => name === wanted)
  if (exact !== undefined) return [exact]
  const rank = (node: NodeStatus) => (!isEnded(node) ? 0 : node.phase === 'Failed' || node.phase === 'Error' ? 1 : 2)
  return all
    .filter(({ displayName }) => displayName === wanted)
    .sort((a, b) => rank(a) - rank(b) || (b.startedAt ?? '').localeCompare(a.startedAt ?? ''))
}

/** Which step or task it is, and under which condition it ran. */
function tellOrigin(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  if (node.name === `${facts.name}.onExit`) return said(`${who} is the workflow’s exit handler.`)
  if (node.nodeFlag?.hooked === true) return said(`${who} is a lifecycle hook.`)
  const caller = callerOf(facts, node)
  if (caller === null) return said()
  const template = node.templateRef?.template ?? node.templateName
  const runs = template ? ` and runs template ${template}` : ''
  const place = `${who} is a ${caller.kind} of ${nameOf(caller.boundary)}${runs}.`
  if (node.phase === 'Skipped' || node.phase === 'Omitted') return said(place)
  const { when } = caller.call
  const condition = when === undefined || when === '' ? [] : [`Its condition (when) “${when}” was true.`]
  const task = caller.kind === 'task' && 'name' in caller.call ? caller.call : null
  const dependsOn =
    task !== null && ('depends' in task || 'dependencies' in task) && conditionText(task as never) !== ''
      ? [`It depends on ${conditionText(task as never)}, which is met.`]
      : []
  return said(place, ...dependsOn, ...condition)
}

/** The pod whose log says most about the fault, if there is one. */
export function failedPodOf(facts: Facts, wanted: NodeStatus | null): NodeStatus | null {
  const root = wanted ?? facts.nodes[facts.name]
  if (root === undefined || !isEnded(root) || root.phase === 'Succeeded') return null
  const pods = (node: NodeStatus): NodeStatus[] => {
    if (node.type === 'Pod') return [node]
    if (node.type !== 'Retry') return []
    const last = facts.nodes[node.children?.at(-1) ?? '']
    return last?.type === 'Pod' ? [last] : []
  }
  return pods(root)[0] ?? culpritsOf(facts, root).flatMap(pods)[0] ?? null
}
