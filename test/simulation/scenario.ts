/** What a seed plays: workload, settings, what people and folders do, and faults. Most seeds are small and full of faults. */
import type { CronWorkflow } from '../../src/resources/index.ts'
import type { ArchiveConfig } from '../../src/controller/archive/policy.ts'
import { noArchive } from '../../src/controller/archive/policy.ts'
import type { LaterDeed } from './afterlife.ts'
import { drawLaterDeeds, drawLimits, drawRetention, drawTurns } from './afterlife.ts'
import { drawCron } from './cron.ts'
import type { Settings } from './daemon.ts'
import type { Dice } from './dice.ts'
import { diceOf } from './dice.ts'
import type { FaultPlan } from './faults.ts'
import { drawFaults, withMoreFaults } from './faults.ts'
import { drawFiles } from './files.ts'
import type { FileChange } from './files.ts'
import type { Limits, Task } from './generator.ts'
import { drawTask, drawTinyTask, failingSize, fullSize, smallSize } from './generator.ts'

/** `archive` and `afterlife` are only played where they are asked for; `classic`: as the seeds were that the oldest of the corpus come from; `portions`: what is large is decided and stored piece by piece. */
export const kinds = ['tiny', 'small', 'portions', 'archive', 'afterlife', 'wide', 'fleet', 'classic'] as const
export type Kind = (typeof kinds)[number]

export type Scenario = {
  readonly seed: number
  readonly kind: Kind
  readonly tasks: readonly Task[]
  /** Of semaphores; `later` from then on. */
  readonly limits: Limits
  readonly limitsLater: { readonly atMs: number; readonly limits: Limits } | null
  readonly settings: Settings
  /** Names of daemons that share the store and the engine; none: there is one, which has no name. */
  readonly members: readonly string[]
  readonly cron: { readonly object: CronWorkflow; readonly untilMs: number } | null
  /** What happens in the folder of manifests; none: there is no such folder. */
  readonly files: readonly FileChange[]
  /** What people do to workflows that have ended, by name. */
  readonly later: ReadonlyMap<string, readonly LaterDeed[]>
  readonly faults: FaultPlan
}

export const kindOf = (seed: number): Kind => {
  const share = diceOf(seed, 'kind').next()
  if (share < 0.4) return 'tiny'
  if (share < 0.9) return 'small'
  if (share < 0.92) return 'portions'
  return share < 0.925 ? 'fleet' : share < 0.985 ? 'wide' : 'classic'
}

export function scenarioOf(seed: number, kind: Kind = kindOf(seed)): Scenario {
  const faults = drawFaults(diceOf(seed, 'faults'))
  const plain: Scenario = {
    seed,
    kind,
    tasks: drawTasks(diceOf(seed, 'workload'), kind),
    limits: { one: '1', two: '2' },
    limitsLater: null,
    settings: {
      containersMax: diceOf(seed, 'host').pick([12, 30, 500]),
      parallelism: 0,
      namespaceParallelism: 0,
      inPortions: kind === 'portions',
      archive: null,
      retention: null,
    },
    members: kind === 'fleet' ? ['a', 'b'] : [],
    cron: null,
    files: [],
    later: new Map(),
    faults,
  }
  if (kind === 'classic') return plain
  const dice = diceOf(seed, 'more')
  const isSmall = kind === 'tiny' || kind === 'small' || kind === 'archive' || kind === 'afterlife'
  const played: Scenario = {
    ...plain,
    limitsLater: dice.chance(0.15)
      ? { atMs: dice.int(0, 10_000), limits: { one: String(dice.int(1, 2)), two: String(dice.int(1, 3)) } }
      : null,
    settings: {
      ...plain.settings,
      parallelism: dice.chance(0.15) ? dice.int(1, 2) : 0,
      namespaceParallelism: dice.chance(0.15) ? dice.int(1, 2) : 0,
      archive: kind === 'archive' || kind === 'afterlife' ? drawArchive(diceOf(seed, 'archive')) : null,
    },
    cron: dice.chance(isSmall ? 0.02 : 0.2) ? drawCron(dice) : null,
    files: dice.chance(isSmall ? 0.05 : 0.15) ? drawFiles(dice) : [],
    faults: {
      ...withMoreFaults(faults, diceOf(seed, 'more faults')),
      ...(isSmall ? { untilMs: dice.pick([10_000, 20_000, 40_000]) } : {}),
    },
  }
  return kind === 'afterlife' ? withAfterlife(played, diceOf(seed, 'afterlife')) : played
}

/** What comes of a workflow depends on when people come back to it, and on what has become of it by then. */
function withAfterlife(plain: Scenario, dice: Dice): Scenario {
  const { tasks, settings } = plain
  const { archive } = settings
  return {
    ...plain,
    tasks: tasks.map((task) => ({ ...task, isTimed: true })),
    later: new Map(tasks.map(({ name }) => [name, drawLaterDeeds(dice)])),
    settings: {
      ...settings,
      ...drawTurns(plain.seed),
      archive: archive === null ? null : { ...archive, ...drawLimits(dice) },
      retention: drawRetention(dice),
    },
    cron: null,
    files: [],
    faults: { ...plain.faults, untilMs: dice.pick([20_000, 60_000, 180_000]) },
  }
}

/** Finished workflows leave the hot tables by number, by age, or both. */
function drawArchive(dice: Dice): ArchiveConfig {
  const byNumber = dice.chance(0.6)
  return {
    ...noArchive,
    enabled: dice.chance(0.3),
    hotNewest: byNumber ? dice.int(0, 1) : null,
    hotAgeMs: !byNumber || dice.chance(0.3) ? dice.pick([0, 3_000, 20_000]) : null,
  }
}

function drawTasks(dice: Dice, kind: Kind): readonly Task[] {
  if (kind === 'tiny') return [drawTinyTask(dice, 'wf-0')]
  const count =
    kind === 'small'
      ? dice.pick([1, 1, 1, 2])
      : kind === 'fleet' || kind === 'archive' || kind === 'afterlife'
        ? dice.int(2, 4)
        : kind === 'portions'
          ? 1
          : dice.pick([1, 1, 2, 3])
  const size =
    kind === 'afterlife'
      ? failingSize
      : kind === 'small' || kind === 'fleet' || kind === 'archive'
        ? smallSize
        : { ...fullSize, hasMore: kind !== 'classic' }
  return Array.from({ length: count }, (_, index) => drawTask(dice, `wf-${index}`, size))
}
