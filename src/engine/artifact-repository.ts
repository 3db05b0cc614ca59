/** Which repository a workflow's artifacts go to, resolved once (semantics-templates.md §6.1). */
import type { ArtifactRepositoryRefStatus } from '../resources/index.ts'
import { readYamlValue } from '../admission/index.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'

const defaultKeyAnnotation = 'workflows.argoproj.io/default-artifact-repository'
const defaultConfigMap = 'artifact-repositories'

export function resolveRepository(run: Run): Outcome<ArtifactRepositoryRefStatus> {
  const { config } = run.world
  const ref = run.spec.artifactRepositoryRef
  const fallback: ArtifactRepositoryRefStatus = { default: true, artifactRepository: config.artifactRepository }
  if (ref === undefined) {
    const found = lookUp(run, run.namespace, defaultConfigMap, undefined)
    return found.ok && found.value !== null ? good(found.value) : good(fallback)
  }
  const configMap = ref.configMap || defaultConfigMap
  for (const namespace of new Set([run.namespace, config.controllerNamespace])) {
    const found = lookUp(run, namespace, configMap, ref.key)
    if (!found.ok) return bad(found.error)
    if (found.value !== null) return good(found.value)
  }
  return bad(
    `failed to find any artifact repository for artifact repository ref "${ref.configMap ?? ''}#${ref.key ?? ''}"`,
  )
}

function lookUp(
  run: Run,
  namespace: string,
  configMap: string,
  wanted: string | undefined,
): Outcome<ArtifactRepositoryRefStatus | null> {
  const map = run.world.configMap(namespace, configMap)
  if (map === null) return good(null)
  const key = wanted || map.metadata?.annotations?.[defaultKeyAnnotation] || ''
  const text = map.data?.[key]
  if (text === undefined) return good(null)
  const parsed = readYamlValue(text)
  if (!parsed.ok)
    return bad(
      `failed to unmarshall config map key "${key}" for artifact repository ref "${namespace}/${configMap}#${key}": ${parsed.error}`,
    )
  return good({
    namespace,
    configMap,
    key,
    artifactRepository: parsed.value as NonNullable<ArtifactRepositoryRefStatus['artifactRepository']>,
  })
}
