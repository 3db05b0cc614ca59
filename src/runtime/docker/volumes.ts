/**
 * Volumes of a pod as Docker mounts, and the files that must stand in them before the start.
 *
 * A `subPath` mounts the whole volume under `/.drydock` and puts a symlink at the mount path: Engine 20.10 has no
 * sub-paths of volumes, and binding a path below the volume's directory on the host would follow symlinks that an
 * earlier step planted there, out of the volume. A symlink inside the container can lead nowhere but into the container.
 *
 * Volumes with given content, and those in memory, have a holder: a container that mounts them writable and, for memory,
 * runs while the pod is there, since a tmpfs volume loses its content when nothing mounts it.
 */
import { UserError } from '../../resources/index.ts'
import type { ContainerRequest, MountRequest, PodRequest, VolumeRequest } from '../../resources/index.ts'
import { identityLabels, label, podVolumeName } from './names.ts'
import type { TarEntry } from './tar.ts'

export type DockerMount = {
  readonly Type: 'volume' | 'bind'
  readonly Source: string
  readonly Target: string
  readonly ReadOnly: boolean
  readonly VolumeOptions?: {
    readonly NoCopy: true
    readonly Labels: Readonly<Record<string, string>>
    readonly DriverConfig?: { readonly Name: 'local'; readonly Options: Readonly<Record<string, string>> }
  }
}

export type ContainerMounts = {
  readonly mounts: readonly DockerMount[]
  /** `source:target[:ro]`, for host paths the engine is to create where missing. */
  readonly binds: readonly string[]
  readonly subPaths: readonly SubPath[]
}

/** `link` in the container leads to `target`, below `volumeRoot`, where the volume is mounted whole. */
export type SubPath = { readonly link: string; readonly target: string; readonly isFilesVolume: boolean }

export type HolderVolume = { readonly volume: VolumeRequest; readonly path: string; readonly mount: DockerMount }

export const ownRoot = '/.drydock'

/** Names of the Docker volumes that belong to this pod alone. */
export function volumesOf(pod: PodRequest): readonly string[] {
  const own = pod.volumes.filter((one) => one.kind === 'empty' || one.kind === 'files')
  const staging = pod.containers.some((one) => one.security.readOnlyRootFilesystem) ? stagingVolumes : []
  return [...own.map((one) => one.name), ...staging.map((one) => one.name)].map((name) =>
    podVolumeName(pod.identity.id, name),
  )
}

/** Nothing can be unpacked into a read-only root, so what Argo and we write goes to volumes, as Argo does it. */
export const stagingVolumes: readonly { readonly name: string; readonly path: string }[] = [
  { name: '_staging', path: '/argo/staging' },
  { name: '_argo', path: '/var/run/argo' },
  { name: '_own', path: ownRoot },
]

