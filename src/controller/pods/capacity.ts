/** Admission of pods to the host: their requests must fit its cores and memory, and their number its bridge. */
import type { PodId, PodRequest } from '../../resources/index.ts'

export type Budget = { readonly cpus: number; readonly memoryBytes: number; readonly containers: number }

export type Need = Budget

type Waiting = {
  readonly pod: PodId
  readonly need: Need
  readonly priority: number
  readonly order: number
  readonly admit: () => void
  /** It was admitted or gave up; it leaves its line when it comes to the front. */
  isOver: boolean
}

/** Init containers run one by one, so the largest counts; mains and sidecars together (Kubernetes' rule). */
export function needOf(request: PodRequest): Need {
  let [cpus, memoryBytes, initCpus, initMemory] = [0, 0, 0, 0]
  for (const { role, resources } of request.containers) {
    const cpu = resources.cpuRequest ?? 0
    const memory = resources.memoryRequestBytes ?? 0
    if (role === 'init') {
      initCpus = Math.max(initCpus, cpu)
      initMemory = Math.max(initMemory, memory)
    } else {
      cpus += cpu
      memoryBytes += memory
    }
  }
  return {
    cpus: Math.max(cpus, initCpus),
    memoryBytes: Math.max(memoryBytes, initMemory),
    containers: request.containers.length,
  }
}

/** First in, first out, without moving what waits. */
class Line<T> {
  #items: (T | undefined)[] = []
  #head = 0

  add(item: T): void {
    this.#items.push(item)
  }

  /** The first that is wanted; those before it are dropped. */
  first(isWanted: (item: T) => boolean): T | undefined {
    for (; this.#head < this.#items.length; this.#head += 1) {
      const item = this.#items[this.#head]
      if (item !== undefined && isWanted(item)) break
      this.#items[this.#head] = undefined
    }
    if (this.#head > 1_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return this.#items[this.#head]
  }

  rest(): readonly T[] {
    return this.#items.filter((item) => item !== undefined)
  }
}

/** First come, first served within a priority: a large pod at the head is not overtaken for ever by small ones. */
export class Capacity {
  #budget: Budget
  #oversized: 'wait' | 'run'
  readonly #held = new Map<PodId, Need>()
  readonly #used = { cpus: 0, memoryBytes: 0, containers: 0 }
  /** Those that can run some time, by priority, the highest first. */
  readonly #lines: { readonly priority: number; readonly line: Line<Waiting> }[] = []
  /** Those that need more than the host has: they must not keep the others back. */
  readonly #impossible = new Set<Waiting>()
  #waiting = 0
  #order = 0

  constructor(options: { readonly budget: Budget; readonly oversized: 'wait' | 'run' }) {
    this.#budget = options.budget
    this.#oversized = options.oversized
  }

  get waiting(): number {
    return this.#waiting
  }

  get used(): Budget {
    return { ...this.#used }
  }

  get budget(): Budget {
    return this.#budget
  }

  setBudget(budget: Budget, oversized = this.#oversized): void {
    this.#budget = budget
    this.#oversized = oversized
    const all = [...this.#impossible, ...this.#lines.flatMap(({ line }) => line.rest())]
    this.#impossible.clear()
    this.#lines.length = 0
    for (const waiting of all.sort((a, b) => a.order - b.order)) if (!waiting.isOver) this.#line(waiting)
    this.#admitWaiting()
  }

  /** Takes what the pod needs without asking: it runs already. */
  adopt(pod: PodId, need: Need): void {
    if (this.#held.has(pod)) return
    this.#held.set(pod, need)
    this.#add(need, 1)
  }

  /**
   * Resolves when there is room; the pod holds it until `release`. `tell` hears why it waits.
   * @throws the signal's reason
   */
  acquire(
    request: { readonly pod: PodId; readonly need: Need; readonly priority: number },
    tell: (why: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#held.has(request.pod)) return Promise.resolve()
    signal.throwIfAborted()
    if (this.#fits(request.need) && !this.#isBehind(request.priority)) {
      this.adopt(request.pod, request.need)
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#end(waiting)
        this.#admitWaiting()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const admit = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#order += 1
      const waiting: Waiting = { ...request, order: this.#order, admit, isOver: false }
      this.#waiting += 1
      this.#line(waiting)
      tell(this.#reason(request.need))
    })
  }

  release(pod: PodId): void {
    const need = this.#held.get(pod)
    if (need === undefined) return
    this.#held.delete(pod)
    this.#add(need, -1)
    this.#admitWaiting()
  }

  #admitWaiting(): void {
    for (let next = this.#first(); next !== undefined && this.#fits(next.need); next = this.#first()) {
      this.#end(next)
      this.adopt(next.pod, next.need)
      next.admit()
    }
  }

  #line(waiting: Waiting): void {
    if (this.#isImpossible(waiting.need)) return void this.#impossible.add(waiting)
    const { priority } = waiting
    let at = 0
    while ((this.#lines[at]?.priority ?? -Infinity) > priority) at += 1
    const known = this.#lines[at]
    if (known?.priority === priority) return known.line.add(waiting)
    const line = new Line<Waiting>()
    line.add(waiting)
    this.#lines.splice(at, 0, { priority, line })
  }

  #end(waiting: Waiting): void {
    waiting.isOver = true
    this.#waiting -= 1
    this.#impossible.delete(waiting)
  }

  /** Whose turn it is. */
  #first(): Waiting | undefined {
    for (let top = this.#lines[0]; top !== undefined; top = this.#lines[0]) {
      const first = top.line.first((waiting) => !waiting.isOver)
      if (first !== undefined) return first
      this.#lines.shift()
    }
    return undefined
  }

  /** Whether somebody of that priority or a higher one waits already. */
  #isBehind(priority: number): boolean {
    const first = this.#first()
    return first !== undefined && first.priority >= priority
  }

  #fits(need: Need): boolean {
    const { cpus, memoryBytes, containers } = this.#budget
    if (this.#held.size === 0 && this.#oversized === 'run') return true
    return (
      this.#used.cpus + need.cpus <= cpus + 1e-9 &&
      this.#used.memoryBytes + need.memoryBytes <= memoryBytes &&
      (this.#used.containers + need.containers <= containers || this.#held.size === 0)
    )
  }

  #isImpossible(need: Need): boolean {
    if (this.#oversized === 'run') return false
    return need.cpus > this.#budget.cpus || need.memoryBytes > this.#budget.memoryBytes
  }

  #reason(need: Need): string {
    const { cpus, memoryBytes } = this.#budget
    if (this.#isImpossible(need)) {
      const what = need.cpus > cpus ? 'cpu' : 'memory'
      return `Unschedulable: 0/1 nodes are available: 1 Insufficient ${what}.`
    }
    if (this.#used.cpus + need.cpus > cpus) return 'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.'
    if (this.#used.memoryBytes + need.memoryBytes > memoryBytes)
      return 'Unschedulable: 0/1 nodes are available: 1 Insufficient memory.'
    return 'Unschedulable: 0/1 nodes are available: 1 Too many pods.'
  }

  #add(need: Need, sign: 1 | -1): void {
    this.#used.cpus += sign * need.cpus
    this.#used.memoryBytes += sign * need.memoryBytes
    this.#used.containers += sign * need.containers
  }
}
