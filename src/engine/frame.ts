/** The live tree of a run: each frame drives one part of it and is visited only when something below it changed. */
import type { Instant } from '../resources/index.ts'
import type { Run } from './run.ts'

/**
 * Nodes are the truth, frames a cache of how to go on: a run opened from its nodes builds the same frames by visiting
 * from the root. A frame marked dirty makes its ancestors dirty, so that one visit from the root reaches exactly those
 * that have something to do.
 */
export abstract class Frame {
  readonly run: Run
  readonly parent: Frame | null
  isDirty = false
  private dirtyChildren: Frame[] = []

  constructor(run: Run, parent: Frame | null) {
    this.run = run
    this.parent = parent
  }

  /** Does what can be done now. Called with `isDirty` already cleared. */
  protected abstract work(): void

  visit(): void {
    this.isDirty = false
    this.work()
  }

  markDirty(): void {
    if (this.isDirty) return
    this.isDirty = true
    this.parent?.childIsDirty(this)
  }

  /** The children that asked to be visited, each once, in the order they asked; the list is taken. */
  protected takeDirtyChildren(): readonly Frame[] {
    if (this.dirtyChildren.length === 0) return this.dirtyChildren
    const taken = this.dirtyChildren
    this.dirtyChildren = []
    // Also those that are not visited after all must be heard when they ask again.
    for (const child of taken) child.isDirty = false
    return taken
  }

  /** Visits this frame again at or after the instant. Only the earliest of several calls counts. */
  protected wakeAt(at: Instant): void {
    this.run.timers.set(this, at)
  }

  private childIsDirty(child: Frame): void {
    this.dirtyChildren.push(child)
    this.markDirty()
  }
}
