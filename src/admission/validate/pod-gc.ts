/** When pods are removed: a known strategy and a selector that can be read. */
import type { PodGC } from '../../resources/index.ts'
import { labelSelectorOf } from '../../expressions/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

const strategies = ['', 'OnPodCompletion', 'OnPodSuccess', 'OnWorkflowCompletion', 'OnWorkflowSuccess']

export function podGCFault(podGC: PodGC | undefined, place: Place): Fault | null {
  const strategy = podGC?.strategy ?? ''
  if (!strategies.includes(strategy)) {
    return fault(`podGC.strategy unknown strategy '${strategy}'`, inside(place, 'strategy'))
  }
  const selector = podGC?.labelSelector ? labelSelectorOf(podGC.labelSelector) : null
  if (selector === null || selector.ok) return null
  return fault(`podGC.labelSelector invalid: ${selector.error}`, inside(place, 'labelSelector'))
}
