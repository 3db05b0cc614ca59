/** A container request as the body of the engine's create call. Pure. */
import { UserError } from '../../resources/index.ts'
import type { ContainerRequest, PodRequest } from '../../resources/index.ts'
import type { ImageConfig } from './images.ts'
import { identityLabels, label } from './names.ts'
import type { TarEntry } from './tar.ts'
import type { ContainerMounts } from './volumes.ts'
import { ownRoot } from './volumes.ts'

export type CreateInput = {
  readonly instance: string
  readonly pod: PodRequest
  readonly container: ContainerRequest
  readonly image: ImageConfig
  readonly mounts: ContainerMounts
  readonly networkMode: string
  readonly plan: string
  readonly logOptions: Readonly<Record<string, string>>
}

export type CreateBody = { readonly body: object; readonly files: readonly TarEntry[] }

/** Docker refuses less. */
const leastMemoryBytes = 6 * 1024 * 1024
/** Linux takes no argument longer than 32 pages, its end mark included. */
const longestArgumentBytes = 128 * 1024 - 1

/** @throws UserError where the container can never run */
export function createBody(input: CreateInput): CreateBody {
  const { pod, container, image } = input
  const { resources, security } = container
  const own = commandOf(container)
  const memory = resources.memoryLimitBytes && Math.max(Math.ceil(resources.memoryLimitBytes), leastMemoryBytes)
  const body = {
    Image: container.image,
    ...(own.command && { Entrypoint: own.command }),
    ...(own.args && { Cmd: own.args }),
    Env: environmentOf(pod, container),
    ...(container.workingDir && { WorkingDir: container.workingDir }),
    ...(userOf(container, image) && { User: userOf(container, image) }),
    Tty: container.tty === true,
    OpenStdin: container.stdin === true,
    ...(container.stopSignal && { StopSignal: container.stopSignal }),
    Labels: {
      ...withoutOurs(pod.labels),
      ...identityLabels(input.instance, pod.identity),
      [label.container]: container.name,
      [label.role]: container.role,
      [label.plan]: input.plan,
    },
    // Who joins another's network may expose nothing (the engine refuses); the sandbox does where a port is published.
    ...(container.ports?.length &&
      !input.networkMode.startsWith('container:') && {
        ExposedPorts: Object.fromEntries(container.ports.map((port) => [portKey(port), {}])),
      }),
    HostConfig: {
      NetworkMode: input.networkMode,
      Init: true,
      AutoRemove: false,
      Mounts: input.mounts.mounts,
      Binds: input.mounts.binds,
      ...(memory && { Memory: memory, MemorySwap: memory }),
      ...(resources.cpuLimit && { NanoCpus: Math.max(1e7, Math.round(resources.cpuLimit * 1e9)) }),
      ...(resources.cpuRequest && { CpuShares: Math.max(2, Math.round(resources.cpuRequest * 1024)) }),
      ...(resources.gpus && { DeviceRequests: [{ ...whichGpus(resources), Capabilities: [['gpu']] }] }),
      ...(resources.shmBytes && { ShmSize: resources.shmBytes }),
      ...(security.privileged && { Privileged: true }),
      ...(security.readOnlyRootFilesystem && { ReadonlyRootfs: true }),
      ...(security.capabilitiesAdd?.length && { CapAdd: security.capabilitiesAdd }),
      ...(security.capabilitiesDrop?.length && { CapDrop: security.capabilitiesDrop }),
      ...(security.noNewPrivileges && { SecurityOpt: ['no-new-privileges'] }),
      ...(groupsOf(container).length > 0 && { GroupAdd: groupsOf(container) }),
      LogConfig: { Type: 'json-file', Config: input.logOptions },
    },
  }
  return { body, files: own.files }
}

const whichGpus = ({ gpus, gpuIds }: ContainerRequest['resources']): object =>
  gpuIds?.length ? { DeviceIDs: gpuIds } : { Count: gpus }

export const portKey = (port: { readonly containerPort: number; readonly protocol?: string }): string =>
  `${port.containerPort}/${(port.protocol ?? 'TCP').toLowerCase()}`

const withoutOurs = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('io.drydock.')))

function environmentOf(pod: PodRequest, container: ContainerRequest): readonly string[] {
  const names = new Set(container.env.map((one) => one.name))
  const host = names.has('HOSTNAME') ? [] : [`HOSTNAME=${pod.network.hostname ?? pod.identity.name}`]
  return [...host, ...container.env.map((one) => `${one.name}=${one.value}`)]
}

function userOf(container: ContainerRequest, image: ImageConfig): string | undefined {
  const { user, group, runAsNonRoot } = container.security
  const imageUser = image.user.split(':')[0] ?? ''
  const effective = user ?? imageUser
  if (runAsNonRoot && (effective === '' || effective === '0' || effective === 'root')) {
    const whose = user === undefined ? 'image will run as root' : `runAsUser is ${user}`
    throw new UserError('RUN_AS_NON_ROOT', `CreateContainerConfigError: container has runAsNonRoot and ${whose}`)
  }
  if (user === undefined && group === undefined) return undefined
  return group === undefined ? effective : `${effective === '' ? '0' : effective}:${group}`
}

function groupsOf(container: ContainerRequest): readonly string[] {
  const { supplementalGroups, fsGroup } = container.security
  return [...(supplementalGroups ?? []), ...(fsGroup === undefined ? [] : [fsGroup])].map(String)
}

/**
 * Arguments that are too long for the kernel go into a file: a shell's `-c` script is read from there, another argument
 * becomes `@<path>`, as Argo has it.
 */
function commandOf(container: ContainerRequest): {
  command: readonly string[] | undefined
  args: readonly string[] | undefined
  files: readonly TarEntry[]
} {
  const files: TarEntry[] = []
  const commandLength = container.command?.length ?? 0
  const whole = [...(container.command ?? []), ...(container.args ?? [])]
  const short = whole.map((argument, index) => {
    if (Buffer.byteLength(argument) <= longestArgumentBytes) return argument
    const path = `${ownRoot}/argument-${index}`
    files.push({ kind: 'file', path, mode: 0o644, content: Buffer.from(argument) })
    const isShell = /(^|\/)(sh|bash|ash|dash|ksh|zsh)$/.test(whole[0] ?? '')
    return isShell && /^-[a-z]*c$/.test(whole[index - 1] ?? '') ? `. ${path}` : `@${path}`
  })
  return {
    command: commandLength > 0 ? short.slice(0, commandLength) : undefined,
    args: container.args?.length ? short.slice(commandLength) : undefined,
    files,
  }
}
