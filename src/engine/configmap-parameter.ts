/** Parameter values out of ConfigMaps that are labelled for it (semantics-templates.md §5.1). */
import type { ConfigMapKeySelector } from '../resources/index.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'

export const configMapType = 'workflows.argoproj.io/configmap-type'

/** `missing` tells a map or key that is not there (for which a default may stand in) from one that must not be used. */
export function parameterFromConfigMap(
  run: Run,
  ref: ConfigMapKeySelector,
): Outcome<string> & { readonly missing?: boolean } {
  const name = ref.name ?? ''
  const map = run.world.configMap(run.namespace, name)
  if (map === null) return { ...bad(`configmap "${name}" not found`), missing: true }
  if (map.metadata?.labels?.[configMapType] !== 'Parameter')
    return bad(`ConfigMap '${name}' needs to have the label ${configMapType}: Parameter to load parameters`)
  const value = map.data?.[ref.key]
  if (value === undefined) return { ...bad(`ConfigMap '${name}' does not have the key '${ref.key}'`), missing: true }
  return good(value)
}
