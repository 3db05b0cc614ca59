/**
 * Which machine has which pod. The guard that no attempt of a node begins twice stands here: a pod is bound to the machine
 * of its token's first task by compare-and-set in the manager's own log, before any container of it exists, and for ever.
 * Wherever Swarm puts the token later on (a machine lost, drained or back, an update forced), the pod does not follow:
 * its containers are made by us, on that one machine, under names that the engine gives only once.
 */
import type { PodId, PodIdentity, PodRequest, WorkflowUid } from '../../resources/index.ts'
import { identityOf, label } from '../docker/names.ts'
import type { Log } from '../docker/log.ts'
import { record, textsOf } from '../docker/wire.ts'
import type { Claims } from './claims.ts'
import type { Machine } from './machine.ts'
import type { Manager } from './manager.ts'
import { serviceNameOf, swarmLabel } from './names.ts'
import { serviceSpec } from './service-spec.ts'
import { type Tasks, unschedulable } from './tasks.ts'
import { tokenReference } from './token-image.ts'
import type { SwarmService, SwarmTask } from './wire.ts'

/** `removed`: by us, on its way out. The others: it did not come to its own end, and must not be begun again. */
export type Fate = 'kept' | 'removed' | 'evicted' | 'lost'

export type Placement = {
  readonly identity: PodIdentity
  readonly service: string
  /** `null` until Swarm has found one. */
  machine: string | null
  gpus: readonly string[]
  graceMs: number
  /** The pod is over: its token was taken back. */
  isEnded: boolean
  /** Its start was asked for, by whomever; before that, nothing of it can have run. */
  isBegun: boolean
  fate: Fate
}

export type PlacementsParts = {
  readonly manager: Manager
  readonly tasks: Tasks
  readonly claims: Claims
  readonly log: Log
  readonly instance: string
  readonly constraints: readonly string[]
  readonly gpuKind: string
  readonly machines: () => ReadonlyMap<string, Machine>
  readonly isOurs: (workflow: WorkflowUid) => boolean
}

/** How often a service is made anew within one call before the caller is to try again later. */
const triesAtOnce = 3

export class Placements {
  readonly known = new Map<PodId, Placement>()
  readonly #parts: PlacementsParts
  readonly #placing = new Map<PodId, Promise<Placement>>()

  constructor(parts: PlacementsParts) {
    this.#parts = parts
  }

