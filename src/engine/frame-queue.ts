/** Frames that wait for a slot, in the order in which Argo would come by them. */
import { comesBefore, type Frame } from './frame.ts'

export class FrameQueue {
  private items: Frame[] = []
  private head = 0
  private readonly known = new Set<Frame>()

  get size(): number {
    return this.known.size
  }

  /** Most come in their order and are only appended. */
  add(frame: Frame): void {
    if (this.known.has(frame)) return
    this.known.add(frame)
    const last = this.items.at(-1)
    if (last === undefined || this.size === 1 || comesBefore(last, frame)) this.items.push(frame)
    else this.items.splice(this.placeOf(frame), 0, frame)
  }

  first(): Frame | undefined {
    return this.items[this.head]
  }

  /** Takes the first one out. */
  shift(): Frame | undefined {
    const first = this.items[this.head]
    if (first === undefined) return undefined
    this.known.delete(first)
    this.head += 1
    if (this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return first
  }

  clear(): void {
    this.items = []
    this.head = 0
    this.known.clear()
  }

  *[Symbol.iterator](): Generator<Frame> {
    for (let at = this.head; at < this.items.length; at += 1) {
      const frame = this.items[at]
      if (frame !== undefined) yield frame
    }
  }

  private placeOf(frame: Frame): number {
    let [low, high] = [this.head, this.items.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.items[middle]
      if (other !== undefined && comesBefore(other, frame)) low = middle + 1
      else high = middle
    }
    return low
  }
}
