/** Tags and patches may have made of the pod what admission would have refused. */
import { checkPodPolicy } from '../../admission/index.ts'
import type { PodPlan } from '../../engine/index.ts'
import { UserError } from '../../resources/index.ts'
import type { ControllerConfig } from '../config.ts'

/** Specs, which many pods share, and the policy that they were last held against. */
const passed = new WeakMap<PodPlan['spec'], ControllerConfig['policy']>()

/** @throws UserError POLICY */
export function checkPolicy(spec: PodPlan['spec'], policy: ControllerConfig['policy']): void {
  if (passed.get(spec) === policy) return
  const [breach] = checkPodPolicy(spec, policy)
  if (breach !== undefined)
    throw new UserError('POLICY', breach.rule === undefined ? breach.message : `${breach.message} (${breach.rule})`)
  passed.set(spec, policy)
}
