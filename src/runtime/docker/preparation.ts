/** Makes a pod's containers, not started, and what stands in their file systems before the start. Safe to repeat. */
import { UserError, WorldError } from '../../resources/index.ts'
import type { ContainerRequest, PodRequest } from '../../resources/index.ts'
import { EngineError } from './client.ts'
import { type CreateBody, createBody, portKey } from './create-body.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { ImageConfig, Images } from './images.ts'
import { containerName, holderName, identityLabels, label, sandboxNameOf } from './names.ts'
import { pauseImage } from './pause-image.ts'
import { type PodPlan, encodePlan } from '../plan.ts'
import type { OthersContainers } from './others-containers.ts'
import type { ContainerRecord, PodRecord } from './pod-record.ts'
import { hostnameOf, sandboxBody, startSandbox } from './sandbox-body.ts'
import type { Sandboxes } from './sandboxes.ts'
import type { StartGate } from './start-gate.ts'
import { type TarEntry, tarOf } from './tar.ts'
import {
  type ContainerMounts,
  heldVolumes,
  holderEntries,
  isInMemory,
  mountsOf,
  rootEntry,
  stagingVolumes,
} from './volumes.ts'

export type PreparationParts = {
  readonly calls: EngineCalls
  readonly images: Images
  readonly sandboxes: Sandboxes
  readonly others: OthersContainers
  /** Creates at once: more only make each of them slower. */
  readonly creates: StartGate
  readonly instance: string
  /** See strays.ts. */
  readonly home: string
  readonly network: string
}

/** How often what others have made under a container's name is made room of. */
const createTriesMost = 5

/** What the engine's own log of a container may grow to, before we have taken it over. */
const logOptions = { 'max-size': '128m', 'max-file': '3' }

/** Where the pod's network comes from. A pod that sets anything of its own in it cannot share a recycled sandbox. */
export function networkOf(pod: PodRequest): PodPlan['network'] {
  const { mode, hostname, hostAliases, dns } = pod.network
  if (mode !== 'sandbox') return mode
  const hasOwn =
    hostname !== undefined ||
    (hostAliases?.length ?? 0) > 0 ||
    dns !== undefined ||
    pod.containers.some(
      ({ ports, security }) =>
        ports?.some((port) => port.hostPort !== undefined) ||
        security.privileged ||
        security.capabilitiesAdd?.some((one) => /^(CAP_)?(NET_ADMIN|SYS_ADMIN|ALL)$/i.test(one)) ||
        Object.keys(security.sysctls ?? {}).length > 0,
    )
  return hasOwn ? 'own' : 'pool'
}

export class Preparation {
  private readonly parts: PreparationParts

  constructor(parts: PreparationParts) {
    this.parts = parts
  }

  /** @throws UserError, WorldError as the port says; what was made until then stays and is adopted by the next try */
  async run(request: PodRequest, pod: PodRecord, signal?: AbortSignal): Promise<void> {
    if (pod.plan.network === 'pool') this.parts.sandboxes.expect(pod.identity, 1)
    const images = await this.images(request, signal)
    const mounts = new Map(request.containers.map((one) => [one.name, mountsOf(request, one, this.parts.instance)]))
    refuseUnreadable(request, mounts)
    await this.parts.others.clear(pod, signal)
    const networkMode = await this.network(request, pod)
    await this.holder(request, signal)
    const bodies = request.containers.map((container) => {
      const image = images.get(container.image)
      const mounted = mounts.get(container.name)
      if (!image || !mounted) throw new UserError('BAD_POD', `container ${container.name} is not complete`)
      const { instance } = this.parts
      const plan = encodePlan(pod.plan)
      return {
        container,
        mounted,
        made: createBody({ instance, pod: request, container, image, mounts: mounted, networkMode, plan, logOptions }),
      }
    })
    await Promise.all(
      bodies.map(({ container, made }) =>
        this.parts.creates.run(() => this.create(request, pod, container, made, signal)),
      ),
    )
    await this.fill(request, pod, bodies, signal)
    if (pod.plan.network === 'pool' && this.parts.sandboxes.isLate) {
      void this.parts.sandboxes.reserve(pod.identity).catch(() => {})
    }
  }

  private async images(request: PodRequest, signal?: AbortSignal): Promise<ReadonlyMap<string, ImageConfig>> {
    const wanted = new Map(request.containers.map((one) => [one.image, one.imagePullPolicy]))
    const found = await Promise.all(
      [...wanted].map(async ([image, policy]) => {
        const config = await this.parts.images.ensure(image, policy, request.registryCredentials, signal)
        return [image, config] as const
      }),
    )
    return new Map(found)
  }

