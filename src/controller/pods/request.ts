/** A pod's plan as a request to the runtime: nothing in it refers to anything any more. */
import type { PodPlan } from '../../engine/index.ts'
import type {
  Container,
  ContainerRequest,
  ContainerRole,
  Instant,
  MountRequest,
  NetworkRequest,
  PodRequest,
  PodSecurityContext,
  UserContainer,
  VolumeRequest,
} from '../../resources/index.ts'
import { secretValue } from '../objects.ts'
import { amountsOf } from './amounts.ts'
import { argoEnv } from './argo-env.ts'
import type { PodFacts } from './downward.ts'
import type { EnvContext, EnvEntry } from './env.ts'
import { environmentOf } from './env.ts'
import { expand } from './expand.ts'
import type { Lookups } from './lookups.ts'
import { handlerOf, probeOf } from './probes.ts'
import { securityOf } from './security.ts'
import type { Need } from './space.ts'
import { needOf } from './space.ts'
import { volumesOf } from './volumes.ts'

export type RequestContext = {
  readonly lookups: Lookups
  readonly host: { readonly name: string; readonly cpus: number; readonly memoryBytes: number }
  readonly pullPolicy: 'Argo' | 'IfNotPresent'
  readonly now: Instant
}

/**
 * @throws NotYet while something that it refers to is missing; UserError for what can never work
 */
export function podRequest(plan: PodPlan, context: RequestContext): PodRequest {
  const known = commons.get(plan.spec)
  if (known?.pullPolicy === context.pullPolicy) return fromCommon(known, plan, context)
  const request = wholeRequest(plan, context)
  if (hasOnlyConstants(plan)) {
    const { containers, volumes, network, registryCredentials, nodeSelector } = request
    const selector = nodeSelector === undefined ? {} : { nodeSelector }
    const common = { containers, volumes, network, registryCredentials, ...selector }
    commons.set(plan.spec, { common, pullPolicy: context.pullPolicy, need: needOf(request) })
  }
  return request
}

/** Of pods with one spec, where nothing in it refers to anything: all but whose pod it is. */
type Known = {
  readonly common: Pick<PodRequest, 'containers' | 'volumes' | 'network' | 'registryCredentials' | 'nodeSelector'>
  readonly pullPolicy: RequestContext['pullPolicy']
  readonly need: Need
}
const commons = new WeakMap<PodPlan['spec'], Known>()

/** What a pod needs of which another with the same spec has been made, and that refers to nothing; else `null`. */
export function knownNeed({ spec }: PodPlan, pullPolicy: RequestContext['pullPolicy']): Need | null {
  const known = commons.get(spec)
  return known?.pullPolicy === pullPolicy ? known.need : null
}

/** Made in one piece: this runs once a pod. */
function fromCommon({ common }: Known, plan: PodPlan, { now }: RequestContext): PodRequest {
  const request: PodRequest = {
    identity: plan.identity,
    labels: plan.labels,
    annotations: plan.annotations,
    containers: common.containers.map((container) => ({ ...container, env: argoEnv(plan, container.name, now) })),
    volumes: common.volumes,
    network: common.network,
    terminationGraceMs: plan.terminationGraceMs,
    activeDeadlineMs: plan.activeDeadlineMs,
    registryCredentials: common.registryCredentials,
  }
  return common.nodeSelector === undefined ? request : { ...request, nodeSelector: common.nodeSelector }
}

function hasOnlyConstants({ spec, files, containerSet }: PodPlan): boolean {
  if (files.length > 0 || containerSet !== undefined) return false
  if (spec.volumes !== undefined || spec.imagePullSecrets !== undefined || spec.initContainers !== undefined)
    return false
  return spec.containers.every(
    ({ env, envFrom, volumeMounts, command = [], args = [] }) =>
      !env?.length &&
      !envFrom?.length &&
      !volumeMounts?.length &&
      ![...command, ...args].some((text) => text.includes('$')),
  )
}