  get #label(): string {
    return `${label.instance}=${this.#parts.instance}`
  }

  /** Adopts what stands in the swarm and is not known yet. Returns all services that stand. */
  async read(signal?: AbortSignal): Promise<ReadonlyMap<string, SwarmService>> {
    const services = await this.#parts.manager.services(this.#label, signal)
    for (const service of services) this.#adopt(service)
    return new Map(services.map((service) => [service.name, service]))
  }

  /** Learns of the pod's placement from the swarm. `gone`: none stands there; `others`: it is another daemon's. */
  async find(identity: PodIdentity): Promise<'known' | 'gone' | 'others'> {
    if (this.known.has(identity.id)) return 'known'
    if (!this.#parts.isOurs(identity.workflowUid)) return 'others'
    const service = await this.#parts.manager.service(serviceNameOf(this.#parts.instance, identity))
    if (service === null) return 'gone'
    return this.#adopt(service) === null ? 'others' : 'known'
  }

  /**
   * Has Swarm find a machine for the pod, and binds it there. Safe to repeat.
   * @throws WorldError UNSCHEDULABLE while no machine is found, to be tried again
   */
  place(pod: PodRequest): Promise<Placement> {
    const { id } = pod.identity
    const known = this.known.get(id)
    if (known !== undefined && known.machine !== null) return Promise.resolve(known)
    const underWay = this.#placing.get(id)
    if (underWay !== undefined) return underWay
    const placing = this.#place(pod).finally(() => this.#placing.delete(id))
    this.#placing.set(id, placing)
    return placing
  }

  /**
   * Notes for good that the pod is begun; whoever asks then may start it.
   * @throws WorldError UNSCHEDULABLE where its service has vanished, and with it the note
   */
  async begin(placement: Placement): Promise<void> {
    if (placement.isBegun) return
    const isNoted = await this.#change(placement.service, (spec, labels) => ({
      ...spec,
      Labels: { ...labels, [swarmLabel.begun]: 'true' },
    }))
    if (!isNoted) throw unschedulable('its service was removed')
    placement.isBegun = true
  }

  /** The pod has ended: what it held is free for others. Its service stays, as the note of where it is. */
  async giveBack(placement: Placement): Promise<void> {
    if (placement.isEnded || placement.fate !== 'kept') return
    placement.isEnded = true
    await this.#change(placement.service, (spec, labels) => ({
      ...spec,
      Labels: { ...labels, [swarmLabel.ended]: 'true' },
      Mode: { Replicated: { Replicas: 0 } },
    }))
  }

  /**
   * The pod is gone. Its service stays without a token until the pod is removed, so that nobody begins it anew, whatever
   * a daemon that died meanwhile knew of it. What cannot have run may be placed again.
   */
  async bury(placement: Placement, fate: 'evicted' | 'lost'): Promise<void> {
    placement.fate = fate
    if (!placement.isBegun) return this.drop(placement)
    await this.#change(placement.service, (spec, labels) => ({
      ...spec,
      Labels: { ...labels, [swarmLabel.fate]: fate },
      Mode: { Replicated: { Replicas: 0 } },
    }))
  }

  /** Nothing of the pod is left: the swarm forgets it. */
  async drop(placement: Placement, signal?: AbortSignal): Promise<void> {
    placement.fate = placement.fate === 'kept' ? 'removed' : placement.fate
    await this.#parts.manager.removeService(placement.service, signal)
    if (this.known.get(placement.identity.id) === placement) this.known.delete(placement.identity.id)
  }

  #adopt(service: SwarmService): Placement | null {
    const identity = identityOf(service.labels)
    if (identity === null || !this.#parts.isOurs(identity.workflowUid)) return null
    const known = this.known.get(identity.id)
    if (known !== undefined) return known
    const placement = placementOf(identity, service)
    this.known.set(identity.id, placement)
    return placement
  }

  async #place(pod: PodRequest): Promise<Placement> {
    const { manager, machines, claims, log } = this.#parts
    const name = serviceNameOf(this.#parts.instance, pod.identity)
    for (let tries = 1; ; tries += 1) {
      const service = await this.#service(pod, name)
      const placement = this.known.get(pod.identity.id) ?? placementOf(pod.identity, service)
      this.known.set(pod.identity.id, placement)
      const owner = service.labels[swarmLabel.machine]
      if (owner !== undefined) return bound(placement, owner, service)
      const task = await this.#assigned(pod, service)
      const machine = task === null ? undefined : machines().get(task.nodeId)
      if (task === null || machine?.isUsable !== true || !(await claims.settle(pod, machine))) {
        // Only a bound pod has anything anywhere: this one may be placed anew.
        const why = machine?.trouble ?? 'its token has no machine'
        log('warn', 'a pod is placed anew', { pod: pod.identity.name, why })
        await manager.removeService(name)
        if (tries >= triesAtOnce) throw unschedulable(why)
        continue
      }
      const gpus = { [swarmLabel.gpus]: task.gpus.join(',') }
      const labels = { ...service.labels, ...(task.gpus.length > 0 && gpus), [swarmLabel.machine]: machine.id }
      await manager.updateService(service, { ...service.spec, Labels: labels })
      // Whether it was us or another daemon: what the swarm has now holds.
    }
  }

  /** A service that waits with constraints of yesterday is taken back. */
  async #assigned(pod: PodRequest, service: SwarmService): Promise<SwarmTask | null> {
    try {
      return await this.#parts.tasks.assigned(service.id)
    } catch (error) {
      const now = JSON.stringify(constraintsIn(await this.#spec(pod)))
      if (JSON.stringify(constraintsIn(service.spec)) !== now) await this.#parts.manager.removeService(service.name)
      throw error
    }
  }

  async #service(pod: PodRequest, name: string): Promise<SwarmService> {
    const { manager } = this.#parts
    const known = await manager.service(name)
    const isOver = known !== null && known.labels[swarmLabel.machine] === undefined && known.replicas === 0
    if (known !== null && !isOver) return known
    if (isOver) await manager.removeService(name)
    await manager.createService(await this.#spec(pod))
    const service = await manager.service(name)
    if (service === null) throw unschedulable('its service vanished as it was made')
    return service
  }

  async #spec(pod: PodRequest): Promise<Readonly<Record<string, unknown>>> {
    const { instance, constraints, gpuKind, claims, machines } = this.#parts
    const all = [...machines().values()]
    const usable = all.filter(({ isUsable }) => isUsable)
    if (usable.length === 0)
      throw unschedulable(all.map(({ trouble }) => trouble).join('; ') || 'the swarm has no nodes')
    return serviceSpec({
      instance,
      pod,
      image: await tokenReference(usable.map(({ node }) => node.arch)),
      constraints,
      gpuKind,
      nodes: all.map(({ node }) => node),
      isUsable: ({ id }) => machines().get(id)?.isUsable === true,
      claimedBy: await claims.machineOf(pod),
    })
  }

  async #change(
    name: string,
    change: (spec: SwarmService['spec'], labels: SwarmService['labels']) => object,
  ): Promise<boolean> {
    for (let tries = 0; tries < 10; tries += 1) {
      const service = await this.#parts.manager.service(name)
      if (service === null) return false
      if (await this.#parts.manager.updateService(service, change(service.spec, service.labels))) return true
    }
    return false
  }
}

function placementOf(identity: PodIdentity, service: SwarmService): Placement {
  return {
    identity,
    service: service.name,
    machine: service.labels[swarmLabel.machine] ?? null,
    gpus: gpusOf(service),
    graceMs: Number(service.labels[swarmLabel.graceMs] ?? 30_000),
    isEnded: service.labels[swarmLabel.ended] === 'true',
    isBegun: service.labels[swarmLabel.begun] === 'true',
    fate: fateOf(service.labels[swarmLabel.fate]),
  }
}

const fateOf = (text: string | undefined): Fate => (text === 'evicted' || text === 'lost' ? text : 'kept')

function constraintsIn(spec: Readonly<Record<string, unknown>>): readonly string[] {
  return textsOf(record(record(spec.TaskTemplate).Placement).Constraints)
}

function bound(placement: Placement, machine: string, service: SwarmService): Placement {
  placement.machine = machine
  placement.gpus = gpusOf(service)
  return placement
}

const gpusOf = ({ labels }: SwarmService): readonly string[] =>
  (labels[swarmLabel.gpus] ?? '').split(',').filter((one) => one !== '')
