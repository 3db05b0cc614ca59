/** What a pod's life is made with. */
import type { ArtifactContext, Artifacts } from '../../artifacts/index.ts'
import type { Observation } from '../../engine/index.ts'
import type { Clock, PodId } from '../../resources/index.ts'
import type { Runtime } from '../../runtime/port.ts'
import type { ControllerConfig } from '../config.ts'
import type { Log, Telemetry } from '../telemetry.ts'
import type { Capacity } from './capacity.ts'
import type { HostFacts } from './host-facts.ts'
import type { Lookups } from './lookups.ts'
import type { Scheduling } from './scheduling.ts'
import type { StartRate } from './start-rate.ts'

export type PodParts = {
  readonly clock: Clock
  readonly runtime: Runtime
  /** Resolves when it is certain that nobody else begins the same: see `Store.confirm`. `null`: nobody else can. */
  readonly confirm: (() => Promise<void>) | null
  readonly artifacts: Artifacts
  readonly telemetry: Telemetry
  readonly log: Log
  readonly capacity: Capacity
  /** Where there are several endpoints to run on. */
  readonly scheduling: Scheduling | null
  /** Why it is not known yet whether the pod stands on an endpoint; `null`: it is known. */
  readonly uncertain: (pod: PodId, wasRunning: boolean) => string | null
  /** Why the engine that has the pod, or the only one, cannot be asked; `null`: it can. */
  readonly away: (endpoint: string | undefined) => string | null
  readonly lookups: Lookups
  readonly startRate: StartRate
  /** Pods that are being started right now. */
  readonly starting: Set<PodId>
  readonly host: () => HostFacts
  /** May change at any time. */
  readonly config: Pick<ControllerConfig, 'pullPolicy' | 'policy'>
  readonly progressPollMs: number
  readonly artifactContext: (namespace: string) => ArtifactContext
  readonly observe: (observation: Observation) => void
}