function wholeRequest(plan: PodPlan, context: RequestContext): PodRequest {
  const { identity, spec } = plan
  const inits = spec.initContainers ?? []
  const main = spec.containers.find((container) => container.name === 'main') ?? spec.containers[0]
  const all = [...inits, ...spec.containers].map((container) => mirrored(container, main))
  const env: EnvContext = {
    namespace: identity.namespace,
    lookups: context.lookups,
    facts: factsOf(plan, context),
    containers: all,
  }
  const staged = stagingVolumes(plan, all)
  const volumes = [...volumesOf(spec.volumes ?? [], all, env), ...staged.volumes]
  const containers = all.map((container, index) => {
    const name = container.name ?? 'main'
    const role = index < inits.length ? 'init' : plan.sidecars.includes(name) ? 'sidecar' : 'main'
    return containerRequest({ container, name, role }, plan, { env, context, mounts: staged.mountsOf(name) })
  })
  return {
    identity,
    labels: plan.labels,
    annotations: plan.annotations,
    containers,
    volumes,
    network: networkOf(plan),
    terminationGraceMs: plan.terminationGraceMs,
    activeDeadlineMs: plan.activeDeadlineMs,
    registryCredentials: credentialsOf(plan, context.lookups),
    ...(spec.nodeSelector === undefined ? {} : { nodeSelector: spec.nodeSelector }),
  }
}

type Part = { readonly container: Container; readonly name: string; readonly role: ContainerRole }
type Surroundings = {
  readonly env: EnvContext
  readonly context: RequestContext
  readonly mounts: readonly MountRequest[]
}

function containerRequest({ container, name, role }: Part, plan: PodPlan, around: Surroundings): ContainerRequest {
  const env = environmentOf(container, argoEnv(plan, name, around.context.now), around.env)
  const resolve = (text: string) => expand(text, (variable) => env.find(({ name }) => name === variable)?.value)
  const ports = container.ports ?? []
  const set = plan.containerSet
  const podSecurity = plan.spec.securityContext as PodSecurityContext | undefined
  const stopSignal = container.lifecycle?.stopSignal
  const readinessProbe = probeOf(container.readinessProbe, ports)
  const livenessProbe = probeOf(container.livenessProbe, ports)
  const startupProbe = probeOf(container.startupProbe, ports)
  const postStart = handlerOf(container.lifecycle?.postStart, ports)
  const preStop = handlerOf(container.lifecycle?.preStop, ports)
  return {
    name,
    role,
    image: container.image ?? '',
    imagePullPolicy: pullPolicyOf(container, around.context.pullPolicy),
    ...(container.command === undefined || container.command.length === 0
      ? {}
      : { command: container.command.map(resolve) }),
    ...(container.args === undefined || container.args.length === 0 ? {} : { args: container.args.map(resolve) }),
    env,
    ...(container.workingDir ? { workingDir: container.workingDir } : {}),
    mounts: [...mountsOf(container, env), ...around.mounts],
    resources: amountsOf(container.resources),
    security: securityOf(container.securityContext, podSecurity),
    ...(container.tty ? { tty: true } : {}),
    ...(container.stdin ? { stdin: true } : {}),
    ...(ports.length === 0 ? {} : { ports }),
    ...(readinessProbe === undefined ? {} : { readinessProbe }),
    ...(livenessProbe === undefined ? {} : { livenessProbe }),
    ...(startupProbe === undefined ? {} : { startupProbe }),
    ...(postStart === undefined && preStop === undefined
      ? {}
      : { lifecycle: { ...(postStart && { postStart }), ...(preStop && { preStop }) } }),
    ...(set !== undefined && role === 'main' ? { dependencies: set.dependencies[name] ?? [] } : {}),
    ...(set?.retry !== undefined && role === 'main' ? { retry: set.retry } : {}),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  }
}

/** A container with `mirrorVolumeMounts` sees main's mounts. */
function mirrored(container: Container | UserContainer, main: Container | undefined): Container {
  if (!('mirrorVolumeMounts' in container) || container.mirrorVolumeMounts !== true || main === undefined)
    return container
  const own = container.volumeMounts ?? []
  const more = (main.volumeMounts ?? []).filter((mount) => !own.some((other) => other.mountPath === mount.mountPath))
  return { ...container, volumeMounts: [...own, ...more] }
}

