/** A seed judged: played with its faults and without any, and what came of both compared. */
import type { FaultPlan } from './faults.ts'
import { noFaults } from './faults.ts'
import type { SeenWorkflow } from './history.ts'
import type { Kind, Scenario } from './scenario.ts'
import { scenarioOf } from './scenario.ts'
import type { Played } from './simulate.ts'
import { play } from './simulate.ts'

export type Judged = {
  readonly seed: number
  readonly kind: Kind
  readonly violations: readonly string[]
  readonly played: Played
}

export type JudgeOptions = {
  /** Those that the seed has drawn where left out. */
  readonly kind?: Kind
  readonly faults?: FaultPlan
  readonly isTraced?: boolean
}

export async function judge(seed: number, { kind, faults, isTraced = false }: JudgeOptions = {}): Promise<Judged> {
  const scenario = scenarioOf(seed, kind)
  const played = await play(scenario, { faults: faults ?? scenario.faults, isTraced })
  const answer = (violations: readonly string[], told: Played) => ({
    seed,
    kind: scenario.kind,
    violations,
    played: told,
  })
  if (played.violations.length > 0) return answer([...new Set(played.violations)], played)
  if (played.unlucky > 0 || scenario.tasks.every(({ isTimed }) => isTimed)) return answer([], played)
  const quiet = await play(scenario, { faults: noFaults, isTraced, isBrief: true })
  if (quiet.violations.length === 0) return answer(differences(scenario, played, quiet), played)
  return answer(
    quiet.violations.map((text) => `without faults: ${text}`),
    quiet,
  )
}

/** Where the faults changed what came of a workflow though they may not. */
function differences({ tasks }: Scenario, played: Played, quiet: Played): string[] {
  return tasks.flatMap(({ name, isTimed }) => {
    const [one, other] = [played.workflows.get(name), quiet.workflows.get(name)]
    if (isTimed || one === undefined || other === undefined) return []
    if (one.phase !== other.phase)
      return [`${name} became ${one.phase} (${one.workflow.status?.message ?? ''}), without faults ${other.phase}`]
    return one.phase === 'Succeeded' ? differentNodes(one, other) : []
  })
}

/** Nodes of memoized calls may be missing where another found the entry first. */
function differentNodes(one: SeenWorkflow, other: SeenWorkflow): string[] {
  const known = new Map([...other.nodes.values()].map(({ node }) => [node.name, node]))
  return [...one.nodes.values()].flatMap(({ node }) => {
    const twin = known.get(node.name)
    if (twin === undefined) return []
    if (twin.phase !== node.phase)
      return [`node ${node.name} became ${node.phase ?? ''}, without faults ${twin.phase ?? ''}`]
    const [made, expected] = [node, twin].map(({ outputs }) => JSON.stringify(outputs?.parameters ?? []))
    return made === expected ? [] : [`node ${node.name} made ${made ?? ''}, without faults ${expected ?? ''}`]
  })
}
