/** Executor plugins of a spec: a name, and a sidecar with all that Argo demands of it. */
import type { ExecutorPlugin } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

export function executorPluginsFault(plugins: readonly ExecutorPlugin[] | undefined, place: Place): Fault | null {
  for (const [index, plugin] of (plugins ?? []).entries()) {
    const found = pluginFault(plugin)
    if (found !== null) return fault(`spec.executorPlugins: ${found.words}`, inside(place, index))
  }
  return null
}

export type PluginFault = { readonly words: string; readonly path: readonly string[] }

/** The first thing that Argo would refuse, and where it stands in the plugin. */
export function pluginFault({ metadata, spec }: ExecutorPlugin): PluginFault | null {
  const { ports, resources, securityContext } = spec.sidecar.container
  const at = ['spec', 'sidecar', 'container']
  if (!metadata.name) return { words: 'executor plugin metadata name is mandatory', path: ['metadata'] }
  if ((ports ?? []).length === 0) return { words: 'at least one port is mandatory', path: at }
  if (!resources?.requests) return { words: 'resources requests are mandatory', path: [...at, 'resources'] }
  if (!resources.limits) return { words: 'resources limits are mandatory', path: [...at, 'resources'] }
  return securityContext ? null : { words: 'security context is mandatory', path: at }
}
