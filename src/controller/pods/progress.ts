/** What a running pod writes of its progress, read again and again and told where it has changed. */
import type { PodPlan } from '../../engine/index.ts'
import { isRetryable } from '../back-off.ts'
import { readProgress } from './collect.ts'
import type { PodParts } from './pod-parts.ts'

export async function followProgress(
  plan: PodPlan,
  { clock, runtime, progressPollMs, observe }: PodParts,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { nodeId, id } = plan.identity
  let last = ''
  while (!isOver() && !signal.aborted) {
    try {
      await clock.sleep(progressPollMs, signal)
      if (isOver()) return
      const progress = await readProgress(plan, runtime, signal)
      if (progress === null || progress === last) continue
      last = progress
      observe({ kind: 'podProgress', node: nodeId, pod: id, progress })
    } catch (error) {
      if (!isRetryable(error)) return
    }
  }
}
