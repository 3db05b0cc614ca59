/** Artifacts and logs on their way: tried a few times; an engine that is away is waited for however long it takes. */
import type { ArtifactContext, Artifacts } from '../../artifacts/index.ts'
import type { PodPlan } from '../../engine/index.ts'
import type { Clock } from '../../resources/index.ts'
import type { Runtime } from '../../runtime/port.ts'
import { isEngineFault, persevere } from '../back-off.ts'
import type { BackOff } from '../back-off.ts'
import type { PodParts } from './pod-parts.ts'

/** What is put into a pod and what is fetched from it goes through these. */
export type TransferParts = {
  readonly runtime: Runtime
  readonly artifacts: Artifacts
  readonly clock: Clock
  readonly context: ArtifactContext
}

export const transferOf = (plan: PodPlan, { runtime, artifacts, clock, artifactContext }: PodParts): TransferParts => ({
  runtime,
  artifacts,
  clock,
  context: artifactContext(plan.identity.namespace),
})

/** Argo tries a transfer five times, a second apart at first. */
const backOff: BackOff = { firstMs: 1_000, factor: 1.6, capMs: 10_000 }
const triesMax = 5

/** @throws what `attempt` threw last, or the signal's reason */
export const transfer = <T>(attempt: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> =>
  persevere(attempt, { clock, backOff, triesMax, isUncounted: isEngineFault, signal })
