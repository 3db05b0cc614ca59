/** Parallelism and failFast: whether a node may come to be now (semantics-flow.md §8). */
import type { Call } from './call.ts'
import type { Frame } from './frame.ts'
import type { Run } from './run.ts'

/** False: the frame will be visited again when a slot may be free (never, if failFast holds it back). */
export function gate(run: Run, frame: Frame, call: Call): boolean {
  const limit = run.spec.parallelism
  if (limit !== undefined && limit !== null && run.activePods >= limit) {
    run.heldBack.add(frame)
    return false
  }
  const { boundary, boundaryTemplate } = call
  if (boundary === null || boundaryTemplate === null) return true
  const counts = run.countsOf(boundary.id)
  if (boundaryTemplate.failFast === true && counts.failed > 0) return false
  const most = boundaryTemplate.parallelism
  if (most === undefined || most <= 0 || counts.active < most) return true
  const waiting = run.waitingChildren.get(boundary.id)
  if (waiting === undefined) run.waitingChildren.set(boundary.id, { limit: most, frames: new Set([frame]) })
  else waiting.frames.add(frame)
  return false
}

/** Marks as many held-back frames as there are free slots; true if any was marked. */
export function wakeHeldBack(run: Run): boolean {
  let woken = false
  const limit = run.spec.parallelism
  const free = limit === undefined || limit === null ? run.heldBack.size : limit - run.activePods
  if (free > 0 && run.heldBack.size > 0) {
    for (const frame of take(run.heldBack, free)) frame.markDirty()
    woken = true
  }
  for (const [boundary, waiting] of run.waitingChildren) {
    const slots = waiting.limit - run.countsOf(boundary).active
    if (slots <= 0) continue
    for (const frame of take(waiting.frames, slots)) frame.markDirty()
    if (waiting.frames.size === 0) run.waitingChildren.delete(boundary)
    woken = true
  }
  return woken
}

/** Whether something inside the boundary was held back and there is room for it now: it is woken before anything is decided. */
export function isAboutToWake(run: Run, boundaryId: string, isInside: (frame: Frame) => boolean): boolean {
  const waiting = run.waitingChildren.get(boundaryId)
  if (waiting !== undefined && waiting.limit > run.countsOf(boundaryId).active) return true
  const limit = run.spec.parallelism
  const isFree = limit === undefined || limit === null || run.activePods < limit
  return isFree && [...run.heldBack].some(isInside)
}

/** The first `most` of the set, removed from it. */
function take(frames: Set<Frame>, most: number): readonly Frame[] {
  const taken: Frame[] = []
  for (const frame of frames) {
    if (taken.length >= most) break
    taken.push(frame)
  }
  for (const frame of taken) frames.delete(frame)
  return taken
}
