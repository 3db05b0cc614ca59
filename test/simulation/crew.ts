/** Many seeds over all cores: each worker takes the next few, and tells what it found. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { kinds } from './scenario.ts'
import type { Kind } from './scenario.ts'

export type Complaint = {
  readonly seed: number
  readonly kind: Kind
  readonly step: number
  readonly violations: readonly string[]
}

export type Tally = {
  seeds: number
  /** How many of each kind. */
  readonly kinds: Record<Kind, number>
  steps: number
  commits: number
  awaits: number
  crashes: number
  usurped: number
  starts: number
}

/** What one worker tells of a few seeds. */
export type Share = { readonly tally: Tally; readonly complaints: readonly Complaint[] }

export type CrewOptions = {
  readonly from: number
  readonly seeds: number
  /** All cores where left out. */
  readonly workers?: number
  /** Of this kind only, whatever each seed would draw. */
  readonly kind?: Kind
  /** No further seed is begun after so long; absent: all are played. */
  readonly withinMs?: number
  readonly onComplaint?: (complaint: Complaint) => void
}

export type Orders = {
  readonly next: SharedArrayBuffer
  readonly end: number
  readonly kind: Kind | null
  readonly until: number
}

export const emptyTally = (): Tally => ({
  ...{ seeds: 0, steps: 0, commits: 0, awaits: 0 },
  ...{ crashes: 0, usurped: 0, starts: 0 },
  kinds: { tiny: 0, small: 0, archive: 0, afterlife: 0, portions: 0, wide: 0, fleet: 0, classic: 0 },
})

export const counts = ['seeds', 'steps', 'commits', 'awaits', 'crashes', 'usurped', 'starts'] as const

/** How to see one again. */
export const commandOf = ({ seed, kind }: Pick<Complaint, 'seed' | 'kind'>): string =>
  `npm run simulate -- --seeds 1 --from ${seed} --kind ${kind} --trace`

export async function playSeeds(options: CrewOptions): Promise<Share> {
  const { from, seeds, kind = null, withinMs = Infinity, onComplaint } = options
  const next = new SharedArrayBuffer(4)
  new Int32Array(next)[0] = from
  const orders: Orders = { next, end: from + seeds, kind, until: Date.now() + withinMs }
  const tally = emptyTally()
  const complaints: Complaint[] = []
  const take = (share: Share): void => {
    for (const key of counts) tally[key] += share.tally[key]
    for (const kind of kinds) tally.kinds[kind] += share.tally.kinds[kind]
    for (const complaint of share.complaints) {
      complaints.push(complaint)
      onComplaint?.(complaint)
    }
  }
  const count = Math.min(options.workers ?? availableParallelism(), seeds)
  await Promise.all(Array.from({ length: count }, () => oneWorker(orders, take)))
  return { tally, complaints: complaints.sort((a, b) => a.seed - b.seed) }
}

function oneWorker(orders: Orders, take: (share: Share) => void): Promise<void> {
  const worker = new Worker(new URL('./player.ts', import.meta.url), {
    workerData: orders,
    // Most of what a seed makes is short-lived.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  })
  return new Promise((resolve, reject) => {
    worker.on('message', take)
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
  })
}
