/** Parallelism and failFast: whether a node may come to be now (semantics-flow.md §8). */
import type { NodeStatus } from '../resources/index.ts'
import type { Call } from './call.ts'
import { comesBefore, type Frame } from './frame.ts'
import { FrameQueue } from './frame-queue.ts'
import { isCarried } from './phases.ts'
import type { Run } from './run.ts'

/**
 * False: the frame will be visited again when a slot may be free for it (never, if failFast holds it back).
 * @param node what there is of it: one that waits for a lock counts in its boundary, and is no active pod yet
 */
export function gate(run: Run, frame: Frame, call: Call, node: NodeStatus | undefined): boolean {
  if (node !== undefined && (!isCarried(node) || node.synchronizationStatus?.waiting !== undefined))
    return node.synchronizationStatus?.waiting === undefined || hasSlot(run, frame)
  if (!hasSlot(run, frame)) return false
  const { boundary, boundaryTemplate } = call
  if (boundary === null || boundaryTemplate === null) return true
  const counts = run.countsOf(boundary.id)
  if (boundaryTemplate.failFast === true && counts.failed > 0) return false
  const most = boundaryTemplate.parallelism
  if (most === undefined || most <= 0) return true
  let waiting = run.waitingChildren.get(boundary.id)
  if (counts.active < most && (waiting === undefined || !overtakes(frame, waiting.frames))) return true
  if (waiting === undefined) {
    waiting = { limit: most, frames: new FrameQueue() }
    run.waitingChildren.set(boundary.id, waiting)
  }
  waiting.frames.add(frame)
  run.roomIn.add(boundary.id)
  return false
}

/**
 * Pods of one workflow that are asked for at once. Argo has no such limit; but no host runs as many containers, and
 * what would only wait costs memory: of a loop that is wider the rest comes to be when there is room.
 */
export const podsAtOnceMax = 10_000

const limitOf = ({ spec }: Run): number => Math.min(spec.parallelism ?? podsAtOnceMax, podsAtOnceMax)

/** Whether `spec.parallelism` has a slot for the frame now; else it is remembered. */
export function hasSlot(run: Run, frame: Frame): boolean {
  if (run.activePods < limitOf(run) && !overtakes(frame, run.heldBack)) return true
  run.heldBack.add(frame)
  return false
}

/** Argo gives a free slot to whom its pass comes by first, however long others have waited. */
function overtakes(frame: Frame, queue: FrameQueue): boolean {
  const first = queue.first()
  return first !== undefined && first !== frame && comesBefore(first, frame)
}

/**
 * Marks the first frame for which there is a free slot; true if there was one. Only one at a time: what it starts may
 * take the next slot, since Argo's pass goes down before it goes on.
 */
export function wakeHeldBack(run: Run): boolean {
  const isFree = run.activePods < limitOf(run)
  let queue = isFree && run.heldBack.size > 0 ? run.heldBack : null
  let from: string | null = null
  for (const boundary of run.roomIn) {
    const waiting = run.waitingChildren.get(boundary)
    const first = waiting?.frames.first()
    if (waiting === undefined || first === undefined || waiting.limit <= run.countsOf(boundary).active) {
      run.roomIn.delete(boundary)
      if (first === undefined) run.waitingChildren.delete(boundary)
      continue
    }
    const best = queue?.first()
    if (best !== undefined && comesBefore(best, first)) continue
    queue = waiting.frames
    from = boundary
  }
  const next = queue?.shift()
  if (next === undefined) return false
  if (from !== null && queue?.size === 0) run.waitingChildren.delete(from)
  next.markDirty()
  return true
}

/** Whether something inside the boundary was held back and there is room for it now: it is woken before anything is decided. */
export function isAboutToWake(run: Run, boundaryId: string, isInside: (frame: Frame) => boolean): boolean {
  const waiting = run.waitingChildren.get(boundaryId)
  if (waiting !== undefined && waiting.limit > run.countsOf(boundaryId).active) return true
  const isFree = run.activePods < limitOf(run)
  if (!isFree) return false
  for (const frame of run.heldBack) if (isInside(frame)) return true
  return false
}
