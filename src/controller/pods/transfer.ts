/** Artifacts and logs on their way: tried a few times; an engine that is away is waited for however long it takes. */
import type { Clock } from '../../resources/index.ts'
import { isEngineFault, persevere } from '../back-off.ts'
import type { BackOff } from '../back-off.ts'

/** Argo tries a transfer five times, a second apart at first. */
const backOff: BackOff = { firstMs: 1_000, factor: 1.6, capMs: 10_000 }
const triesMax = 5

/** @throws what `attempt` threw last, or the signal's reason */
export const transfer = <T>(attempt: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> =>
  persevere(attempt, { clock, backOff, triesMax, isUncounted: isEngineFault, signal })
