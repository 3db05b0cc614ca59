/** What a DAG node has come to: the phase of each branch is carried along to the targets (semantics-flow.md §3.4). */
import type { ContinueOn, NodePhase, NodeStatus } from '../resources/index.ts'
import { isCompleted, isEnded, isFailedOrError, isFulfilled } from './phases.ts'
import type { Run } from './run.ts'

type Question = {
  readonly targets: readonly { readonly id: string; readonly continueOn: ContinueOn | undefined }[]
  readonly failFast: boolean
}

export function dagPhase(
  run: Run,
  dag: NodeStatus,
  { targets, failFast }: Question,
): 'Running' | 'Succeeded' | 'Failed' | 'Error' {
  const reached = new Map<string, NodePhase | null>(targets.map(({ id }) => [id, null]))
  if (!walk(run, dag, reached)) return 'Running'
  let result: 'Running' | 'Succeeded' | 'Failed' | 'Error' = 'Succeeded'
  for (const { id, continueOn } of targets) {
    const phase = reached.get(id) ?? null
    if (phase === null) {
      result = 'Running'
      if (!failFast) break
    } else if (isFailedOrError(phase) && !forgives(continueOn, phase)) {
      result = phase === 'Error' ? 'Error' : 'Failed'
      if (failFast) break
    }
  }
  return result
}

const forgives = (continueOn: ContinueOn | undefined, phase: NodePhase): boolean =>
  (phase === 'Failed' && continueOn?.failed === true) || (phase === 'Error' && continueOn?.error === true)

/** Breadth first from the DAG's children; false as soon as something created is unfinished. */
function walk(run: Run, dag: NodeStatus, reached: Map<string, NodePhase | null>): boolean {
  const seen = new Set<string>()
  let queue: { id: string; branch: NodePhase }[] = []
  const add = (list: typeof queue, id: string, branch: NodePhase) => {
    const key = `${id} ${branch}`
    if (seen.has(key)) return
    seen.add(key)
    list.push({ id, branch })
  }
  const around = boundariesAround(run, dag)
  for (const id of dag.children ?? []) add(queue, id, 'Succeeded')
  while (queue.length > 0) {
    const next: typeof queue = []
    for (const { id, branch } of queue) {
      const node = run.nodes.get(id)
      if (node === undefined) return false
      if (comesAfter(node, around)) continue
      if (!isFulfilled(node) && !finishGroup(run, node)) {
        // What a failFast inside left behind is nobody's any more.
        if (!isStray(run, node, dag)) return false
        continue
      }
      const phase = isCompleted(node) && node.phase !== undefined ? node.phase : branch
      const before = reached.get(id)
      if (before !== undefined && !isFailedOrError(before ?? undefined)) reached.set(id, phase)
      for (const child of childrenOf(run, node)) add(next, child, phase)
    }
    queue = next
  }
  return true
}

/** What encloses the DAG. */
function boundariesAround(run: Run, { boundaryID }: NodeStatus): ReadonlySet<string> {
  const around = new Set<string>()
  for (let id = boundaryID; id !== undefined; id = run.nodes.get(id)?.boundaryID) around.add(id)
  return around
}

/** Hangs below the DAG's last nodes since before a manual retry that runs the DAG again, and waits for its end itself. */
const comesAfter = ({ boundaryID, nodeFlag }: NodeStatus, around: ReadonlySet<string>): boolean =>
  boundaryID !== undefined && around.has(boundaryID) && nodeFlag?.hooked !== true

/** A TaskGroup that was left running although all of its items have ended is finished. */
function finishGroup(run: Run, node: NodeStatus): boolean {
  if (node.type !== 'TaskGroup' || node.phase !== 'Running') return false
  const items = (node.children ?? []).flatMap((id) => run.nodes.get(id) ?? [])
  if (items.length === 0 || !items.every(isFulfilled) || !isStrayGroup(run, node)) return false
  const failed = items.findLast(({ phase }) => isFailedOrError(phase))
  run.setPhase(node, failed?.phase ?? 'Succeeded')
  return true
}

/** Its own DAG will not look at it again. */
const isStrayGroup = (run: Run, { boundaryID = '' }: NodeStatus): boolean => {
  const boundary = run.nodes.get(boundaryID)
  return boundary !== undefined && isEnded(boundary)
}

/** Something between the node and the DAG has ended. */
function isStray(run: Run, node: NodeStatus, dag: NodeStatus): boolean {
  for (
    let at = run.nodes.get(node.boundaryID ?? '');
    at !== undefined && at !== dag;
    at = run.nodes.get(at.boundaryID ?? '')
  )
    if (isEnded(at)) return true
  return false
}

/** A Retry node's failed attempts are passed over: the walk goes on from their children and the hooks. */
function childrenOf(run: Run, node: NodeStatus): readonly string[] {
  const children = node.children ?? []
  if (node.type !== 'Retry') return children
  return children.flatMap((id) => {
    const child = run.nodes.get(id)
    return child?.nodeFlag?.retried === true && isFailedOrError(child.phase) ? (child.children ?? []) : [id]
  })
}