  private async network(request: PodRequest, pod: PodRecord): Promise<string> {
    const { network } = pod.plan
    if (network === 'host' || network === 'none') return network
    const { sandboxes, calls, instance, home } = this.parts
    if (network === 'pool') {
      if (sandboxes.isLate) {
        await sandboxes.clearName(pod.identity)
        return `container:${sandboxNameOf(pod.identity.id)}`
      }
      const bound = await sandboxes.bind(pod.identity)
      pod.ip = bound.ip
      return `container:${bound.id}`
    }
    const labels = { ...identityLabels(instance, pod.identity), [label.role]: 'network' }
    const body = sandboxBody(
      { instance, home, network: this.parts.network },
      pod.identity,
      ownSettings(request),
      labels,
    )
    const own = await startSandbox(calls, sandboxNameOf(pod.identity.id), body)
    pod.ip = own.ip
    return `container:${own.id}`
  }

  /** See volumes.ts: mounts what must be filled before the start, and keeps what is in memory alive. */
  private async holder(request: PodRequest, signal?: AbortSignal): Promise<void> {
    const held = heldVolumes(request, this.parts.instance)
    if (held.length === 0) return
    const { calls, instance } = this.parts
    const name = holderName(request.identity.id)
    const body = {
      Image: pauseImage,
      Labels: { ...identityLabels(instance, request.identity), [label.role]: 'volumes' },
      HostConfig: {
        NetworkMode: 'none',
        LogConfig: { Type: 'none' },
        CapDrop: ['ALL'],
        Mounts: held.map((one) => one.mount),
      },
    }
    const id = (await calls.create(name, body, signal)) ?? (await calls.inspect(name, signal))?.id
    if (id === undefined) throw new EngineError(409, `the name ${name} is taken and yet nothing stands there`)
    if (held.some((one) => isInMemory(one.volume))) await calls.start(id)
    const fsGroup = fsGroupOf(request)
    await calls.putArchive(id, '/', await tarOf(holderEntries(held, fsGroup)), signal)
  }

  private async create(
    request: PodRequest,
    pod: PodRecord,
    container: ContainerRequest,
    made: CreateBody,
    signal?: AbortSignal,
  ): Promise<void> {
    const record = pod.containers.get(container.name)
    if (!record || record.id !== null) return
    const name = containerName(request.identity.id, container.name)
    for (let tries = 1; ; tries += 1) {
      try {
        record.id = await this.parts.calls.create(name, made.body, signal)
      } catch (error) {
        throw this.explained(error, container)
      }
      if (record.id !== null || (await this.adoptStanding(request, pod, record, name, signal))) return
      if (tries < createTriesMost) continue
      throw new WorldError('NAME_TAKEN', `a container ${name} comes back as often as it is removed`, {
        retryable: true,
      })
    }
  }

  /** Whether what stands under the name is the pod's from now on; else it has made room. */
  private async adoptStanding(
    request: PodRequest,
    pod: PodRecord,
    record: ContainerRecord,
    name: string,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const found = await this.parts.calls.inspect(name, signal)
    if (found === null) return false
    if (found.labels[label.pod] !== request.identity.id || found.labels[label.instance] !== this.parts.instance) {
      throw new WorldError('NAME_TAKEN', `a container ${name} stands in the engine that is not of this daemon`, {
        retryable: true,
      })
    }
    // Made by a daemon that is no more, or that had the workflow before us: it may have started it too.
    if (!pod.hasRun && (await this.parts.others.take(found.id, signal))) return false
    record.id = found.id
    pod.isAdopted = true
    return true
  }

  private explained(error: unknown, container: ContainerRequest): unknown {
    if (!(error instanceof EngineError)) return error
    const text = error.message.replace(/^createContainer: /, '')
    if (error.status === 404 && /no such image/i.test(text)) {
      this.parts.images.forget(container.image)
      return new WorldError('IMAGE_PULL', `ErrImagePull: ${text}`, { retryable: true, cause: error })
    }
    if (error.status === 404 && this.parts.sandboxes.isLate && /No such container/i.test(text)) {
      this.parts.sandboxes.isLate = false
      return new WorldError('ENGINE_REFUSED', text, { retryable: true, cause: error })
    }
    if (error.status === 400) return new UserError('CANNOT_CREATE', `CreateContainerError: ${text}`, { cause: error })
    return error
  }

