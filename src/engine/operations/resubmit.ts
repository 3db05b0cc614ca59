/** Resubmit: a new workflow from an old one, with what succeeded if it is memoized (semantics-operations.md §3.4). */
import { addAll } from '../add-all.ts'
import type { Instant, NodeStatus, Random, Workflow } from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'
import type { Refusal } from '../decision.ts'
import { fnv32a } from '../../expressions/index.ts'
import { isFailedOrError } from '../phases.ts'
import { Fates, isTakenOver } from './fates.ts'
import { refusal } from './refusal.ts'
import { overridden } from './retry-workflow.ts'

const prefix = 'workflows.argoproj.io'
const suffixLetters = 'abcdefghijklmnopqrstvwxyz0123456789'

export type ResubmitOptions = { readonly memoized: boolean; readonly parameters: readonly string[] }

/** The new workflow; with a name (and nodes in its status) only where it is memoized. */
export function resubmitted(
  old: Workflow,
  { memoized, parameters }: ResubmitOptions,
  random: Random,
  now: Instant,
): Workflow | Refusal {
  if (memoized && !isFailedOrError(old.status?.phase))
    return refusal('INVALID', 'workflow must be Failed/Error to resubmit in memoized mode')
  const { metadata = {}, spec = {} } = old
  const { shutdown: _shutdown, activeDeadlineSeconds, ...kept } = spec
  const next: Workflow = {
    apiVersion: old.apiVersion ?? 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: {
      namespace: metadata.namespace,
      generateName: metadata.generateName || `${metadata.name ?? ''}-`,
      labels: { ...keptLabels(metadata.labels ?? {}), [`${prefix}/resubmitted-from-workflow`]: metadata.name ?? '' },
      ...(metadata.annotations === undefined ? {} : { annotations: { ...metadata.annotations } }),
      ...(metadata.ownerReferences === undefined ? {} : { ownerReferences: metadata.ownerReferences }),
    },
    spec: {
      ...kept,
      ...(activeDeadlineSeconds === undefined || activeDeadlineSeconds === 0 ? {} : { activeDeadlineSeconds }),
      ...(parameters.length === 0 ? {} : { arguments: overridden(spec, parameters) }),
    },
  }
  return memoized ? withNodes(next, old, random, now) : next
}

const dropped = new Set(
  ['creator', 'creator-email', 'creator-preferred-username', 'phase', 'completed', 'workflow-archiving-status'].map(
    (name) => `${prefix}/${name}`,
  ),
)
const keptLabels = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !dropped.has(key)))

function withNodes(next: Workflow, old: Workflow, random: Random, now: Instant): Workflow {
  const oldName = old.metadata?.name ?? ''
  const suffix = Array.from(
    { length: 5 },
    () => suffixLetters[Math.floor(random.next() * suffixLetters.length)] ?? 'a',
  ).join('')
  const name = `${next.metadata?.generateName ?? ''}${suffix}`
  const nodes = old.status?.nodes ?? {}
  const renamed = (text: string) =>
    text === oldName || text.startsWith(oldName) ? name + text.slice(oldName.length) : text
  const idOf = (nodeName: string) => (nodeName === name ? name : `${name}-${fnv32a(nodeName)}`)
  const fates = new Fates(nodes)
  const kept = Object.values(nodes).filter(
    (node) =>
      !node.name.startsWith(`${oldName}.onExit`) &&
      !(node.type === 'Skipped' && !hasSucceededBelow(nodes, node)) &&
      fates.of(node) !== 'made anew',
  )
  const ids = new Map(kept.map((node) => [node.id, idOf(renamed(node.name))]))
  const carried = kept.map((node): [string, NodeStatus] => {
    const mapped = (list: readonly string[] | undefined) => list?.flatMap((id) => ids.get(id) ?? [])
    const base: NodeStatus = {
      ...node,
      id: ids.get(node.id) ?? node.id,
      name: renamed(node.name),
      displayName: renamed(node.displayName ?? ''),
    }
    if (node.boundaryID !== undefined) base.boundaryID = ids.get(node.boundaryID) ?? node.boundaryID
    const children = mapped(node.children)
    if (children !== undefined) base.children = children
    const outbound = mapped(node.outboundNodes)
    if (outbound !== undefined) base.outboundNodes = outbound
    return [base.id, fates.of(node) === 'history' ? base : phaseFor(base, node, now)]
  })
  return {
    ...next,
    metadata: { ...next.metadata, name },
    status: {
      phase: '',
      conditions: [{ type: 'Completed', status: 'False' }],
      nodes: Object.fromEntries(carried),
      ...(old.status?.storedTemplates === undefined ? {} : { storedTemplates: old.status.storedTemplates }),
    },
  }
}

function phaseFor(base: NodeStatus, old: NodeStatus, now: Instant): NodeStatus {
  const { message: _message, taskResultSynced: _synced, ...rest } = base
  if (isTakenOver(old))
    return {
      ...rest,
      type: 'Skipped',
      phase: 'Skipped',
      message: `original pod: ${old.id}`,
      startedAt: rfc3339(now),
      finishedAt: rfc3339(now),
    }
  const { startedAt: _started, finishedAt: _finished, outputs: _outputs, ...open } = rest
  if (old.type === 'Pod') return { ...open, phase: 'Pending' }
  if (old.type === 'Skipped') return { ...rest, phase: old.phase }
  return { ...open, phase: 'Pending', startedAt: rfc3339(now) }
}

function hasSucceededBelow(nodes: Readonly<Record<string, NodeStatus>>, node: NodeStatus): boolean {
  const stack = [...(node.children ?? [])]
  const seen = new Set<string>()
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    const child = nodes[id]
    if (child?.type === 'Pod' && child.phase === 'Succeeded') return true
    addAll(stack, child?.children ?? [])
  }
  return false
}
