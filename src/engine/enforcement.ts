/** Shutdown and the workflow's deadline, applied to everything that runs or waits (semantics-flow.md §9.1, §10). */
import type { NodeStatus } from '../resources/index.ts'
import { Body } from './body.ts'
import { Execution } from './execution.ts'
import { cutOff } from './forgotten.ts'
import { isEnded } from './phases.ts'
import { PodBody } from './pod.ts'
import type { Run } from './run.ts'
import { deadlineText, isShutDown, shutdownOf, stoppedText } from './shutdown.ts'

export function enforceAll(run: Run): void {
  for (const frame of [...run.frames.values()]) if (frame instanceof Body) enforce(run, frame)
  const ended = new Set<string>()
  for (const frame of [...run.lockWaiters])
    if (frame instanceof Execution && enforceWaiting(run, frame) && frame.body !== null) ended.add(frame.node?.id ?? '')
  cutOff(run, ended)
  enforceUnvisited(run)
  for (const frame of [...run.heldBack, ...run.referenceWaiters]) frame.markDirty()
  for (const waiting of run.waitingChildren.values()) for (const frame of waiting.frames) frame.markDirty()
}

/** What nobody visits any more, since failFast ended what encloses it: Argo looks at all nodes, wherever they are. */
function enforceUnvisited(run: Run): void {
  for (const node of run.nodes.values()) {
    const waits = node.phase === 'Pending' || (node.type === 'Suspend' && node.phase === 'Running')
    if (!waits || node.type === 'Retry' || run.frames.has(node.id) || run.outstanding.has(node.id)) continue
    const message = verdictFor(run, node, isBelowExit(run, node), false)
    if (message !== null && isForgotten(run, node)) run.setPhase(node, 'Failed', message)
  }
}

function isForgotten(run: Run, node: NodeStatus): boolean {
  for (let at = run.nodes.get(node.boundaryID ?? ''); at !== undefined; at = run.nodes.get(at.boundaryID ?? ''))
    if (isEnded(at)) return true
  return false
}

const isBelowExit = (run: Run, node: NodeStatus): boolean => node.name.startsWith(`${run.name}.onExit`)

function enforce(run: Run, body: Body): void {
  const node = body.node
  if (node === undefined || isEnded(node)) return
  const { inExitHandler } = body.execution.call
  const message = verdictFor(run, node, inExitHandler, body instanceof PodBody)
  if (node.type === 'Retry') return body.markDirty()
  if (message === null) return
  if (node.daemoned === true) {
    body.abandon()
    run.daemons.delete(node.id)
    delete node.daemoned
    run.setPhase(node, 'Succeeded')
    return body.markDirty()
  }
  body.abandon()
  for (const id of node.children ?? []) {
    const child = run.nodes.get(id)
    if (child?.type === 'Container' && !isEnded(child)) run.setPhase(child, 'Failed', message)
  }
  run.setPhase(node, 'Failed', message)
  body.markDirty()
}

/** Why the node may not go on, or null. Two blanks where a pod already existed, as Argo writes it. */
function verdictFor(run: Run, node: NodeStatus, inExitHandler: boolean, isPod: boolean): string | null {
  const strategy = shutdownOf(run)
  if (strategy !== null && isShutDown(run, inExitHandler)) {
    return isPod || node.type === 'Pod' ? `workflow shutdown with strategy:  ${strategy}` : stoppedText(strategy)
  }
  const deadline = run.deadline()
  if (deadline === null || run.now < deadline || inExitHandler) return null
  return deadlineText
}

/** Whether it has been ended. One that had to wait for its lock stays Pending once it has it, and is ended all the same. */
function enforceWaiting(run: Run, execution: Execution): boolean {
  const node = execution.node
  if (node === undefined || isEnded(node)) return false
  const { inExitHandler } = execution.call
  const strategy = shutdownOf(run)
  const deadline = run.deadline()
  if (strategy !== null && isShutDown(run, inExitHandler)) run.setWaiting(node, null, '')
  else if (deadline === null || run.now < deadline || inExitHandler) return false
  const message = strategy !== null && isShutDown(run, inExitHandler) ? stoppedText(strategy) : deadlineText
  if (node.synchronizationStatus?.waiting !== undefined) run.setWaiting(node, null, '')
  run.setPhase(node, 'Failed', message)
  execution.markDirty()
  return true
}
