/** Which executor plugins a workflow has: its own, or those that lie as ConfigMaps in its namespace and the controller's. */
import { readExecutorPlugin } from '../../admission/index.ts'
import type { ExecutorPlugin } from '../../resources/index.ts'
import type { ObjectTable } from '../objects.ts'
import type { Log } from '../telemetry.ts'

const typeLabel = 'workflows.argoproj.io/configmap-type'

export type PluginSources = {
  readonly objects: Pick<ObjectTable, 'list'>
  readonly controllerNamespace: string
  readonly log: Log
}

/** Of two with one name the workflow's namespace wins. One that is wrong is passed over, and said. */
export function installedPlugins(
  namespace: string,
  { objects, controllerNamespace, log }: PluginSources,
): readonly ExecutorPlugin[] {
  const byName = new Map<string, ExecutorPlugin>()
  for (const from of new Set([controllerNamespace, namespace]))
    for (const map of objects.list('ConfigMap', from)) {
      if (map.metadata?.labels?.[typeLabel] !== 'ExecutorPlugin') continue
      const read = readExecutorPlugin(map)
      if (read.ok) byName.set(read.plugin.metadata.name ?? '', read.plugin)
      else
        log.error(
          { configMap: map.metadata?.name, namespace: from, error: read.error },
          'an executor plugin is wrong and not used',
        )
    }
  return [...byName.values()].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
}
