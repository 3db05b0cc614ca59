/** Lifecycle hooks of a spec or a step. */
import type { LifecycleHook } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

/** Every hook but the one at the end needs a condition. */
export function hooksFault(
  prefix: string,
  hooks: Readonly<Record<string, LifecycleHook>> | undefined,
  place: Place,
): Fault | null {
  for (const [name, hook] of Object.entries(hooks ?? {})) {
    if (name !== 'exit' && !hook.expression) return fault(`${prefix}.${name} Expression required`, inside(place, name))
  }
  return null
}
