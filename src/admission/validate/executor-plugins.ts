/** Executor plugins of a spec: a name, and a sidecar with all that Argo demands of it. */
import type { ExecutorPlugin } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

export function executorPluginsFault(plugins: readonly ExecutorPlugin[] | undefined, place: Place): Fault | null {
  for (const [index, plugin] of (plugins ?? []).entries()) {
    const words = pluginFault(plugin)
    if (words !== null) return fault(`spec.executorPlugins: ${words}`, inside(place, index))
  }
  return null
}

function pluginFault({ metadata, spec }: ExecutorPlugin): string | null {
  const { ports, resources, securityContext } = spec.sidecar.container
  if (!metadata.name) return 'executor plugin metadata name is mandatory'
  if ((ports ?? []).length === 0) return 'at least one port is mandatory'
  if (!resources?.requests) return 'resources requests are mandatory'
  if (!resources.limits) return 'resources limits are mandatory'
  return securityContext ? null : 'security context is mandatory'
}
