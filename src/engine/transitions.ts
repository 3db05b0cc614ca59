/** What became of nodes, in the order in which it was decided: for those who tell a workflow's history. */
import type { Instant, NodeStatus } from '../resources/index.ts'
import type { Run } from './run.ts'

/** A node after its phase or its message changed. */
export type Transition = { readonly node: string; readonly phase: string; readonly message: string }

/** Remembered between two takings; what goes beyond is only counted, so that wide loops cost nothing. */
const rememberedMax = 100

export class Transitions {
  private told: Transition[] = []
  private more = 0

  add({ id, phase, message = '' }: NodeStatus): void {
    if (this.told.length < rememberedMax) this.told.push({ node: id, phase: phase ?? '', message })
    else this.more += 1
  }

  take(): { readonly told: readonly Transition[]; readonly more: number } {
    const taken = { told: this.told, more: this.more }
    if (taken.told.length > 0) this.told = []
    this.more = 0
    return taken
  }
}

/** Those since the last taking. */
export const takeTransitions = (run: Run): ReturnType<Transitions['take']> => run.transitions.take()

/** When the node is looked at because of time alone: a back-off, a suspension for a while. */
export function dueOf(run: Run, nodeId: string): Instant | null {
  const frame = run.frames.get(nodeId)
  return frame === undefined ? null : run.timers.dueOf(frame)
}
