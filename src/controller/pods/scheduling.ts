/**
 * Which of several endpoints a pod goes to: one that its selectors allow, that has the volumes of its claims and the
 * daemons whose addresses it names. Among those the capacity chooses the one with most room.
 */
import type { PodPlan } from '../../engine/index.ts'
import type { PodId, PodIdentity, PodRequest, WorkflowUid } from '../../resources/index.ts'
import type { EndpointState, Endpoints } from '../../runtime/port.ts'
import type { CapacityConfig } from '../config.ts'
import type { Capacity, Choice } from './capacity.ts'
import type { ClaimKey, ClaimPlaces } from './claim-places.ts'
import { fitsEndpoint, nodeChoiceOf, preferenceFor } from './node-match.ts'
import type { HostFacts } from './host-facts.ts'
import type { Placements } from './placements.ts'
import type { Room } from './space.ts'

/** Words of Kubernetes' scheduler, where it has any. */
const notMatched = "node(s) didn't match Pod's node affinity/selector"
const otherVolume = 'node(s) had volume node affinity conflict'
const otherDaemon = "node(s) didn't run a daemon that the pod refers to"
const drained = 'node(s) were unschedulable'
const unreachable = 'node(s) had untolerated taint {node.kubernetes.io/unreachable: }'
/** Containers stand there already: worth more than any preference of a manifest. */
const preparedWish = 10_000
const daemonWish = 1_000

type Daemon = { readonly ip: string; readonly endpoint: string }

export type SchedulingParts = {
  readonly endpoints: Endpoints
  readonly capacity: Capacity
  readonly placements: Placements
  readonly claims: ClaimPlaces
  /** Makes the volume of a claim on the endpoint that it is bound to. */
  readonly ensureVolume: (claim: ClaimKey, signal: AbortSignal) => Promise<void>
  /** May change at any time. */
  readonly limits: () => CapacityConfig
}

export class Scheduling {
  readonly #parts: SchedulingParts
  readonly #daemons = new Map<WorkflowUid, Map<PodId, Daemon>>()
  /** Claims whose volumes were made in this life. */
  readonly #made = new Set<string>()

  constructor(parts: SchedulingParts) {
    this.#parts = parts
  }

  /** Endpoints have changed: those that wait look again. */
  settleRooms(): void {
    const limits = this.#parts.limits()
    const rooms = this.#parts.endpoints.now().map((endpoint) => roomOf(endpoint, limits))
    this.#parts.capacity.setRooms(rooms, limits.oversized)
  }

  /** @param prepared where containers of it stand already */
  choose(plan: PodPlan, request: PodRequest, prepared: string | null): Choice {
    const wanted = nodeChoiceOf(plan.spec)
    const places = this.#volumesOf(plan, request).flatMap((claim) => this.#parts.claims.endpointOf(claim) ?? [])
    const daemons = this.#daemonsOf(plan)
    const siblings = plan.daemon ? this.#siblingsOf(plan) : []
    const names: string[] = []
    const refused = new Map<string, string>()
    const wishes = new Map<string, number>()
    for (const endpoint of this.#parts.endpoints.now()) {
      const { name } = endpoint
      if (wanted !== null && !fitsEndpoint(wanted, endpoint)) refused.set(name, notMatched)
      else if (places.some((place) => place !== name)) refused.set(name, otherVolume)
      else if (daemons.some((daemon) => daemon.endpoint !== name)) refused.set(name, otherDaemon)
      else {
        names.push(name)
        const wish =
          (wanted === null ? 0 : preferenceFor(wanted, endpoint)) +
          (prepared === name ? preparedWish : 0) +
          (siblings.includes(name) ? daemonWish : 0)
        if (wish !== 0) wishes.set(name, wish)
      }
    }
    return wishes.size === 0 ? { names, refused } : { names, refused, wishes }
  }

