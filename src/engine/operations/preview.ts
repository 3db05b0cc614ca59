/** What an operation would do, node by node: done to a copy of the run, and compared. The run itself stays as it is. */
import { addAll } from '../add-all.ts'
import type { Instant, NodeStatus, Workflow, WorkflowSpec } from '../../resources/index.ts'
import { nodeIdOf } from '../../resources/index.ts'
import { advance, openRun, workflowOf } from '../advance.ts'
import type { Operation, Refusal } from '../decision.ts'
import type { LockAnswer, LockRequest } from '../locks.ts'
import { isEnded } from '../phases.ts'
import type { Run } from '../run.ts'
import { heldLocks } from '../sync.ts'
import type { World } from '../world.ts'
import { applyOperation, operate } from './operate.ts'
import { planRetry } from './retry-workflow.ts'

/**
 * `runs-again`: forgotten, and done anew; `opened-again`: a group that goes on around such nodes; `ends`: gets a final
 * phase; `changes`: message or outputs; `begins`: a node that is not there yet; `kept`: succeeded work that a memoized
 * resubmission carries over; `dropped`: not carried over.
 */
export type NodeFate = 'runs-again' | 'opened-again' | 'ends' | 'changes' | 'begins' | 'kept' | 'dropped'

export type NodePreview = {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly type: string
  /** As it is now; empty for one that begins. */
  readonly phase: string
  readonly fate: NodeFate
  /** Phase and message afterwards, where the operation sets them. */
  readonly becomes?: string
  readonly message?: string
  /** Values of output parameters that would be set. */
  readonly outputs?: Readonly<Record<string, string>>
}

export type Preview = {
  readonly operation: Operation['kind'] | 'resubmit'
  /** Fields of the spec that would change; `null` where it has, or would have, no such field. */
  readonly spec: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[]
  /** In the order of the tree, parents first. */
  readonly nodes: readonly NodePreview[]
}

export function previewOperation(run: Run, operation: Operation, now: Instant): Preview | Refusal {
  const copy = copyOf(run, now)
  if (operation.kind === 'retry') return previewRetry(run, copy, operation)
  // A shutdown ends what runs at once: for that the copy is woken first, as the run is.
  const isShutdown = operation.kind === 'terminate' || (operation.kind === 'stop' && !operation.nodeFieldSelector)
  const isOver = Boolean(run.status.finishedAt)
  if (isShutdown && !isOver) advance(copy, [], now)
  const before = new Map([...copy.nodes].map(([id, node]) => [id, { ...node }]))
  const specBefore = copy.workflow.spec
  if (isShutdown) {
    const decision = operate(copy, operation, now)
    if ('refused' in decision) return decision
    // What is ended from outside goes on once its pod is gone.
    const gone = [...copy.outstanding].map(([id, pod]) => ({ kind: 'podGone' as const, node: nodeIdOf(id), pod }))
    const ended = gone.filter(({ node }) => isEnded(copy.nodes.get(node) ?? {}))
    advance(copy, ended, now)
  } else {
    const refused = applyOperation(copy, operation)
    if (refused !== null) return refused
  }
  const nodes = inTreeOrder(copy).flatMap((node) => changeOf(before.get(node.id), node))
  return { operation: operation.kind, spec: specChanges(specBefore, copy.workflow.spec), nodes }
}

function previewRetry(run: Run, copy: Run, operation: Extract<Operation, { kind: 'retry' }>): Preview | Refusal {
  const plan = planRetry(copy, operation)
  if ('refused' in plan) return plan
  const refused = applyOperation(copy, operation)
  if (refused !== null) return refused
  const nodes = inTreeOrder(run).flatMap((node): NodePreview[] => {
    if (plan.deleted.has(node.id)) return [{ ...identityOf(node), fate: 'runs-again' }]
    return plan.reset.has(node.id) && node.phase !== 'Skipped'
      ? [{ ...identityOf(node), fate: 'opened-again', becomes: 'Running' }]
      : []
  })
  return { operation: 'retry', spec: specChanges(run.workflow.spec, copy.workflow.spec), nodes }
}

/** @param next what `resubmitted` answered for the old workflow */
export function previewResubmit(old: Workflow, next: Workflow): Preview {
  const carried = Object.values(next.status?.nodes ?? {})
  const kept = new Map(
    carried.flatMap((node) => {
      const [, id] = /^original pod: (.*)$/.exec(node.message ?? '') ?? []
      return id === undefined ? [] : [[id, node] as const]
    }),
  )
  const isMemoized = next.status?.nodes !== undefined
  const oldName = old.metadata?.name ?? ''
  const newNames = new Set(carried.map((node) => node.name.slice((next.metadata?.name ?? '').length)))
  const nodes = Object.values(old.status?.nodes ?? {}).map((node): NodePreview => {
    const fate = !isMemoized
      ? 'runs-again'
      : kept.has(node.id)
        ? 'kept'
        : newNames.has(node.name.slice(oldName.length))
          ? node.type === 'Pod'
            ? 'runs-again'
            : 'opened-again'
          : 'dropped'
    return { ...identityOf(node), fate, ...(fate === 'kept' ? { becomes: 'Skipped' } : {}) }
  })
  return { operation: 'resubmit', spec: specChanges(old.spec, next.spec), nodes }
}

