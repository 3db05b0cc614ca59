/** A seed judged: played with its faults and without any, and what came of both compared. */
import { diceOf } from './dice.ts'
import type { FaultPlan } from './faults.ts'
import { drawFaults, noFaults } from './faults.ts'
import type { Workload } from './generator.ts'
import { drawWorkload } from './generator.ts'
import type { SeenWorkflow } from './history.ts'
import type { Played } from './simulate.ts'
import { play } from './simulate.ts'

export type Judged = {
  readonly seed: number
  readonly violations: readonly string[]
  readonly played: Played
  readonly quiet: Played
}

export const workloadOf = (seed: number): Workload => drawWorkload(diceOf(seed, 'workload'))

export async function judge(seed: number, faults: FaultPlan = drawFaults(diceOf(seed, 'faults'))): Promise<Judged> {
  const workload = workloadOf(seed)
  const quiet = await play(seed, workload, noFaults)
  if (quiet.violations.length > 0)
    return { seed, violations: quiet.violations.map((text) => `without faults: ${text}`), played: quiet, quiet }
  const played = await play(seed, workload, faults)
  return {
    seed,
    violations: [
      ...new Set([...played.violations, ...(played.violations.length > 0 ? [] : differences(workload, played, quiet))]),
    ],
    played,
    quiet,
  }
}

/** Where the faults changed what came of a workflow though they may not. */
function differences(workload: Workload, played: Played, quiet: Played): string[] {
  if (played.vanished > 0) return []
  return workload.tasks.flatMap(({ name, isTimed }) => {
    const [one, other] = [played.workflows.get(name), quiet.workflows.get(name)]
    if (isTimed || one === undefined || other === undefined) return []
    if (one.phase !== other.phase)
      return [`${name} became ${one.phase} (${one.workflow.status?.message ?? ''}), without faults ${other.phase}`]
    return one.phase === 'Succeeded' ? differentNodes(one, other) : []
  })
}

/** Nodes of memoized calls may be missing where another found the entry first. */
function differentNodes(one: SeenWorkflow, other: SeenWorkflow): string[] {
  const phases = new Map([...other.nodes.values()].map(({ node }) => [node.name, node.phase]))
  return [...one.nodes.values()].flatMap(({ node }) => {
    const phase = phases.get(node.name)
    return phase === undefined || phase === node.phase
      ? []
      : [`node ${node.name} became ${node.phase ?? ''}, without faults ${phase}`]
  })
}
