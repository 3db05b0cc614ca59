/** Which faults a seed knows and how likely each is. A seed leaves some out, so that each is also met alone. */
import type { Faults } from '../../src/runtime/simulated/index.ts'
import type { Dice } from './dice.ts'

export type FaultPlan = {
  /** Chances at each step of the clock. */
  readonly crash: number
  readonly vanish: number
  readonly jump: number
  readonly outage: number
  /** Chances at each commit. */
  readonly crashBeforeCommit: number
  readonly crashAfterCommit: number
  readonly refuseCommit: number
  readonly loseCommitAnswer: number
  readonly delayCommit: number
  /** Chances at each call to the runtime. */
  readonly crashBeforeCall: number
  readonly crashAfterCall: number
  readonly doubleCall: number
  readonly slowCall: number
  readonly engine: Faults
  /** Crashes that a run may see. */
  readonly crashesMost: number
  /** Milliseconds after which the world is kind, so that all can come to rest. */
  readonly untilMs: number
  /** The commit after whose success the daemon dies, counted from 1; for sweeps. */
  readonly crashAtCommit: number | null
}

export const noFaults: FaultPlan = {
  crash: 0,
  vanish: 0,
  jump: 0,
  outage: 0,
  crashBeforeCommit: 0,
  crashAfterCommit: 0,
  refuseCommit: 0,
  loseCommitAnswer: 0,
  delayCommit: 0,
  crashBeforeCall: 0,
  crashAfterCall: 0,
  doubleCall: 0,
  slowCall: 0,
  engine: {},
  crashesMost: 0,
  untilMs: 0,
  crashAtCommit: null,
}

export function drawFaults(dice: Dice): FaultPlan {
  const maybe = (least: number, most: number): number => (dice.chance(0.45) ? least + dice.next() * (most - least) : 0)
  return {
    crash: maybe(0.005, 0.1),
    vanish: dice.chance(0.15) ? 0.002 + dice.next() * 0.02 : 0,
    jump: maybe(0.005, 0.05),
    outage: maybe(0.002, 0.02),
    crashBeforeCommit: maybe(0.005, 0.1),
    crashAfterCommit: maybe(0.01, 0.2),
    refuseCommit: maybe(0.02, 0.25),
    loseCommitAnswer: maybe(0.02, 0.2),
    delayCommit: maybe(0.05, 0.5),
    crashBeforeCall: maybe(0.01, 0.1),
    crashAfterCall: maybe(0.01, 0.1),
    doubleCall: maybe(0.1, 1),
    slowCall: maybe(0.05, 0.5),
    engine: {
      lost: maybe(0.02, 0.3),
      late: maybe(0.02, 0.4),
      doubled: maybe(0.05, 0.5),
      lateMsMost: dice.pick([50, 1_000, 8_000]),
      relistMs: dice.pick([2_000, 15_000]),
      refused: maybe(0.02, 0.25),
      answerLost: maybe(0.02, 0.25),
    },
    crashesMost: dice.int(1, 12),
    untilMs: dice.pick([20_000, 60_000, 180_000]),
    crashAtCommit: null,
  }
}
