/** What Steps and DAG nodes share: outbound nodes, daemons that end with them, failFast (semantics.md §7.3, semantics-flow.md §8, §12). */
import type { NodeStatus, Template } from '../resources/index.ts'
import { isActive, isEnded } from './phases.ts'
import type { Run } from './run.ts'

export const failFastText = 'template has failed or errored children and failFast enabled'

/**
 * template.failFast: a child has failed and no pod of this boundary is active any more but daemons that serve. Argo waits
 * for those too, and they for the end of the boundary: for ever.
 */
export function failsFast(run: Run, node: NodeStatus, template: Template): boolean {
  if (template.failFast !== true) return false
  const counts = run.countsOf(node.id)
  return counts.failed > 0 && (counts.activePods === 0 || counts.activePods === servingIn(run, node.id))
}

/** Pods directly inside that are daemoned. */
function servingIn(run: Run, boundaryId: string): number {
  let serving = 0
  for (const id of run.daemons) {
    const node = run.nodes.get(id)
    if (node?.type === 'Pod' && node.boundaryID === boundaryId && node.daemoned === true && isActive(node)) serving += 1
  }
  return serving
}

/** The last nodes of a subtree. */
export function outboundOf(run: Run, id: string): readonly string[] {
  const node = run.nodes.get(id)
  if (node === undefined) return []
  switch (node.type) {
    case 'Pod':
      return node.children?.some((child) => run.nodes.get(child)?.type === 'Container') === true
        ? ofChildren(run, node, true)
        : [node.id]
    case 'Container':
      return ofContainer(run, node)
    case 'TaskGroup':
      return (node.children?.length ?? 0) === 0 ? [node.id] : ofItems(run, node)
    case 'Retry': {
      // What follows a Retry node that a cache answered hangs below the node itself.
      const last = node.children?.findLast((child) => isOwn(node, run.nodes.get(child)))
      return [last ?? node.id]
    }
    case 'Steps':
    case 'DAG':
      if (node.memoizationStatus?.hit === true) return [node.id]
      // One that a failFast ended has none: what follows it hangs below itself, else a DAG would wait for it for ever.
      if (isEnded(node) && !node.outboundNodes?.length) return [node.id]
      return (node.outboundNodes ?? []).flatMap((inner) => outboundOf(run, inner))
    default:
      return [node.id]
  }
}

/** An attempt, or a hook. */
const isOwn = ({ name }: NodeStatus, child: NodeStatus | undefined): boolean =>
  child?.name.startsWith(`${name}(`) === true || child?.name.startsWith(`${name}.`) === true

/** Of a target of a DAG that ends: by then the exit node of a loop stands beside its items. */
export function lastOf(run: Run, id: string): readonly string[] {
  const node = run.nodes.get(id)
  return node?.type === 'TaskGroup' && (node.children?.length ?? 0) > 0
    ? ofChildren(run, node, false)
    : outboundOf(run, id)
}

function ofChildren(run: Run, node: NodeStatus, containersOnly: boolean): readonly string[] {
  const children = (node.children ?? []).filter(
    (child) => !containersOnly || run.nodes.get(child)?.type === 'Container',
  )
  return [...new Set(children.flatMap((child) => outboundOf(run, child)))]
}

/** Of a loop; the exit node of the group itself comes after those that follow it. */
function ofItems(run: Run, group: NodeStatus): readonly string[] {
  const exit = run.idOf(`${group.name}.onExit`)
  const items = (group.children ?? []).filter((id) => id !== exit)
  return [...new Set(items.flatMap((child) => outboundOf(run, child)))]
}

function ofContainer(run: Run, node: NodeStatus): readonly string[] {
  const next = (node.children ?? []).filter((child) => run.nodes.get(child)?.type === 'Container')
  return next.length === 0 ? [node.id] : [...new Set(next.flatMap((child) => outboundOf(run, child)))]
}

/** Kubernetes' default; what the pod's own spec says is not known any more. */
const daemonGraceMs = 30_000

/** Daemons directly inside end with what encloses them, and count as succeeded; with the workflow (`null`) all that are left. */
export function endDaemons(run: Run, boundaryId: string | null): void {
  for (const id of run.daemons) {
    const node = run.nodes.get(id)
    if (node === undefined || (boundaryId !== null && node.boundaryID !== boundaryId)) continue
    run.daemons.delete(id)
    const frame = run.frames.get(id)
    if (frame !== undefined && 'abandon' in frame) (frame as { abandon(): void }).abandon()
    // Of a run that was opened again nobody has visited it: its step is over.
    else if (node.type === 'Pod' && !isEnded(node)) {
      const pod = run.podIdOf(node.name)
      run.effects.push({ kind: 'stopPod', pod, graceMs: daemonGraceMs })
      run.effects.push({ kind: 'removePod', pod, delayMs: daemonGraceMs })
    }
    delete node.daemoned
    if (!isEnded(node)) run.setPhase(node, 'Succeeded')
    run.touch(node)
  }
}
