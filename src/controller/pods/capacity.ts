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
  readonly tell: (why: string) => void
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

/** First come, first served within a priority: a large pod at the head is not overtaken for ever by small ones. */
export class Capacity {
  #budget: Budget
  readonly #oversized: 'wait' | 'run'
  readonly #held = new Map<PodId, Need>()
  readonly #used = { cpus: 0, memoryBytes: 0, containers: 0 }
  #waiting: Waiting[] = []
  #order = 0

  constructor(options: { readonly budget: Budget; readonly oversized: 'wait' | 'run' }) {
    this.#budget = options.budget
    this.#oversized = options.oversized
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get used(): Budget {
    return { ...this.#used }
  }

  setBudget(budget: Budget): void {
    this.#budget = budget
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
    const isAlone = this.#waiting.every((other) => other.priority < request.priority)
    if (isAlone && this.#fits(request.need)) {
      this.adopt(request.pod, request.need)
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other.pod !== request.pod)
        this.#admitWaiting()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const admit = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#order += 1
      this.#waiting.push({ ...request, order: this.#order, admit, tell })
      this.#waiting.sort((a, b) => b.priority - a.priority || a.order - b.order)
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
    let [next] = this.#waiting
    while (next !== undefined && this.#fits(next.need)) {
      this.#waiting.shift()
      this.adopt(next.pod, next.need)
      next.admit()
      ;[next] = this.#waiting
    }
    // One that can never run must not keep the others back.
    for (const other of [...this.#waiting]) {
      if (this.#waiting[0] === undefined || !this.#isImpossible(this.#waiting[0].need)) break
      if (this.#isImpossible(other.need) || !this.#fits(other.need)) continue
      this.#waiting = this.#waiting.filter((waiting) => waiting !== other)
      this.adopt(other.pod, other.need)
      other.admit()
    }
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
