/** When which frame wants to be visited because of time alone: a binary heap with lazy removal. */
import type { Instant } from '../resources/index.ts'

export type Wakeable = { wake(): void }

export class Timers {
  private readonly heap: { at: Instant; target: Wakeable }[] = []
  private readonly due = new Map<Wakeable, Instant>()

  /** The earliest instant set for a target counts until it has fired. */
  set(target: Wakeable, at: Instant): void {
    const known = this.due.get(target)
    if (known !== undefined && known <= at) return
    this.due.set(target, at)
    this.push({ at, target })
  }

  dueOf(target: Wakeable): Instant | null {
    return this.due.get(target) ?? null
  }

  /** Marks every target whose time has come. */
  fire(now: Instant): void {
    for (let top = this.heap[0]; top !== undefined && top.at <= now; top = this.heap[0]) {
      this.pop()
      if (this.due.get(top.target) !== top.at) continue
      this.due.delete(top.target)
      top.target.wake()
    }
  }

  next(): Instant | null {
    for (let top = this.heap[0]; top !== undefined; top = this.heap[0]) {
      if (this.due.get(top.target) === top.at) return top.at
      this.pop()
    }
    return null
  }

  private push(entry: { at: Instant; target: Wakeable }): void {
    const heap = this.heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || parent.at <= entry.at) break
      heap[index] = parent
      heap[above] = entry
      index = above
    }
  }

  private pop(): void {
    const heap = this.heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let least = index * 2 + 1
      if (least >= heap.length) break
      const left = heap[least]
      const right = heap[least + 1]
      if (left !== undefined && right !== undefined && right.at < left.at) least += 1
      const child = heap[least]
      if (child === undefined || child.at >= last.at) break
      heap[index] = child
      index = least
    }
    heap[index] = last
  }
}
