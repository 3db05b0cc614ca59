/** The live tree of a run: each frame drives one part of it and is visited only when something below it changed. */
import type { Instant } from '../resources/index.ts'
import type { Run } from './run.ts'

/** Nothing is ever added to it. */
const none: Frame[] = []

/**
 * Nodes are the truth, frames a cache of how to go on: a run opened from its nodes builds the same frames by visiting
 * from the root. A frame marked dirty makes its ancestors dirty, so that one visit from the root reaches exactly those
 * that have something to do, in the order in which Argo would come by them.
 */
export abstract class Frame {
  readonly run: Run
  readonly parent: Frame | null
  readonly depth: number
  /** Among its siblings, in Argo's order: list order, then hooks. Decides who gets the next free slot or lock. */
  position = 0
  isDirty = false
  private dirtyChildren = none

  constructor(run: Run, parent: Frame | null) {
    this.run = run
    this.parent = parent
    this.depth = parent === null ? 0 : parent.depth + 1
  }

  /** Does what can be done now. Called with `isDirty` already cleared. */
  protected abstract work(): void

  /** Its visits end before it comes to its children, whose marks wait until it does. */
  get keepsMarks(): boolean {
    return false
  }

  visit(): void {
    this.isDirty = false
    this.work()
  }

  markDirty(): void {
    if (this.isDirty) return
    this.isDirty = true
    this.parent?.childIsDirty(this)
  }

  /**
   * Between visits a mark below one that is not marked is left from a visit that ended further up: whoever asks now
   * would not be heard. Takes such marks back, and those below them on the way to this one.
   */
  dropStaleMarks(): void {
    let last: Frame | null = null
    for (let at: Frame = this; at.parent !== null; at = at.parent)
      if (at.isDirty && !at.parent.isDirty && !at.parent.keepsMarks) last = at
    if (last === null) return
    for (let at: Frame = this; at.parent !== null; at = at.parent) {
      const { parent } = at
      at.isDirty = false
      parent.dirtyChildren = parent.dirtyChildren.filter((child) => child !== at)
      if (at === last) return
    }
  }

  /** The instant of `wakeAt` has come. */
  wake(): void {
    this.dropStaleMarks()
    this.markDirty()
  }

  /** The children that asked to be visited, each once, in their order; the list is taken. */
  protected takeDirtyChildren(): readonly Frame[] {
    if (this.dirtyChildren.length === 0) return this.dirtyChildren
    const taken = this.dirtyChildren
    this.dirtyChildren = none
    // Also those that are not visited after all must be heard when they ask again.
    for (const child of taken) child.isDirty = false
    return taken.length === 1 ? taken : taken.sort((a, b) => a.position - b.position)
  }

  /** Visits this frame again at or after the instant. Only the earliest of several calls counts. */
  protected wakeAt(at: Instant): void {
    this.run.timers.set(this, at)
  }

  private childIsDirty(child: Frame): void {
    // Most have one: a list that is made to grow takes room for many.
    if (this.dirtyChildren.length === 0) this.dirtyChildren = [child]
    else this.dirtyChildren.push(child)
    this.markDirty()
  }
}

/** Whether Argo's pass comes by `one` before `other`; what encloses comes before what it encloses. */
export function comesBefore(one: Frame, other: Frame): boolean {
  let [a, b] = [one, other]
  while (a.depth > b.depth && a.parent !== null) a = a.parent
  while (b.depth > a.depth && b.parent !== null) b = b.parent
  if (a === b) return one.depth < other.depth
  while (a.parent !== b.parent && a.parent !== null && b.parent !== null) {
    a = a.parent
    b = b.parent
  }
  return a.position < b.position
}