function mountsOf(container: Container, env: readonly EnvEntry[]): MountRequest[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const subPath = mount.subPathExpr
      ? expand(mount.subPathExpr, (name) => env.find((entry) => entry.name === name)?.value)
      : mount.subPath
    return {
      volume: mount.name,
      mountPath: mount.mountPath,
      ...(subPath ? { subPath } : {}),
      ...(mount.readOnly ? { readOnly: true } : {}),
    }
  })
}

/** Kubernetes' rule for an image without a tag or with `latest` is `Always`. */
function pullPolicyOf(container: Container, fallback: 'Argo' | 'IfNotPresent'): ContainerRequest['imagePullPolicy'] {
  if (container.imagePullPolicy) return container.imagePullPolicy as ContainerRequest['imagePullPolicy']
  if (fallback === 'IfNotPresent') return 'IfNotPresent'
  const image = container.image ?? ''
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

/** Nothing can be written into a read-only root, so what is staged gets volumes of its own there. */
function stagingVolumes(plan: PodPlan, containers: readonly Container[]) {
  const isReadOnly = (name: string) =>
    containers.some(
      (container) => (container.name ?? 'main') === name && container.securityContext?.readOnlyRootFilesystem === true,
    )
  const folders = [...new Set(plan.files.map((file) => file.path.slice(0, Math.max(1, file.path.lastIndexOf('/')))))]
  const mounts = plan.mains
    .filter(isReadOnly)
    .flatMap((container) =>
      folders.map((folder, index) => ({ container, volume: `argo-staging-${container}-${index}`, mountPath: folder })),
    )
  const volumes: VolumeRequest[] = mounts.map(({ volume }) => ({ kind: 'empty', name: volume }))
  const mountsOf = (name: string): MountRequest[] =>
    mounts.flatMap(({ container, volume, mountPath }) => (container === name ? [{ volume, mountPath }] : []))
  return { volumes, mountsOf }
}

function networkOf({ spec }: PodPlan): NetworkRequest {
  const { hostAliases, dnsConfig, hostname } = spec
  return {
    mode: spec.hostNetwork === true ? 'host' : 'sandbox',
    ...(hostname ? { hostname } : {}),
    ...(hostAliases === undefined || hostAliases.length === 0
      ? {}
      : { hostAliases: hostAliases.map(({ ip = '', hostnames = [] }) => ({ ip, hostnames })) }),
    ...(dnsConfig === undefined
      ? {}
      : {
          dns: {
            ...(dnsConfig.nameservers && { nameservers: dnsConfig.nameservers }),
            ...(dnsConfig.searches && { searches: dnsConfig.searches }),
            ...(dnsConfig.options && {
              options: dnsConfig.options.map(({ name = '', value }) =>
                value === undefined ? name : `${name}:${value}`,
              ),
            }),
          },
        }),
  }
}

function factsOf(plan: PodPlan, { host }: RequestContext): PodFacts {
  const { identity } = plan
  const serviceAccount = plan.spec['serviceAccountName']
  return {
    name: identity.name,
    namespace: identity.namespace,
    uid: identity.id,
    labels: plan.labels,
    annotations: plan.annotations,
    serviceAccount: typeof serviceAccount === 'string' ? serviceAccount : 'default',
    hostName: host.name,
    hostCpus: host.cpus,
    hostMemoryBytes: host.memoryBytes,
  }
}

/** `{"auths": …}` texts. A Secret that is missing is passed over, as in Kubernetes. */
function credentialsOf({ identity, spec }: PodPlan, lookups: Lookups): string[] {
  return (spec.imagePullSecrets ?? []).flatMap(({ name = '' }) => {
    const secret = lookups.secret(identity.namespace, name)
    const modern = secretValue(secret, '.dockerconfigjson')
    if (modern !== null) return [new TextDecoder().decode(modern)]
    const old = secretValue(secret, '.dockercfg')
    return old === null ? [] : [`{"auths":${new TextDecoder().decode(old)}}`]
  })
}
