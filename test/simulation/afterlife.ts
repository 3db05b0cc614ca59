/** What becomes of workflows that have ended: what people ask of them, wherever they lie by then, and by which rules they go. */
import type { ArchiveConfig } from '../../src/controller/archive/policy.ts'
import type { ControllerConfig } from '../../src/controller/index.ts'
import type { Settings } from './daemon.ts'
import type { Dice } from './dice.ts'
import { diceOf } from './dice.ts'

export type LaterDeed = {
  readonly kind: 'retry' | 'resubmit' | 'delete'
  /** Since it ended, or since the deed before. */
  readonly afterMs: number
  /** Asked for by its name, or of the archive by its UID. */
  readonly through: 'name' | 'archive'
  readonly memoized: boolean
}

export type Retention = NonNullable<ControllerConfig['retention']>

/** In their order; a workflow that has gone by then has gone. */
export function drawLaterDeeds(dice: Dice): readonly LaterDeed[] {
  const count = dice.pick([0, 1, 1, 2, 3])
  return Array.from({ length: count }, () => ({
    kind: dice.pick(['retry', 'retry', 'retry', 'resubmit', 'delete'] as const),
    afterMs: dice.pick([0, dice.int(0, 3_000), dice.int(1_000, 30_000), dice.int(50_000, 140_000)]),
    through: dice.pick(['name', 'archive'] as const),
    memoized: dice.chance(0.3),
  }))
}

/** How many archived ones are kept, and how long. */
export function drawLimits(dice: Dice): Pick<ArchiveConfig, 'ttlMs' | 'newest'> {
  return {
    ttlMs: dice.chance(0.35) ? dice.pick([0, 5_000, 60_000, 600_000]) : null,
    newest: dice.chance(0.4) ? dice.int(0, 2) : null,
  }
}

export const drawRetention = (dice: Dice): Retention | null =>
  dice.chance(0.35) ? { completed: dice.int(0, 2), failed: dice.int(0, 2), errored: dice.int(0, 1) } : null

/** How many workflows may be under way at once. A third of the seeds has limits: the others are what the oldest of the corpus come from. */
export function drawTurns(seed: number): Pick<Settings, 'parallelism' | 'namespaceParallelism'> {
  if (seed % 3 !== 0) return { parallelism: 0, namespaceParallelism: 0 }
  const dice = diceOf(seed, 'turns')
  const [limit, isOfAll] = [dice.int(1, 2), dice.chance(0.5)]
  return { parallelism: isOfAll ? limit : 0, namespaceParallelism: isOfAll ? 0 : limit }
}
