/** What the pods of a workflow held together, by resource. */
import type { NodeStatus } from '../resources/index.ts'

export class DurationSum {
  /** The sum, and how many nodes it is of. */
  private readonly durations = new Map<string, { seconds: number; nodes: number }>()

  get total(): Record<string, number> {
    return Object.fromEntries([...this.durations].map(([name, { seconds }]) => [name, seconds]))
  }

  count({ type, resourcesDuration }: NodeStatus, by: 1 | -1): void {
    if (type !== 'Pod' || resourcesDuration === undefined) return
    for (const name in resourcesDuration) {
      const sum = this.durations.get(name) ?? { seconds: 0, nodes: 0 }
      sum.seconds += by * (resourcesDuration[name] ?? 0)
      sum.nodes += by
      if (sum.nodes === 0) this.durations.delete(name)
      else if (sum.nodes === by) this.durations.set(name, sum)
    }
  }
}
