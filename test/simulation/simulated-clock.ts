/** Time that passes only when the simulation says so: one sleeper wakes per step. */
import type { Clock, Instant } from '../../src/resources/index.ts'
import { instant } from '../../src/resources/index.ts'

type Sleeper = {
  readonly at: number
  readonly order: number
  readonly wake: () => void
  readonly isWanted: () => boolean
}

const beganAt = Date.parse('2030-01-01T00:00:00Z')

export class SimulatedClock implements Clock {
  readonly #heap: Sleeper[] = []
  #passedMs = 0
  #offsetMs = 0
  #order = 0
  readonly #ends = new Map<AbortSignal, { readonly sleeps: Set<() => void>; readonly onAbort: () => void }>()

  /** Milliseconds since the beginning, untouched by jumps. */
  get passedMs(): number {
    return this.#passedMs
  }

  now(): Instant {
    return instant(beganAt + Math.floor(this.#passedMs + this.#offsetMs))
  }

  /** The wall clock is set; sleepers sleep on as they would. */
  jump(ms: number): void {
    this.#offsetMs += ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.sleepWhile(ms, () => true, signal)
  }

  /** A sleep that never ends once `isAlive` no longer holds. */
  sleepWhile(ms: number, isAlive: () => boolean, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    return new Promise((resolve, reject) => {
      const [at, order] = [this.#passedMs + Math.max(0, ms), (this.#order += 1)]
      if (signal === undefined) return this.#push({ wake: resolve, isWanted: isAlive, at, order })
      const end = () => (isAlive() ? reject(signal.reason as Error) : undefined)
      const ends = this.#endsOf(signal)
      ends.add(end)
      const wake = () => {
        ends.delete(end)
        resolve()
      }
      this.#push({ wake, isWanted: () => isAlive() && !signal.aborted, at, order })
    })
  }

  /** What ends the sleeps of a signal: it is listened to once, however many there are. */
  #endsOf(signal: AbortSignal): Set<() => void> {
    const known = this.#ends.get(signal)
    if (known !== undefined) return known.sleeps
    const sleeps = new Set<() => void>()
    const onAbort = (): void => {
      this.#ends.delete(signal)
      for (const end of sleeps) end()
    }
    this.#ends.set(signal, { sleeps, onAbort })
    signal.addEventListener('abort', onAbort, { once: true })
    return sleeps
  }

  /** Nobody sleeps any more. Node keeps a signal that is made of others, and with it the world, for as long as it is listened to. */
  end(): void {
    this.#heap.length = 0
    for (const [signal, { onAbort }] of this.#ends) signal.removeEventListener('abort', onAbort)
    this.#ends.clear()
  }

  /** Wakes the next sleeper; `false` where nobody sleeps. */
  step(): boolean {
    for (;;) {
      const next = this.#pop()
      if (next === undefined) return false
      if (!next.isWanted()) continue
      this.#passedMs = Math.max(this.#passedMs, next.at)
      next.wake()
      return true
    }
  }

  #push(entry: Sleeper): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || isBefore(parent, entry)) break
      heap[index] = parent
      heap[above] = entry
      index = above
    }
  }

  #pop(): Sleeper | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      let least = index * 2 + 1
      if (least >= heap.length) break
      const left = heap[least]
      const right = heap[least + 1]
      if (left !== undefined && right !== undefined && isBefore(right, left)) least += 1
      const child = heap[least]
      if (child === undefined || isBefore(last, child)) break
      heap[index] = child
      index = least
    }
    heap[index] = last
    return top
  }
}

const isBefore = (a: Sleeper, b: Sleeper): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
