/** Which faults a seed knows and how likely each is. A seed leaves some out, so that each is also met alone. */
import type { Faults } from '../../src/runtime/simulated/index.ts'
import type { Dice } from './dice.ts'

export type FaultPlan = {
  /** Chances at each step of the clock. */
  readonly crash: number
  readonly vanish: number
  readonly jump: number
  readonly outage: number
  /** A clean stop, in which the daemon may still die. */
  readonly drain: number
  /** Another daemon takes over while the old one goes on, or stands still and goes on later, and believes that it leads. */
  readonly usurp: number
  /** One of several daemons is cut off from the database, and goes on. */
  readonly partition: number
  /** The database fails over: what is asked of it waits, fails, or is done without an answer. */
  readonly failover: number
  /** No space is left for a while. */
  readonly full: number
  /** Chances at each commit. */
  readonly crashBeforeCommit: number
  readonly crashAfterCommit: number
  readonly refuseCommit: number
  readonly loseCommitAnswer: number
  readonly delayCommit: number
  /** Chance at each reading of the store. */
  readonly refuseRead: number
  /** Chances at each call to the runtime. */
  readonly crashBeforeCall: number
  readonly crashAfterCall: number
  readonly doubleCall: number
  readonly slowCall: number
  /** The engine answers 500, its work done or not. */
  readonly serverError: number
  /** No answer in time: nothing was done, or all, or it is done after the caller has given up. */
  readonly timeout: number
  /** The engine answers 404 or 409, and means it: what comes of the workflow may be another. */
  readonly clientError: number
  /** Chance at each transfer of an artifact, some times at most. */
  readonly transfer: number
  readonly engine: Faults
  /** Crashes that a run may see. */
  readonly crashesMost: number
  /** The await, counted from the start of each life, at which it ends is drawn below one of these; none: it is not. */
  readonly awaitsMost: readonly number[]
  /** Milliseconds after which the world is kind, so that all can come to rest. */
  readonly untilMs: number
  /** The commit after whose success the daemon dies, counted from 1; for sweeps. */
  readonly crashAtCommit: number | null
  /** Likewise the await of its first life. */
  readonly crashAtAwait: number | null
}

export const noFaults: FaultPlan = {
  crash: 0,
  vanish: 0,
  jump: 0,
  outage: 0,
  drain: 0,
  usurp: 0,
  partition: 0,
  failover: 0,
  full: 0,
  crashBeforeCommit: 0,
  crashAfterCommit: 0,
  refuseCommit: 0,
  loseCommitAnswer: 0,
  delayCommit: 0,
  refuseRead: 0,
  crashBeforeCall: 0,
  crashAfterCall: 0,
  doubleCall: 0,
  slowCall: 0,
  serverError: 0,
  timeout: 0,
  clientError: 0,
  transfer: 0,
  engine: {},
  crashesMost: 0,
  awaitsMost: [],
  untilMs: 0,
  crashAtCommit: null,
  crashAtAwait: null,
}

/** Those that the oldest seeds of the corpus were found with. */
export function drawFaults(dice: Dice): FaultPlan {
  const maybe = (least: number, most: number): number => (dice.chance(0.45) ? least + dice.next() * (most - least) : 0)
  return {
    ...noFaults,
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
  }
}

/** Deaths at any await, drains, two that lead, failing reads, a full disk, failovers, and more answers of the engine. */
export function withMoreFaults(plan: FaultPlan, dice: Dice): FaultPlan {
  const maybe = (chance: number, least: number, most: number): number =>
    dice.chance(chance) ? least + dice.next() * (most - least) : 0
  return {
    ...plan,
    drain: maybe(0.2, 0.005, 0.05),
    usurp: maybe(0.25, 0.01, 0.08),
    partition: maybe(0.4, 0.005, 0.05),
    failover: maybe(0.25, 0.005, 0.04),
    full: maybe(0.2, 0.005, 0.04),
    refuseRead: maybe(0.25, 0.02, 0.2),
    serverError: maybe(0.3, 0.02, 0.2),
    timeout: maybe(0.25, 0.02, 0.15),
    clientError: maybe(0.08, 0.01, 0.05),
    transfer: maybe(0.4, 0.1, 0.5),
    awaitsMost: dice.chance(0.6) ? dice.pick([[40], [40, 200], [150, 800], [40, 200, 1_000]]) : [],
  }
}
