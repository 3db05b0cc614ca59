/** The only place that decides: observations in, changed nodes and effects out. The same arguments give the same answer. */
import type { Instant, NodeId, NodeStatus, Workflow } from '../resources/index.ts'
import { nodeIdOf } from '../resources/index.ts'
import { recordDeletion } from './artifact-gc.ts'
import { createBody } from './bodies.ts'
import { Body } from './body.ts'
import type { Decision } from './decision.ts'
import { wakeHeldBack } from './gate.ts'
import { resumeForgotten, settleForgotten } from './forgotten.ts'
import type { Observation } from './observations.ts'
import { isEnded } from './phases.ts'
import { releaseLocks } from './sync.ts'
import { isComplete } from './completion.ts'
import { withCondition } from './conditions.ts'
import { Run, type Internal } from './run.ts'
import { WorkflowFrame } from './workflow-frame.ts'
import type { World } from './world.ts'

const roots = new WeakMap<Run, WorkflowFrame>()
/** More rounds than this within one call are a mistake of ours. */
const roundsMax = 1_000_000

export type RunInit = { readonly workflow: Workflow; readonly nodes: Iterable<NodeStatus>; readonly internal: unknown }

/** A run from what is stored of it. The first `advance` asks again for everything that is unfinished. */
export function openRun({ workflow, nodes, internal }: RunInit, world: World): Run {
  const { nodes: _nodes, ...status } = workflow.status ?? {}
  const run = new Run({ ...workflow, status }, internalFrom(internal), world, 0 as Instant, createBody)
  for (const node of nodes) run.adoptNode(copyOf(node))
  if (!status.phase && run.nodes.size === 0) run.passes = 0
  else run.passes = 1
  return run
}

const copyOf = (node: NodeStatus): NodeStatus => ({
  ...node,
  ...(node.children === undefined ? {} : { children: [...node.children] }),
})

function internalFrom(value: unknown): Internal {
  const generation = typeof value === 'object' && value !== null && 'generation' in value ? Number(value.generation) : 0
  const forgotten = typeof value === 'object' && value !== null && 'forgotten' in value ? value.forgotten : undefined
  const at = typeof value === 'object' && value !== null && 'templatesAt' in value ? value.templatesAt : undefined
  return {
    generation: Number.isInteger(generation) ? generation : 0,
    ...(typeof at === 'number' ? { templatesAt: at } : {}),
    // Our own words of an earlier life.
    ...(forgotten === undefined ? {} : { forgotten: forgotten as NonNullable<Internal['forgotten']> }),
  }
}

/** Whether what is stored beside the workflow tells of a manual retry: pods of it have run, whether or not it has begun again. */
export const wasRetried = (internal: unknown): boolean => internalFrom(internal).generation > 0

/** Drops the live frames, so that the next visit builds them from the nodes: after an operation rewrote them. */
export function resetFrames(run: Run): void {
  roots.delete(run)
  run.frames.clear()
  run.heldBack.clear()
  run.waitingChildren.clear()
  run.roomIn.clear()
  run.lockWaiters.clear()
  run.referenceWaiters.clear()
  run.outstanding.clear()
}

export function advance(run: Run, observations: readonly Observation[], now: Instant, lending = copying): Decision {
  run.now = now
  let root = roots.get(run)
  if (root === undefined) {
    root = new WorkflowFrame(run)
    roots.set(run, root)
    resumeForgotten(run, root)
    root.markDirty()
    settle(run, root)
  }
  for (const observation of observations) apply(run, root, observation)
  run.timers.fire(now)
  settle(run, root)
  releaseEnded(run)
  if (!isComplete(run)) updateStatus(run)
  run.passes += 1
  return decisionOf(run, lending)
}

/** Locks of nodes that ended without being visited again, because what encloses them had ended first. */
function releaseEnded(run: Run): void {
  settleForgotten(run)
  if (run.status.synchronization === undefined) return
  for (const node of [...run.changed.values()]) if (isEnded(node)) releaseLocks(run, node.id)
}

/** Visits until nothing is dirty and no held-back frame may go on. */
function settle(run: Run, root: WorkflowFrame): void {
  for (let rounds = 0; rounds < roundsMax; rounds += 1) {
    if (root.isDirty) root.visit()
    else if (!wakeHeldBack(run)) return
  }
  throw new Error('the run does not come to rest')
}

function apply(run: Run, root: WorkflowFrame, observation: Observation): void {
  switch (observation.kind) {
    case 'lookAgain':
      for (const frame of run.lockWaiters) frame.markDirty()
      root.markDirty()
      return
    case 'artifactsDeleted':
      return recordDeletion(run, observation.node, observation.name, observation.error)
    case 'claimCreated':
      return
    case 'claimFailed':
      if (isComplete(run)) return
      if (observation.transient)
        return run.patchStatus({ message: `Waiting for a PVC to be created. ${observation.message}` })
      run.claimFault = observation.message
      return root.markDirty()
    default: {
      const frame = run.frames.get(observation.node)
      if (frame instanceof Body) {
        frame.dropStaleMarks()
        frame.observe(observation)
        root.markDirty()
      }
    }
  }
}

/** Progress and the PodRunning condition of a workflow under way. */
function updateStatus(run: Run): void {
  const { status } = run
  if (status.phase !== 'Running') return
  const progress = `${run.progressDone}/${run.progressTotal}`
  const isRunning = run.activePods > 0 ? 'True' : 'False'
  const known = status.conditions?.find((condition) => condition.type === 'PodRunning')?.status
  if (progress !== status.progress) run.patchStatus({ progress })
  if (run.nodes.size > 0 && known !== isRunning)
    run.patchStatus({ conditions: withCondition(run.status.conditions, { type: 'PodRunning', status: isRunning }) })
}

const none: readonly NodeId[] = []

/** `lends`: the nodes of the decision are those of the run, and stay as they are only until it is asked to decide again. */
type Lending = { readonly lends: boolean }
const copying: Lending = { lends: false }

/** Takes what has gathered since the last decision. */
export function decisionOf(run: Run, { lends } = copying): Decision {
  const changed = [...run.changed.values()]
  const decision: Decision = {
    changed: lends ? changed : changed.map((node) => ({ ...node })),
    deleted: run.deleted.size === 0 ? none : [...run.deleted].map(nodeIdOf),
    ended: run.justEnded,
    workflowChanged: run.workflowChanged,
    effects: run.effects,
    wakeAt: run.timers.next(),
    metrics: run.metrics,
    events: run.events,
    memos: run.memos,
    wakes: [...new Set(run.wakes)].filter((uid) => uid !== run.uid || run.lockWaiters.size > 0),
    notes: run.notes,
  }
  run.changed.clear()
  run.deleted.clear()
  run.newNodes = 0
  if (run.justEnded.size > 0) run.justEnded = new Set()
  run.workflowChanged = false
  run.effects = []
  run.metrics = []
  run.events = []
  run.memos = []
  run.wakes = []
  run.notes = []
  return decision
}

/** The workflow as clients see it. Without nodes it costs nothing. */
export function workflowOf(run: Run, { nodes }: { readonly nodes: boolean }): Workflow {
  if (!nodes) return run.workflow
  return {
    ...run.workflow,
    status: {
      ...run.workflow.status,
      nodes: Object.fromEntries([...run.nodes].map(([id, node]) => [id, { ...node }])),
    },
  }
}

export const internalOf = (run: Run): Internal => run.internal
export const nodeOf = (run: Run, id: string): NodeStatus | undefined => run.nodes.get(id)
export const isFinished = (run: Run): boolean => isComplete(run)
