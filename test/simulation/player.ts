/** A worker of the crew: plays seeds until none is left. */
import { parentPort, workerData } from 'node:worker_threads'
import { counts, emptyTally } from './crew.ts'
import type { Complaint, Orders, Share } from './crew.ts'
import { judge } from './seed.ts'

// Nobody reads where the errors of a simulated world were made; finding that out costs more than the rest of them.
Error.stackTraceLimit = 0

const atOnce = 5
const { next, end, kind, until } = workerData as Orders
const counter = new Int32Array(next)

while (Date.now() < until) {
  const first = Atomics.add(counter, 0, atOnce)
  if (first >= end) break
  parentPort?.postMessage(await playFew(first, Math.min(end, first + atOnce)))
}

async function playFew(from: number, to: number): Promise<Share> {
  const tally = emptyTally()
  const complaints: Complaint[] = []
  for (let seed = from; seed < to; seed += 1) {
    const { violations, played, kind: own } = await judge(seed, kind === null ? {} : { kind })
    tally.seeds += 1
    tally.kinds[own] += 1
    for (const key of counts) if (key !== 'seeds') tally[key] += played[key]
    if (violations.length > 0) complaints.push({ seed, kind: own, step: played.steps, violations })
  }
  return { tally, complaints }
}