  /** It goes there: claims that are nowhere yet go with it, for everybody who asks from now on. */
  placed(plan: PodPlan, request: PodRequest, endpoint: string): void {
    const free = this.#volumesOf(plan, request).filter((claim) => this.#parts.claims.endpointOf(claim) === null)
    for (const claim of free) this.#parts.claims.choose(claim, endpoint)
    if (free.length > 0) queueMicrotask(() => this.#parts.capacity.reconsider())
  }

  /** Durable, and the volumes are there, when it resolves. @throws the signal's reason */
  async settle(plan: PodPlan, request: PodRequest, endpoint: string, signal: AbortSignal): Promise<void> {
    const { placements, claims, ensureVolume } = this.#parts
    await placements.remember(plan.identity.id, endpoint, signal)
    for (const claim of this.#volumesOf(plan, request)) {
      await claims.bind(claim, endpoint)
      const key = `${claim.namespace}/${claim.name}`
      if (this.#made.has(key)) continue
      await ensureVolume(claim, signal)
      this.#made.add(key)
    }
  }

  /** The claim's volume is gone: a new one of its name is made again. */
  forgetClaim(claim: ClaimKey): void {
    this.#made.delete(`${claim.namespace}/${claim.name}`)
    this.#parts.claims.forget(claim)
  }

  /** It was placed on an endpoint that the settings do not name any more: nobody will ever know what became of it. */
  isLost(pod: PodId): boolean {
    const endpoint = this.#parts.placements.of(pod)
    return endpoint !== undefined && !this.#parts.endpoints.now().some(({ name }) => name === endpoint)
  }

  get placements(): Placements {
    return this.#parts.placements
  }

  get endpoints(): Endpoints {
    return this.#parts.endpoints
  }

  hostOf(name: string): HostFacts {
    const endpoint = this.#parts.endpoints.now().find((one) => one.name === name)
    return { name, cpus: endpoint?.cpus || 1, memoryBytes: endpoint?.memoryBytes || 2 ** 31 }
  }

  daemonIsUp({ id, workflowUid }: PodIdentity, daemon: Daemon): void {
    const known = this.#daemons.get(workflowUid)
    if (known === undefined) this.#daemons.set(workflowUid, new Map([[id, daemon]]))
    else known.set(id, daemon)
  }

  daemonIsOver({ id, workflowUid }: PodIdentity): void {
    const known = this.#daemons.get(workflowUid)
    known?.delete(id)
    if (known?.size === 0) this.#daemons.delete(workflowUid)
  }

  #volumesOf({ spec, identity }: PodPlan, request: PodRequest): readonly ClaimKey[] {
    if (spec.volumes === undefined) return []
    const mounted = new Set(request.volumes.flatMap(({ kind, name }) => (kind === 'claim' ? [name] : [])))
    return spec.volumes.flatMap(({ name, persistentVolumeClaim }) =>
      persistentVolumeClaim !== undefined && mounted.has(name)
        ? [{ namespace: identity.namespace, name: persistentVolumeClaim.claimName }]
        : [],
    )
  }

  /** Daemons of the workflow whose addresses the pod names: they are reached from their own engine only. */
  #daemonsOf(plan: PodPlan): readonly Daemon[] {
    const known = this.#daemons.get(plan.identity.workflowUid)
    if (known === undefined) return []
    const text = JSON.stringify([plan.spec, plan.files, plan.inputArtifacts])
    return [...known].flatMap(([id, daemon]) =>
      id !== plan.identity.id && namesAddress(text, daemon.ip) ? [daemon] : [],
    )
  }

  #siblingsOf({ identity }: PodPlan): readonly string[] {
    return [...(this.#daemons.get(identity.workflowUid)?.values() ?? [])].map(({ endpoint }) => endpoint)
  }
}

function roomOf({ name, cpus, memoryBytes, limits, ok, schedulable }: EndpointState, all: CapacityConfig): Room {
  return {
    name,
    budget: {
      cpus: limits.cpus ?? all.cpus ?? (cpus || Infinity),
      memoryBytes: limits.memoryBytes ?? all.memoryBytes ?? (memoryBytes || Infinity),
      containers: limits.containersMax ?? all.containersMax,
    },
    closed: !ok ? unreachable : schedulable ? null : drained,
  }
}

/** Not as a part of a longer one. */
function namesAddress(text: string, ip: string): boolean {
  for (let at = text.indexOf(ip); at >= 0; at = text.indexOf(ip, at + 1))
    if (!/[\d.]/.test(text[at - 1] ?? '') && !/\d/.test(text[at + ip.length] ?? '')) return true
  return false
}
