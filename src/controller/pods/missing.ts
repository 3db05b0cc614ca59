/** What a pod refers to is waited for where it is not there yet. */
import type { PodPlan } from '../../engine/index.ts'
import type { PodRequest } from '../../resources/index.ts'
import type { BackOff } from '../back-off.ts'
import { backOffMs } from '../back-off.ts'
import { NotYet } from './lookups.ts'
import { requestOf } from './making.ts'
import type { PodParts } from './pod-parts.ts'

const silentMs = 300
/** What is missing wakes the pod when it comes; this is for what is missed. */
const missingBackOff: BackOff = { firstMs: 1_000, factor: 2, capMs: 30_000 }

/** `NotYet` while something that it refers to is missing. @throws what is wrong for good, and the signal's reason */
export function requestNow(plan: PodPlan, parts: PodParts, signal: AbortSignal): PodRequest | NotYet {
  signal.throwIfAborted()
  try {
    return requestOf(plan, parts)
  } catch (error) {
    if (!(error instanceof NotYet)) throw error
    return error
  }
}

/** The request, once everything that it refers to is there; looked for just now, in vain. */
export async function whenComplete(
  look: () => PodRequest | NotYet,
  steps: { readonly wait: (message: string) => void; readonly pause: (ms: number) => Promise<void> },
): Promise<PodRequest> {
  // A claim that is being made for this workflow is there in a moment: nothing to tell anybody.
  await steps.pause(silentMs)
  for (let failures = 1; ; failures += 1) {
    const found = look()
    if (!(found instanceof NotYet)) return found
    steps.wait(found.message)
    await steps.pause(backOffMs(missingBackOff, failures))
  }
}
