/** How the capacity of an engine is divided between the members that reach it. */
import type { EngineShare } from './fleet.ts'

/** As much of what is wanted as the others leave of the budget. */
export function shareOf(wanted: EngineShare, budget: EngineShare, others: readonly EngineShare[]): EngineShare {
  const part = (of: (share: EngineShare) => number): number => {
    const taken = others.reduce((sum, share) => sum + of(share), 0)
    return Math.max(0, Math.min(of(wanted), of(budget) - taken))
  }
  return {
    cpus: part(({ cpus }) => cpus),
    memoryBytes: part(({ memoryBytes }) => memoryBytes),
    containers: part(({ containers }) => containers),
  }
}

/** Others may take more than before. */
export const isLess = (now: EngineShare, before: EngineShare): boolean =>
  now.cpus < before.cpus || now.memoryBytes < before.memoryBytes || now.containers < before.containers