/** @throws UserError for a mount of an unknown volume or a path that leads out of it */
export function mountsOf(pod: PodRequest, container: ContainerRequest, instance: string): ContainerMounts {
  const mounts: DockerMount[] = []
  const binds: string[] = []
  const subPaths: SubPath[] = []
  for (const mount of container.mounts) {
    const volume = pod.volumes.find((one) => one.name === mount.volume)
    if (!volume) throw new UserError('UNKNOWN_VOLUME', `volume '${mount.volume}' not found in workflow spec`)
    if (!mount.mountPath) throw new UserError('BAD_MOUNT', `volume '${mount.volume}' is mounted without a path`)
    const target = mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`
    const isReadOnly = mount.readOnly === true || (volume.kind === 'claim' && volume.readOnly === true)
    const subPath = checkedSubPath(mount)
    if (volume.kind === 'hostPath') {
      addHostPath(volume, { target, subPath, isReadOnly }, mounts, binds)
      continue
    }
    const isFiles = volume.kind === 'files'
    if (subPath === '') {
      mounts.push(volumeMount(pod, volume, instance, target, isReadOnly || isFiles))
      continue
    }
    const root = `${ownRoot}/volumes/${volume.name}${isReadOnly ? '.ro' : ''}`
    if (!mounts.some((one) => one.Target === root)) {
      mounts.push(volumeMount(pod, volume, instance, root, isReadOnly || isFiles))
    }
    subPaths.push({ link: target, target: `${root}/${subPath}`, isFilesVolume: isFiles || isReadOnly })
  }
  if (container.security.readOnlyRootFilesystem) {
    for (const { name, path } of stagingVolumes) {
      if (!mounts.some((one) => one.Target === path)) {
        mounts.push(volumeMount(pod, { kind: 'empty', name }, instance, path, false))
      }
    }
  }
  return { mounts, binds, subPaths }
}

function checkedSubPath(mount: MountRequest): string {
  const parts = (mount.subPath ?? '').split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || mount.subPath?.startsWith('/')) {
    throw new UserError(
      'BAD_SUB_PATH',
      `subPath "${mount.subPath ?? ''}" of volume '${mount.volume}' leads out of the volume`,
    )
  }
  return parts.join('/')
}

function addHostPath(
  volume: Extract<VolumeRequest, { kind: 'hostPath' }>,
  where: { readonly target: string; readonly subPath: string; readonly isReadOnly: boolean },
  mounts: DockerMount[],
  binds: string[],
): void {
  const source = where.subPath === '' ? volume.path : `${volume.path.replace(/\/$/, '')}/${where.subPath}`
  const mayCreate = volume.type === undefined || volume.type === '' || volume.type === 'DirectoryOrCreate'
  const isPlain = !source.includes(':') && !where.target.includes(':')
  if (mayCreate && isPlain) binds.push(`${source}:${where.target}${where.isReadOnly ? ':ro' : ''}`)
  else mounts.push({ Type: 'bind', Source: source, Target: where.target, ReadOnly: where.isReadOnly })
}

type NamedVolume = Exclude<VolumeRequest, { kind: 'hostPath' }>

function volumeMount(
  pod: PodRequest,
  volume: NamedVolume,
  instance: string,
  target: string,
  isReadOnly: boolean,
): DockerMount {
  const isMemory = isInMemory(volume)
  const size = volume.kind === 'empty' && volume.sizeBytes ? `,size=${Math.ceil(volume.sizeBytes)}` : ''
  const options = { type: 'tmpfs', device: 'tmpfs', o: `mode=0777${size}` }
  return {
    Type: 'volume',
    Source: volume.kind === 'claim' ? volume.volumeName : podVolumeName(pod.identity.id, volume.name),
    Target: target,
    ReadOnly: isReadOnly,
    VolumeOptions: {
      NoCopy: true,
      Labels:
        volume.kind === 'claim'
          ? { ...volume.labels, [label.instance]: instance }
          : identityLabels(instance, pod.identity),
      ...(isMemory && { DriverConfig: { Name: 'local', Options: options } }),
    },
  }
}

export const isInMemory = (volume: VolumeRequest): boolean =>
  (volume.kind === 'empty' && volume.medium === 'Memory') || (volume.kind === 'files' && volume.secret)

/** The volumes that need a holder, where it mounts them. */
export function heldVolumes(pod: PodRequest, instance: string): readonly HolderVolume[] {
  const held: HolderVolume[] = []
  for (const volume of pod.volumes) {
    if (volume.kind === 'files' || (volume.kind === 'empty' && isInMemory(volume))) {
      const path = `/v${held.length}`
      held.push({ volume, path, mount: volumeMount(pod, volume, instance, path, false) })
    }
  }
  return held
}

/** What is unpacked into the holder: the content of the files volumes, and roots everyone may write to. */
export function holderEntries(held: readonly HolderVolume[], fsGroup: number | undefined): readonly TarEntry[] {
  const entries: TarEntry[] = []
  for (const { volume, path } of held) {
    if (volume.kind === 'empty') entries.push(rootEntry(path, fsGroup))
    if (volume.kind !== 'files') continue
    entries.push({ kind: 'directory', path, mode: 0o755, gid: fsGroup })
    const directories = new Set<string>()
    for (const file of volume.files) {
      const parts = file.path.split('/').filter((part) => part !== '' && part !== '.')
      if (parts.includes('..'))
        throw new UserError('BAD_FILE_PATH', `"${file.path}" leads out of volume '${volume.name}'`)
      parts.slice(0, -1).forEach((_, index) => directories.add(`${path}/${parts.slice(0, index + 1).join('/')}`))
      const mode = fsGroup === undefined ? file.mode : file.mode | 0o040
      entries.push({ kind: 'file', path: `${path}/${parts.join('/')}`, mode, content: file.content, gid: fsGroup })
    }
    const made = [...directories].map((directory): TarEntry => ({ kind: 'directory', path: directory, mode: 0o755 }))
    entries.splice(entries.length - volume.files.length, 0, ...made)
  }
  return entries
}

/** The root of a fresh volume is root's alone; of an emptyDir anyone may write there, as on Kubernetes. */
export function rootEntry(path: string, fsGroup: number | undefined): TarEntry {
  return { kind: 'directory', path, mode: fsGroup === undefined ? 0o777 : 0o2777, gid: fsGroup }
}
