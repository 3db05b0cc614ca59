/** Decisions as changes for the store. */
import type { Decision, PodPlan } from '../engine/index.ts'
import { internalOf } from '../engine/index.ts'
import type { NodeStatus, Workflow } from '../resources/index.ts'
import { instant, instantOf, nodeIdOf } from '../resources/index.ts'
import type { Change, NodeRow, WorkflowRow } from '../store/port.ts'
import type { KeptHistory } from './history/history.ts'
import type { LiveRun } from './live-run.ts'
import { viewOf } from './live-run.ts'
import type { ListPlan, LongListConfig } from './long-lists.ts'

type PodSpec = PodPlan['spec']

/** Several decisions about one run as one: the last word on each node counts. */
export function joined(decisions: readonly Decision[]): Decision {
  const [only] = decisions
  if (decisions.length === 1 && only !== undefined) return only
  const changed = new Map<string, NodeStatus>()
  const deleted = new Set<Decision['deleted'][number]>()
  const ended = new Set<string>()
  for (const decision of decisions) {
    for (const id of decision.deleted) {
      changed.delete(id)
      deleted.add(id)
    }
    for (const id of decision.ended) ended.add(id)
    for (const node of decision.changed) {
      deleted.delete(nodeIdOf(node.id))
      changed.set(node.id, node)
    }
  }
  return {
    changed: [...changed.values()],
    deleted: [...deleted],
    ended,
    workflowChanged: decisions.some((decision) => decision.workflowChanged),
    effects: decisions.flatMap((decision) => decision.effects),
    wakeAt: decisions.at(-1)?.wakeAt ?? null,
    metrics: decisions.flatMap((decision) => decision.metrics),
    events: decisions.flatMap((decision) => decision.events),
    memos: decisions.flatMap((decision) => decision.memos),
    wakes: [...new Set(decisions.flatMap((decision) => decision.wakes))],
    notes: decisions.flatMap((decision) => decision.notes),
  }
}

export const isEmpty = (decision: Decision): boolean =>
  !decision.workflowChanged &&
  decision.changed.length === 0 &&
  decision.deleted.length === 0 &&
  decision.memos.length === 0

/** The row of a workflow, nodes left out. */
export function workflowRow(
  workflow: Workflow,
  more: { readonly internal: unknown; readonly finished: boolean },
): Omit<WorkflowRow, 'resourceVersion'> {
  const { metadata, status } = workflow
  const { nodes: _nodes, ...rest } = status ?? {}
  return {
    uid: (metadata?.uid ?? '') as WorkflowRow['uid'],
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    phase: status?.phase ?? '',
    finished: more.finished,
    createdAt: instantOf(metadata?.creationTimestamp) ?? instant(0),
    startedAt: instantOf(status?.startedAt),
    finishedAt: instantOf(status?.finishedAt),
    labels: metadata?.labels ?? {},
    body: { ...workflow, status: rest },
    internal: more.internal ?? null,
  }
}

/** `ahead`: commits that go before, one by one; they come to nothing without the last one. */
export type PlannedCommits = { readonly ahead: readonly (readonly Change[])[]; readonly changes: readonly Change[] }

/** What must be durable before the decision's effects are carried out. Also remembers whose pods it asks for. */
export function changesOf(
  live: LiveRun,
  decision: Decision,
  more: {
    readonly finished: boolean
    readonly extra: readonly Change[]
    readonly history: KeptHistory
    readonly longLists: LongListConfig
  },
): PlannedCommits {
  for (const effect of decision.effects) {
    if (effect.kind === 'keepLog') {
      const { node, pod, podName, lines } = effect
      live.pods.set(node, { pod, podName, containers: ['main'], log: { at: live.run.now, lines } })
    }
    if (effect.kind !== 'runPod') continue
    const { identity, spec } = effect.plan
    const containers = containerNamesOf(spec)
    live.pods.set(identity.nodeId, { pod: identity.id, podName: identity.name, containers })
  }
  const { uid } = live
  const { long, ahead, pieces } = live.lists.plan(decision.changed, more.longLists)
  for (const id of decision.deleted) {
    live.pods.delete(id)
    live.lists.forget(id)
  }
  const changes: Change[] = [
    {
      kind: 'putWorkflow',
      row: workflowRow(viewOf(live, { nodes: false }), {
        internal: { ...internalOf(live.run), history: more.history },
        finished: more.finished,
      }),
    },
  ]
  if (decision.deleted.length > 0) changes.push({ kind: 'deleteNodes', uid, ids: decision.deleted })
  if (decision.changed.length > 0)
    changes.push({ kind: 'putNodes', uid, nodes: decision.changed.map((node) => nodeRow(live, node, long)) })
  if (pieces.length > 0) changes.push({ kind: 'putIds', uid, pieces })
  changes.push(...more.extra)
  return { ahead: ahead.map((some) => [{ kind: 'putIds', uid, pieces: some }]), changes }
}

/** Of specs, which many pods share. */
const containerNames = new WeakMap<PodSpec, readonly string[]>()

function containerNamesOf(spec: PodSpec): readonly string[] {
  let names = containerNames.get(spec)
  if (names === undefined) {
    names = [...(spec.initContainers ?? []), ...spec.containers].map((container) => container.name ?? 'main')
    containerNames.set(spec, names)
  }
  return names
}

function nodeRow(live: LiveRun, node: NodeStatus, lists: ListPlan['long']): NodeRow {
  const id = nodeIdOf(node.id)
  const pod = live.pods.get(id)
  const row = pod === undefined ? { id, node } : { id, node, internal: pod }
  const long = lists.size === 0 ? undefined : lists.get(id)
  return long === undefined ? row : { ...row, long }
}
