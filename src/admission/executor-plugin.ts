/**
 * Executor plugins as manifests: kind ExecutorPlugin, and the ConfigMap that `argo executor-plugin build` makes of it
 * (`sidecar.container` as YAML, label `workflows.argoproj.io/configmap-type: ExecutorPlugin`).
 */
import { parse, stringify } from 'yaml'
import { executorPluginKind } from '../resources/index.ts'
import type { ConfigMap, ExecutorPlugin } from '../resources/index.ts'
import { decode } from './decode.ts'
import type { Path } from './problem.ts'
import { pathText } from './problem.ts'
import { rawOf } from './raw-node.ts'
import { pluginFault } from './validate/executor-plugins.ts'

const nameEnd = '-executor-plugin'
const typeLabel = 'workflows.argoproj.io/configmap-type'

/** The ConfigMap under which the plugin is stored. */
export function configMapOf({ metadata, spec }: ExecutorPlugin): ConfigMap {
  const { automountServiceAccountToken = false, container } = spec.sidecar
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      ...metadata,
      name: `${metadata.name ?? ''}${nameEnd}`,
      labels: { ...metadata.labels, [typeLabel]: 'ExecutorPlugin' },
    },
    data: {
      'sidecar.automountServiceAccountToken': String(automountServiceAccountToken),
      'sidecar.container': stringify(container, { lineWidth: 0 }),
    },
  }
}

export type ReadPlugin =
  { readonly ok: true; readonly plugin: ExecutorPlugin } | { readonly ok: false; readonly error: string }

/** The plugin in such a ConfigMap, or what is wrong with it in Argo's words. */
export function readExecutorPlugin({ metadata, data = {} }: ConfigMap): ReadPlugin {
  const { name = '', namespace } = metadata
  let container: unknown
  try {
    container = parse(data['sidecar.container'] ?? '') ?? {}
  } catch (error) {
    return { ok: false, error: `sidecar.container: ${error instanceof Error ? error.message : String(error)}` }
  }
  const automountServiceAccountToken = data['sidecar.automountServiceAccountToken'] === 'true'
  const given = {
    metadata: {
      name: name.endsWith(nameEnd) ? name.slice(0, -nameEnd.length) : name,
      ...(namespace ? { namespace } : {}),
    },
    spec: { sidecar: { automountServiceAccountToken, container } },
  }
  const decoded = decode(rawOf(given), executorPluginKind.schema, {
    strict: true,
    scalarsAsText: true,
    sortKeys: false,
  })
  const [unknown] = decoded.unknown
  const decodingError =
    decoded.fault?.message ?? (unknown === undefined ? null : `unknown field "${pathText(unknown.path)}"`)
  if (decodingError !== null) return { ok: false, error: decodingError }
  const plugin = decoded.value as ExecutorPlugin
  const fault = pluginFault(plugin)
  return fault === null ? { ok: true, plugin } : { ok: false, error: fault.words }
}

/** What is wrong with a plugin that can be read, and where. */
export function executorPluginProblem(
  plugin: ExecutorPlugin,
): { readonly message: string; readonly path: Path } | null {
  const fault = pluginFault(plugin)
  return fault === null ? null : { message: fault.words, path: fault.path }
}
