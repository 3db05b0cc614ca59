/** `spec.shutdown`: what is refused, and what may go on (semantics-flow.md §10). */
import type { Run } from './run.ts'

export type Strategy = 'Stop' | 'Terminate'

export function shutdownOf(run: Run): Strategy | null {
  const text = run.workflow.spec?.shutdown ?? run.spec.shutdown
  return text === 'Stop' || text === 'Terminate' ? text : null
}

/** Stop spares exit handlers, Terminate nothing. */
export function isShutDown(run: Run, inExitHandler: boolean): boolean {
  const strategy = shutdownOf(run)
  return strategy === 'Terminate' || (strategy === 'Stop' && !inExitHandler)
}

export const stoppedText = (strategy: Strategy): string => `Stopped with strategy '${strategy}'`

/** The message of a node that may not go on because of the shutdown, or null. */
export function refusalByShutdown(run: Run, inExitHandler: boolean): string | null {
  const strategy = shutdownOf(run)
  return strategy !== null && isShutDown(run, inExitHandler) ? stoppedText(strategy) : null
}

export const deadlineText = 'Step exceeded its deadline'

/** Why nothing that is still missing will come any more, or null: Argo would wait for it for ever. */
export function endOfWaiting(run: Run, inExitHandler: boolean): string | null {
  const deadline = run.deadline()
  const isLate = deadline !== null && run.now >= deadline && !inExitHandler
  return refusalByShutdown(run, inExitHandler) ?? (isLate ? deadlineText : null)
}
