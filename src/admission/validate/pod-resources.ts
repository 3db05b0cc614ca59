/** Resources of a whole pod: cpu, memory and huge pages only. */
import type { ResourceRequirements } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

export function podResourcesFault(
  prefix: string,
  resources: ResourceRequirements | undefined,
  place: Place,
): Fault | null {
  if (!resources) return null
  if ((resources.claims ?? []).length > 0) {
    return fault(`${prefix}.claims is not supported for pod-level resources`, inside(place, 'claims'))
  }
  for (const list of ['limits', 'requests'] as const) {
    for (const name of Object.keys(resources[list] ?? {})) {
      if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')) continue
      const words = 'is not a valid pod-level resource, only cpu, memory and hugepages-* are supported'
      return fault(`${prefix}: "${name}" ${words}`, inside(place, list, name))
    }
  }
  return null
}