function copyOf(run: Run, now: Instant): Run {
  const { nodes: _nodes, ...status } = run.status
  const workflow = { ...workflowOf(run, { nodes: false }), status }
  const copy = openRun({ workflow, nodes: run.nodes.values(), internal: run.internal }, harmless(run))
  copy.spec = run.spec
  copy.now = now
  for (const [name, value] of run.globals) copy.globals.set(name, value)
  return copy
}

/** The world without what a look at it would change: locks and chance. */
function harmless(run: Run): World {
  const { world } = run
  const holders = new Set(heldLocks(run.status.synchronization).map(({ holder }) => holder))
  const acquire = ({ holder, locks }: LockRequest): LockAnswer => {
    const [lock] = locks
    if (lock === undefined || holders.has(holder)) return { kind: 'acquired', fresh: [] }
    return { kind: 'waiting', lock, message: '', holders: [] }
  }
  const nobody = () => []
  return {
    config: world.config,
    random: { next: () => 0.5, uuid: () => '00000000-0000-4000-8000-000000000000' },
    locks: {
      acquire,
      release: nobody,
      releaseWorkflow: nobody,
      giveUp: nobody,
      giveUpWorkflow: nobody,
      settle: nobody,
      restore: () => undefined,
      holdersOf: nobody,
      snapshot: nobody,
    },
    workflowTemplate: (namespace, name, at) => world.workflowTemplate(namespace, name, at),
    clusterWorkflowTemplate: (name, at) => world.clusterWorkflowTemplate(name, at),
    configMap: (namespace, name) => world.configMap(namespace, name),
    memo: (cache, key) => world.memo(cache, key),
    estimate: (workflow) => world.estimate(workflow),
    validate: (workflow) => world.validate(workflow),
  }
}

function changeOf(before: NodeStatus | undefined, node: NodeStatus): NodePreview[] {
  if (before === undefined)
    return [{ ...identityOf(node), phase: '', fate: 'begins', ...(node.phase ? { becomes: node.phase } : {}) }]
  const hasNewPhase = before.phase !== node.phase
  const hasNewMessage = (before.message ?? '') !== (node.message ?? '')
  const outputs = suppliedBy(before, node)
  if (!hasNewPhase && !hasNewMessage && outputs === null) return []
  return [
    {
      ...identityOf(before),
      fate: hasNewPhase && isEnded(node) ? 'ends' : 'changes',
      ...(hasNewPhase && node.phase ? { becomes: node.phase } : {}),
      ...(hasNewMessage && node.message ? { message: node.message } : {}),
      ...(outputs === null ? {} : { outputs }),
    },
  ]
}

function suppliedBy(before: NodeStatus, node: NodeStatus): Readonly<Record<string, string>> | null {
  if (before.outputs === node.outputs) return null
  const known = new Map(before.outputs?.parameters?.map(({ name, value }) => [name, value]))
  const set = (node.outputs?.parameters ?? []).filter(
    ({ name, value }) => value !== undefined && value !== known.get(name),
  )
  return set.length === 0 ? null : Object.fromEntries(set.map(({ name, value }) => [name, value ?? '']))
}

const identityOf = ({ id, name, displayName, type, phase }: NodeStatus) => ({
  id,
  name,
  displayName: displayName ?? name,
  type,
  phase: phase ?? '',
})

function specChanges(before: WorkflowSpec | undefined, after: WorkflowSpec | undefined): Preview['spec'] {
  const [old, next] = [before ?? {}, after ?? {}] as readonly Readonly<Record<string, unknown>>[]
  const fields = [...new Set([...Object.keys(old ?? {}), ...Object.keys(next ?? {})])]
  return fields
    .filter((field) => JSON.stringify(old?.[field]) !== JSON.stringify(next?.[field]))
    .map((field) => ({ field, before: old?.[field] ?? null, after: next?.[field] ?? null }))
}

/** Parents before children; what hangs nowhere, such as an exit handler, comes last. */
function inTreeOrder(run: Run): readonly NodeStatus[] {
  const order = new Set<NodeStatus>()
  const visit = (start: NodeStatus): void => {
    const stack = [start]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (order.has(node)) continue
      order.add(node)
      const children = (node.children ?? []).flatMap((id) => run.nodes.get(id) ?? [])
      addAll(stack, children.reverse())
    }
  }
  const root = run.nodes.get(run.name)
  if (root !== undefined) visit(root)
  for (const node of run.nodes.values()) visit(node)
  return [...order]
}
