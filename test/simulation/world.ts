/** What outlives every life of the daemon: clock, disk, engine, artifacts, and the misfortunes of the seed. */
import type { SimulatedEngine } from '../../src/runtime/simulated/index.ts'
import type { MemoryDisk } from '../../src/store/index.ts'
import type { Dice } from './dice.ts'
import type { FaultPlan } from './faults.ts'
import type { ArtifactShelf } from './simulated-artifacts.ts'
import type { SimulatedClock } from './simulated-clock.ts'

export type World = {
  readonly clock: SimulatedClock
  readonly engine: SimulatedEngine
  readonly disk: MemoryDisk
  readonly shelf: ArtifactShelf
  readonly database: { awayUntilMs: number; fullUntilMs: number }
  readonly faults: FaultPlan
  readonly misfortune: Dice
  /** What no controller can make good: it may change what comes of a workflow. */
  readonly unlucky: { refusals: number }
  /** Whether faults no longer come. */
  isKind(): boolean
  /** Throws for a death with that chance; never true once there were enough. */
  mayDie(chance: number): boolean
  /** Called at each commit that was stored; answers whether the daemon dies of it. */
  diesAfterCommit(): boolean
  trace(text: string | (() => string)): void
  /** A promise is broken. */
  wrong(text: string): void
}
