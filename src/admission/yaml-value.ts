/** One YAML or JSON text as a plain value, read as manifests are: for texts inside of manifests (patches, repositories, resources). */
import { defaultLimits } from './limits.ts'
import { plainOf } from './raw-node.ts'
import { yamlTree } from './read-tree.ts'
import { podSpecMerge, strategicMerge } from './strategic-merge.ts'

export type YamlValue = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string }

/** `null` for a text without content. */
export function readYamlValue(text: string): YamlValue {
  const tree = yamlTree({ text, firstLine: 1, firstColumn: 1 }, { limits: defaultLimits })
  if (tree === null) return { ok: true, value: null }
  return 'problem' in tree ? { ok: false, error: tree.problem.message } : { ok: true, value: plainOf(tree.node) }
}

/** A `podSpecPatch` on a pod's spec, as a strategic merge. */
export function applyPodSpecPatch<T extends object>(
  spec: T,
  text: string,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string } {
  const patch = readYamlValue(text)
  if (!patch.ok) return patch
  if (typeof patch.value !== 'object' || patch.value === null || Array.isArray(patch.value))
    return { ok: false, error: 'json: cannot unmarshal into Go value of type v1.PodSpec' }
  try {
    return { ok: true, value: strategicMerge<T>(spec, patch.value, podSpecMerge) }
  } catch (cause) {
    return { ok: false, error: cause instanceof Error ? cause.message : String(cause) }
  }
}
