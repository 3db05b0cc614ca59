/** Room on one endpoint: what the requests of its pods may add up to, and what they do. */
import type { PodId, PodRequest } from '../../resources/index.ts'

export type Budget = { readonly cpus: number; readonly memoryBytes: number; readonly containers: number }

export type Need = Budget

/** An endpoint, to the one who hands out room. */
export type Room = {
  readonly name: string
  readonly budget: Budget
  /** Why nothing new goes there, in the words of Kubernetes' scheduler; `null`: it does. */
  readonly closed: string | null
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

export class Space {
  room: Room
  /** Where other controllers use the endpoint too: what of its budget is ours now. `null`: all of it. */
  share: Budget | null = null
  readonly #held = new Map<PodId, Need>()
  readonly #used = { cpus: 0, memoryBytes: 0, containers: 0 }
  /** Cores as they count for spreading: a container that asks for none still takes some. */
  #nominalCpus = 0

  constructor(room: Room) {
    this.room = room
  }

  get used(): Budget {
    return { ...this.#used }
  }

  get pods(): number {
    return this.#held.size
  }

  take(pod: PodId, need: Need): void {
    if (this.#held.has(pod)) return
    this.#held.set(pod, need)
    this.#add(need, 1)
  }

  release(pod: PodId): void {
    const need = this.#held.get(pod)
    if (need === undefined) return
    this.#held.delete(pod)
    this.#add(need, -1)
  }

  fits(need: Need, oversized: 'wait' | 'run'): boolean {
    if (this.room.closed !== null) return false
    if (this.share !== null) return this.#fitsShare(need, this.share, oversized)
    const { cpus, memoryBytes, containers } = this.room.budget
    const isEmpty = this.#held.size === 0
    if (isEmpty && oversized === 'run') return true
    return (
      this.#used.cpus + need.cpus <= cpus + 1e-9 &&
      this.#used.memoryBytes + need.memoryBytes <= memoryBytes &&
      (this.#used.containers + need.containers <= containers || isEmpty)
    )
  }

  /** What is too big for the endpoint runs once all of that is ours. */
  #fitsShare(need: Need, share: Budget, oversized: 'wait' | 'run'): boolean {
    const asked = oversized === 'run' ? capped(need, this.room.budget) : need
    const containers = Math.min(asked.containers, this.room.budget.containers)
    return (
      this.#used.cpus + asked.cpus <= share.cpus + 1e-9 &&
      this.#used.memoryBytes + asked.memoryBytes <= share.memoryBytes &&
      this.#used.containers + containers <= share.containers
    )
  }

  /** Whether it could be there, were it the only one. */
  couldHold({ cpus, memoryBytes }: Need): boolean {
    return cpus <= this.room.budget.cpus && memoryBytes <= this.room.budget.memoryBytes
  }

  /** The share of what is scarcest that would be taken with the need; 0 where nothing is limited. */
  shareWith(need: Need): number {
    const { cpus, memoryBytes, containers } = this.room.budget
    return Math.max(
      (this.#nominalCpus + nominal(need)) / cpus,
      (this.#used.memoryBytes + need.memoryBytes) / memoryBytes,
      (this.#used.containers + need.containers) / containers,
    )
  }

  /** Why it does not fit, in the words of Kubernetes' scheduler. */
  why(need: Need): string {
    if (this.room.closed !== null) return this.room.closed
    const { cpus, memoryBytes } = this.room.budget
    if (!this.couldHold(need)) return need.cpus > cpus ? 'Insufficient cpu' : 'Insufficient memory'
    if (this.#used.cpus + need.cpus > cpus) return 'Insufficient cpu'
    if (this.#used.memoryBytes + need.memoryBytes > memoryBytes) return 'Insufficient memory'
    return 'Too many pods'
  }

  #add(need: Need, sign: 1 | -1): void {
    this.#used.cpus += sign * need.cpus
    this.#used.memoryBytes += sign * need.memoryBytes
    this.#used.containers += sign * need.containers
    this.#nominalCpus += sign * nominal(need)
  }
}

const capped = (need: Need, budget: Budget): Need => ({
  cpus: Math.min(need.cpus, budget.cpus),
  memoryBytes: Math.min(need.memoryBytes, budget.memoryBytes),
  containers: Math.min(need.containers, budget.containers),
})

/** As Kubernetes' scheduler counts them. */
const nominal = ({ cpus, containers }: Need): number => Math.max(cpus, 0.1 * containers)
