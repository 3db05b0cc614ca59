/** From what a pod's containers came to, to a phase and a message (semantics.md §3.3). */
import type { ContainerState } from '../resources/index.ts'
import type { PodPlan } from './effects.ts'
import type { PodResult } from './observations.ts'

/** Of a containerSet's container that was to go on when its pod ended. */
export const cutShortText = 'Pod Failed whilst container running'

export type Verdict = { readonly phase: 'Succeeded' | 'Failed' | 'Error'; readonly message: string }

const deadlineText = 'Pod was active on the node longer than the specified deadline'
const wrapperExit = 64

export function assessPod(result: PodResult, plan: PodPlan): Verdict {
  const { state } = result
  if (isPlainlyGood(result, plan)) return succeeded
  if (state.deadlineExceeded === true) return { phase: 'Failed', message: deadlineText }
  if (result.stageError !== undefined)
    return { phase: 'Error', message: `init: Error (exit code ${wrapperExit}): ${result.stageError}` }
  for (const container of state.containers.filter((one) => one.role === 'init')) {
    const verdict = judgeOther(container)
    if (verdict !== null) return verdict
  }
  const mains = state.containers.filter((one) => one.role === 'main').sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const container of mains) {
    if (container.state === 'waiting')
      return {
        phase: 'Error',
        message: `Pod failed before ${container.name} container starts due to ${container.reason ?? ''}: ${container.message ?? ''}`,
      }
    if (container.state === 'exited' && container.exitCode !== 0)
      return { phase: 'Failed', message: exitText(container) }
  }
  if (result.collectError !== undefined)
    return { phase: 'Error', message: `wait: Error (exit code ${wrapperExit}): ${result.collectError}` }
  for (const container of state.containers.filter((one) => one.role === 'sidecar')) {
    const verdict = judgeOther(container)
    if (verdict !== null) return verdict
  }
  if (plan.mains.every((name) => mains.some((one) => one.name === name && one.exitCode === 0))) return succeeded
  return { phase: 'Failed', message: 'pod failed: main container did not complete successfully' }
}

const succeeded: Verdict = { phase: 'Succeeded', message: '' }

/** One container, which ended with 0, and nothing went wrong around it: most pods. */
function isPlainlyGood({ state, stageError, collectError }: PodResult, { mains }: PodPlan): boolean {
  const [only] = state.containers
  return (
    state.containers.length === 1 &&
    only?.role === 'main' &&
    only.state === 'exited' &&
    only.exitCode === 0 &&
    mains.length === 1 &&
    mains[0] === only.name &&
    state.deadlineExceeded !== true &&
    stageError === undefined &&
    collectError === undefined
  )
}

/** Sidecars and user init containers: a kill from outside is no failure. */
function judgeOther(container: ContainerState): Verdict | null {
  const { exitCode } = container
  if (container.state !== 'exited' || exitCode === undefined || exitCode === 0 || exitCode === 137 || exitCode === 143)
    return null
  return { phase: 'Failed', message: exitText(container) }
}

export function exitText(container: ContainerState): string {
  const message = container.message ? `: ${container.message}` : ''
  return `${container.name}: ${reasonOf(container)} (exit code ${container.exitCode ?? 0})${message}`
}

export function reasonOf(container: ContainerState): string {
  if (container.reason === 'OOMKilled') return 'OOMKilled'
  return container.exitCode === 0 ? 'Completed' : 'Error'
}
