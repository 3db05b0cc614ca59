/** The volumes of a pod: what stands behind each name that a container mounts. */
import type { Container, FileRequest, KeyToPath, Volume, VolumeRequest } from '../../resources/index.ts'
import { UserError } from '../../resources/index.ts'
import { claimOwnerOf, volumeLabelsOf, volumeNameOf } from '../names.ts'
import { configMapKeys, configMapValue, secretKeys, secretValue } from '../objects.ts'
import { wholeUnits } from './amounts.ts'
import type { EnvContext } from './env.ts'
import { fieldValue, resourceValue } from './downward.ts'
import { NotYet } from './lookups.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const defaultMode = 0o644

type DownwardFile = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number]
/** A source of files: all keys, or those that `items` names, under its paths. */
type Keyed = {
  readonly kind: 'configmap' | 'secret'
  readonly name: string
  readonly optional: boolean
  readonly items: readonly KeyToPath[] | undefined
  readonly mode: number
}

/**
 * Only the volumes that some container mounts.
 * @throws NotYet where a claim, ConfigMap or Secret is missing; UserError for a kind of volume Docker has nothing for
 */
export function volumesOf(
  volumes: readonly Volume[],
  containers: readonly Container[],
  context: EnvContext,
): VolumeRequest[] {
  const mounted = new Set(containers.flatMap((container) => (container.volumeMounts ?? []).map((mount) => mount.name)))
  for (const container of containers)
    for (const mount of container.volumeMounts ?? [])
      if (!volumes.some((volume) => volume.name === mount.name))
        throw new UserError('UNKNOWN_VOLUME', `volume '${mount.name}' not found in workflow spec`)
  return volumes.filter((volume) => mounted.has(volume.name)).map((volume) => oneVolume(volume, context))
}

function oneVolume(volume: Volume, context: EnvContext): VolumeRequest {
  const { name } = volume
  if (volume.hostPath !== undefined) {
    const { path, type } = volume.hostPath
    return { kind: 'hostPath', name, path, ...(type === undefined ? {} : { type }) }
  }
  if (volume.persistentVolumeClaim !== undefined) {
    const { claimName, readOnly } = volume.persistentVolumeClaim
    const claim = context.lookups.claim(context.namespace, claimName)
    if (claim === null) throw new NotYet(`Unschedulable: persistentvolumeclaim "${claimName}" not found`)
    return {
      kind: 'claim',
      name,
      volumeName: volumeNameOf(context.namespace, claimName),
      labels: volumeLabelsOf(context.namespace, claimName, claimOwnerOf(context.namespace, claim)),
      ...(readOnly ? { readOnly } : {}),
    }
  }
  if (volume.configMap !== undefined) {
    const source = { kind: 'configmap' as const, name: volume.configMap.name ?? '', ...shared(volume.configMap) }
    return files(name, false, keyedFiles(source, context))
  }
  if (volume.secret !== undefined) {
    const source = { kind: 'secret' as const, name: volume.secret.secretName ?? '', ...shared(volume.secret) }
    return files(name, true, keyedFiles(source, context))
  }
  if (volume.downwardAPI !== undefined) {
    const { defaultMode: mode, items } = volume.downwardAPI
    return files(name, false, downwardFiles(items ?? [], mode ?? defaultMode, context))
  }
  if (volume.projected !== undefined) return projected(name, volume.projected, context)
  const { medium, sizeLimit } = volume.emptyDir ?? {}
  if (volume.emptyDir !== undefined || volume.ephemeral !== undefined || Object.keys(volume).length === 1) {
    const sizeBytes = wholeUnits(sizeLimit)
    return { kind: 'empty', name, ...(medium === 'Memory' ? { medium } : {}), ...(sizeBytes ? { sizeBytes } : {}) }
  }
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? '?'
  throw new UserError('UNSUPPORTED_VOLUME', `volume '${name}': a volume of kind ${kind} cannot be mounted on Docker`)
}

function projected(name: string, source: NonNullable<Volume['projected']>, context: EnvContext): VolumeRequest {
  const mode = source.defaultMode ?? defaultMode
  const found: FileRequest[] = []
  let secret = false
  for (const part of source.sources ?? []) {
    if (part.configMap !== undefined) {
      const keyed = { kind: 'configmap' as const, name: part.configMap.name ?? '', ...shared(part.configMap), mode }
      found.push(...keyedFiles(keyed, context))
    }
    if (part.secret !== undefined) {
      secret = true
      const keyed = { kind: 'secret' as const, name: part.secret.name ?? '', ...shared(part.secret), mode }
      found.push(...keyedFiles(keyed, context))
    }
    if (part.downwardAPI !== undefined) found.push(...downwardFiles(part.downwardAPI.items ?? [], mode, context))
  }
  return files(name, secret, found)
}

const files = (name: string, secret: boolean, list: readonly FileRequest[]): VolumeRequest => ({
  kind: 'files',
  name,
  secret,
  files: list,
})

const shared = (source: {
  readonly optional?: boolean
  readonly items?: readonly KeyToPath[]
  readonly defaultMode?: number
}) => ({
  optional: source.optional === true,
  items: source.items,
  mode: source.defaultMode ?? defaultMode,
})

function keyedFiles(source: Keyed, { namespace, lookups }: EnvContext): FileRequest[] {
  const map = source.kind === 'configmap' ? lookups.configMap(namespace, source.name) : null
  const secret = source.kind === 'secret' ? lookups.secret(namespace, source.name) : null
  if (map === null && secret === null) {
    if (source.optional) return []
    throw new NotYet(`ContainerCreating: ${source.kind} "${source.name}" not found`)
  }
  const keys = map !== null ? configMapKeys(map) : secret !== null ? secretKeys(secret) : []
  const items: readonly KeyToPath[] = source.items ?? keys.map((key) => ({ key, path: key }))
  return items.flatMap((item): FileRequest[] => {
    const content = map !== null ? configMapValue(map, item.key) : secretValue(secret, item.key)
    if (content !== null) return [{ path: item.path, content, mode: item.mode ?? source.mode }]
    if (source.optional) return []
    throw new NotYet(
      `ContainerCreating: references non-existent ${source.kind === 'secret' ? 'secret' : 'config'} key: ${item.key}`,
    )
  })
}

function downwardFiles(items: readonly DownwardFile[], mode: number, context: EnvContext): FileRequest[] {
  return items.map((item) => {
    const container = context.containers.find((other) => other.name === item.resourceFieldRef?.containerName)
    const value =
      item.fieldRef !== undefined
        ? fieldValue(item.fieldRef, context.facts)
        : item.resourceFieldRef !== undefined
          ? resourceValue(item.resourceFieldRef, container, context.facts)
          : ''
    return { path: item.path, content: encode(value), mode: item.mode ?? mode }
  })
}
