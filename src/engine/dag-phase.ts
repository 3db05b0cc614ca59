/** What a DAG node has come to: the phase of each branch is carried along to the targets (semantics-flow.md §3.4). */
import type { ContinueOn, NodePhase, NodeStatus } from '../resources/index.ts'
import { isCompleted, isFailedOrError, isFulfilled } from './phases.ts'
import type { Run } from './run.ts'

type Question = {
  readonly targets: readonly { readonly id: string; readonly continueOn: ContinueOn | undefined }[]
  readonly failFast: boolean
  readonly isShut: boolean
}

export function dagPhase(
  run: Run,
  dag: NodeStatus,
  { targets, failFast, isShut }: Question,
): 'Running' | 'Succeeded' | 'Failed' | 'Error' {
  const reached = new Map<string, NodePhase | null>(targets.map(({ id }) => [id, null]))
  if (!walk(run, dag, reached)) return 'Running'
  if (isShut) return 'Failed'
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
  for (const id of dag.children ?? []) add(queue, id, 'Succeeded')
  while (queue.length > 0) {
    const next: typeof queue = []
    for (const { id, branch } of queue) {
      const node = run.nodes.get(id)
      if (node === undefined || !isFulfilled(node)) return false
      const phase = isCompleted(node) && node.phase !== undefined ? node.phase : branch
      const before = reached.get(id)
      if (before !== undefined && !isFailedOrError(before ?? undefined)) reached.set(id, phase)
      for (const child of childrenOf(run, node)) add(next, child, phase)
    }
    queue = next
  }
  return true
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