  /** Writable roots of fresh volumes, long arguments, sub-paths. */
  private async fill(
    request: PodRequest,
    pod: PodRecord,
    bodies: readonly { container: ContainerRequest; mounted: ContainerMounts; made: CreateBody }[],
    signal?: AbortSignal,
  ): Promise<void> {
    const rooted = new Set<string>()
    for (const { container, mounted, made } of bodies) {
      const record = pod.containers.get(container.name)
      if (!record?.id || record.state !== 'created') continue
      const entries: TarEntry[] = freshRoots(request, mounted, rooted)
      for (const { link, target, isFilesVolume } of mounted.subPaths) {
        const isMissing = !isFilesVolume && (await this.parts.calls.stat(record.id, target, signal)) === null
        if (isMissing) entries.push(rootEntry(target, fsGroupOf(request)))
        entries.push({ kind: 'symlink', path: link, target })
      }
      entries.push(...made.files)
      await putEntries(this.parts.calls, record.id, container, mounted, entries, signal)
    }
  }
}

function freshRoots(request: PodRequest, mounted: ContainerMounts, rooted: Set<string>): TarEntry[] {
  const held = new Set(heldVolumes(request, '').map((one) => one.mount.Source))
  const staging = new Set(stagingVolumes.map((one) => one.path))
  const own = request.volumes.filter((one) => one.kind === 'empty').map((one) => one.name)
  const entries: TarEntry[] = []
  for (const mount of mounted.mounts) {
    const isEmpty = own.some((name) => mount.Source === `drydock.${request.identity.id}.${name}`)
    const isFresh = (isEmpty || staging.has(mount.Target)) && !held.has(mount.Source)
    if (!isFresh || mount.ReadOnly || rooted.has(mount.Source)) continue
    rooted.add(mount.Source)
    entries.push(rootEntry(mount.Target, fsGroupOf(request)))
  }
  return entries
}

/** Unpacks; below a read-only root each volume by itself, as the engine then refuses the root. */
async function putEntries(
  calls: EngineCalls,
  id: string,
  container: ContainerRequest,
  mounted: ContainerMounts,
  entries: readonly TarEntry[],
  signal?: AbortSignal,
): Promise<void> {
  if (entries.length === 0) return
  if (!container.security.readOnlyRootFilesystem) return calls.putArchive(id, '/', await tarOf(entries), signal)
  const byMount = new Map<string, TarEntry[]>()
  for (const entry of entries) {
    const mount = mountOfPath(
      entry.path,
      mounted.mounts.map((one) => one.Target),
    )
    if (mount === null) throw new UserError('READ_ONLY_ROOT', `${entry.path} lies on the read-only root file system`)
    const inside = `.${entry.path.slice(mount.length)}`
    byMount.set(mount, [...(byMount.get(mount) ?? []), { ...entry, path: inside === '.' ? './' : inside }])
  }
  for (const [mount, inside] of byMount) await calls.putArchive(id, mount, await tarOf(inside), signal)
}

/** The mount a path lies in, the innermost one; `null` for none. */
export function mountOfPath(path: string, targets: readonly string[]): string | null {
  const around = targets.filter((target) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`))
  return around.sort((a, b) => b.length - a.length)[0] ?? null
}

const fsGroupOf = (request: PodRequest): number | undefined =>
  request.containers.find((one) => one.security.fsGroup !== undefined)?.security.fsGroup

function refuseUnreadable(request: PodRequest, mounts: ReadonlyMap<string, ContainerMounts>): void {
  for (const container of request.containers) {
    if (container.security.readOnlyRootFilesystem && mounts.get(container.name)?.subPaths.length) {
      throw new UserError(
        'READ_ONLY_SUB_PATH',
        `container ${container.name}: a mount with subPath needs a writable root file system on Docker`,
        { hint: 'mount the whole volume, or drop readOnlyRootFilesystem' },
      )
    }
  }
}

function ownSettings(request: PodRequest): Parameters<typeof sandboxBody>[2] {
  const { hostname, hostAliases, dns } = request.network
  const ports = request.containers.flatMap((one) => one.ports ?? []).filter((port) => port.hostPort !== undefined)
  const sysctls = Object.assign({}, ...request.containers.map((one) => one.security.sysctls ?? {})) as Record<
    string,
    string
  >
  return {
    Hostname: hostname ?? hostnameOf(request.identity.name),
    ExposedPorts: Object.fromEntries(ports.map((port) => [portKey(port), {}])),
    host: {
      ExtraHosts: hostAliases?.flatMap(({ ip, hostnames }) => hostnames.map((name) => `${name}:${ip}`)),
      Dns: dns?.nameservers,
      DnsSearch: dns?.searches,
      DnsOptions: dns?.options,
      PortBindings: Object.fromEntries(ports.map((port) => [portKey(port), [{ HostPort: String(port.hostPort) }]])),
      ...(Object.keys(sysctls).length > 0 && { Sysctls: sysctls }),
    },
  }
}
