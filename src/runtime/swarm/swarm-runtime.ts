/**
 * The runtime port on a Docker Swarm. The swarm decides on which machine a pod runs and holds there what it asks for
 * (placements.ts); its containers are run through that machine's own engine by the Docker adapter, so that a pod is all
 * that it is on one host: one network, volumes, probes, files in and out, logs.
 */
import { existsSync, mkdirSync } from 'node:fs'
import type { PodId, PodRequest, PodState, WorkflowUid } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import type { LogLine, LogOptions, NamedVolume, Runtime, RuntimeInfo } from '../port.ts'
import type { EngineAddress } from '../docker/connection.ts'
import type { DockerRuntimeOptions } from '../docker/docker-runtime.ts'
import { keptFrames } from '../docker/log-file.ts'
import { dropFiles, logPath, workflowsWithFiles } from '../docker/workflow-files.ts'
import { chosenLines, linesOf } from '../docker/log-lines.ts'
import type { Log } from '../docker/log.ts'
import { assertSafeId, label } from '../docker/names.ts'
import { Readiness } from '../readiness.ts'
import { Claims } from './claims.ts'
import { Machine } from './machine.ts'
import { Manager, type SwarmFacts } from './manager.ts'
import { Overseer } from './overseer.ts'
import { type Placement, Placements } from './placements.ts'
import { kubernetesLabels } from './service-spec.ts'
import { Tasks } from './tasks.ts'
import type { SwarmNode } from './wire.ts'

export type SwarmRuntimeOptions = {
  /** At least one manager; more than one for when the first is away. */
  readonly managers: readonly EngineAddress[]
  /** Where the engine of a node is; `null`: nobody said. The manager's own node needs none. */
  readonly addressOf: (node: Pick<SwarmNode, 'hostname' | 'address'>) => EngineAddress | null
  readonly instance: string
  readonly dataDir: string
  /** For every pod, as `docker service create --constraint` has them. */
  readonly constraints?: readonly string[]
  /** The name under which the engines offer GPUs (`node-generic-resources`). */
  readonly gpuKind?: string
  /** How long a machine of which nothing is heard keeps its pods, before they are given up. */
  readonly lostAfterMs?: number
  readonly lookMs?: number
  readonly log?: Log
  /** For the engines of all machines. */
  readonly docker?: Pick<DockerRuntimeOptions, 'network' | 'onCall' | 'startsAtOnce' | 'maxLogBytes' | 'relistMs'>
}

/** How long machines that have not answered are waited for before a list is told without them. */
const patienceMs = 5_000

export class SwarmRuntime implements Runtime {
  readonly #options: SwarmRuntimeOptions
  readonly #manager: Manager
  readonly #claims: Claims
  readonly #placements: Placements
  readonly #overseer: Overseer
  #facts: SwarmFacts | null = null
  #isOurs: (workflow: WorkflowUid) => boolean = () => true
  #confirm: () => Promise<void> = () => Promise.resolve()
  readonly #readiness = new Readiness(() => this.#begin())

  constructor(options: SwarmRuntimeOptions) {
    mkdirSync(options.dataDir, { recursive: true })
    this.#options = options
    const { instance, dataDir, log = () => {}, docker = {} } = options
    this.#manager = new Manager(options.managers, docker.onCall)
    const machines = () => this.#overseer.machines
    const isOurs = (workflow: WorkflowUid) => this.#isOurs(workflow)
    this.#claims = new Claims({ manager: this.#manager, instance, machines })
    this.#placements = new Placements({
      manager: this.#manager,
      tasks: new Tasks(this.#manager, `${label.instance}=${instance}`),
      claims: this.#claims,
      log,
      instance,
      constraints: options.constraints ?? [],
      gpuKind: options.gpuKind ?? 'NVIDIA-GPU',
      machines,
      isOurs,
    })
    this.#overseer = new Overseer({
      manager: this.#manager,
      placements: this.#placements,
      log,
      lostAfterMs: options.lostAfterMs ?? 60_000,
      lookMs: options.lookMs ?? 5_000,
      machineOf: (node, onState) =>
        new Machine(node, {
          docker: { ...docker, instance, log },
          dataDir,
          log,
          addressOf: (one) => this.#addressOf(one),
          onState,
          isOurs,
          confirm: () => this.#confirm(),
        }),
    })
  }

  async info(signal?: AbortSignal): Promise<RuntimeInfo> {
    this.#facts = await this.#manager.facts(signal)
    await this.#readiness.reached()
    const { nodeId, clusterId, version } = this.#facts
    const all = [...this.#overseer.machines.values()].sort((a, b) => (a.node.hostname < b.node.hostname ? -1 : 1))
    const open = all.filter(({ isOpen }) => isOpen)
    return {
      name: 'swarm',
      version,
      hostName: all.find(({ id }) => id === nodeId)?.node.hostname ?? '',
      cpus: open.reduce((sum, { node }) => sum + node.cpus, 0),
      memoryBytes: open.reduce((sum, { node }) => sum + node.memoryBytes, 0),
      warnings: all.map(({ trouble }) => trouble).filter((one) => one !== ''),
      engineId: clusterId,
      nodes: all.map(({ node }) => ({ name: node.hostname, labels: kubernetesLabels(node) })),
    }
  }

  async prepare(request: PodRequest, signal?: AbortSignal): Promise<void> {
    await this.#readiness.reached()
    await this.#prepared(request, signal)
  }

  async writeFiles(pod: PodId, container: string, tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const machine = await this.#at(pod)
    await machine.runtime.writeFiles(pod, container, tar, signal)
  }

  async start(request: PodRequest, signal?: AbortSignal): Promise<void> {
    await this.#readiness.reached()
    const { placement, machine, whole } = await this.#prepared(request, signal)
    await this.#placements.begin(placement)
    await machine.runtime.start(whole, signal)
  }

  async stop(pod: PodId, graceMs: number, signal?: AbortSignal): Promise<void> {
    await this.#readiness.reached()
    const placement = this.#placements.known.get(pod)
    if (placement === undefined || placement.fate !== 'kept') return
    if (placement.machine === null) return this.#placements.drop(placement, signal)
    await this.#machineOf(placement).runtime.stop(pod, graceMs, signal)
  }

  async readFiles(
    pod: PodId,
    container: string,
    path: string,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | null> {
    return (await this.#at(pod)).runtime.readFiles(pod, container, path, signal)
  }

  async readStdout(pod: PodId, container: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.#at(pod)).runtime.readStdout(pod, container, maxBytes, signal)
  }

  async *logs(pod: PodId, container: string, options: LogOptions, signal?: AbortSignal): AsyncIterable<LogLine> {
    await this.#readiness.reached()
    const placement = this.#placements.known.get(pod)
    const machine = this.#overseer.machines.get(placement?.machine ?? '')
    if (machine?.isAnswering === true && placement?.fate === 'kept')
      return yield* machine.runtime.logs(pod, container, options, signal)
    yield* chosenLines(linesOf(keptFrames(this.#keptLog(pod, container))), options)
  }

  async remove(pod: PodId, signal?: AbortSignal): Promise<void> {
    await this.#readiness.reached()
    this.#overseer.forget(pod)
    const placement = this.#placements.known.get(pod)
    if (placement === undefined) return
    const machine = this.#overseer.machines.get(placement.machine ?? '')
    // What a lost machine still has is removed when it comes back: nothing in the swarm speaks for it then.
    if (machine !== undefined && placement.fate !== 'lost') await machine.runtime.remove(pod, signal)
    await this.#placements.drop(placement, signal)
  }

  async forget(workflow: WorkflowUid, signal?: AbortSignal): Promise<void> {
    await this.#readiness.reached()
    assertSafeId(workflow)
    const own = [...this.#placements.known.values()].filter(({ identity }) => identity.workflowUid === workflow)
    await Promise.all(own.map(({ identity }) => this.remove(identity.id, signal)))
    const answering = [...this.#overseer.machines.values()].filter(({ isAnswering }) => isAnswering)
    await Promise.all(answering.map(({ runtime }) => runtime.forget(workflow, signal)))
    await this.forgetFiles(workflow)
  }

  async forgetFiles(workflow: WorkflowUid): Promise<void> {
    assertSafeId(workflow)
    for (const dir of this.#overseer.dataDirs(this.#options.dataDir)) await dropFiles(dir, workflow)
  }

  async workflowsWithFiles(): Promise<readonly WorkflowUid[]> {
    const found = await Promise.all(this.#overseer.dataDirs(this.#options.dataDir).map(workflowsWithFiles))
    return [...new Set(found.flat())]
  }

  async list(signal?: AbortSignal): Promise<readonly PodState[]> {
    await this.#readiness.reached()
    await this.#overseer.look(signal)
    const begun = [...this.#placements.known.values()].filter(({ isBegun }) => isBegun)
    const machines = [...this.#overseer.machines.values()]
    await Promise.all(machines.map((machine) => machine.heard(patienceMs)))
    const found = new Map<PodId, PodState>()
    for (const machine of machines.filter(({ isAnswering }) => isAnswering)) {
      for (const state of await machine.runtime.list(signal)) {
        const placement = this.#placements.known.get(state.identity.id)
        if (placement?.machine === machine.id && placement.fate === 'kept') found.set(state.identity.id, state)
      }
    }
    for (const placement of begun) {
      const isAnswering = this.#overseer.machines.get(placement.machine ?? '')?.isAnswering === true
      if (isAnswering && !found.has(placement.identity.id)) this.#overseer.vanished(placement)
    }
    for (const placement of this.#placements.known.values()) {
      const { id } = placement.identity
      if (!found.has(id)) found.set(id, this.#overseer.unseen(placement))
    }
    return [...found.values()]
  }

  observe(
    listener: (state: PodState) => void,
    onHealth: (healthy: boolean, reason: string) => void,
  ): { close(): void } {
    const watching = this.#overseer.observe(listener, onHealth)
    this.#readiness.reached().catch((error: unknown) => {
      onHealth(false, error instanceof Error ? error.message : String(error))
      this.#overseer.begin()
    })
    return watching
  }

  async ensureVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#readiness.reached()
    await this.#claims.ensure(name, labels)
  }

  async removeVolume(name: string, signal?: AbortSignal, owner?: string): Promise<void> {
    await this.#readiness.reached()
    await this.#claims.remove(name, signal, owner)
  }

  async volumes(signal?: AbortSignal): Promise<readonly NamedVolume[]> {
    await this.#readiness.reached()
    return this.#claims.all(signal)
  }

  /** On which machine they will be is not known yet. */
  expect(): void {}

  share(isOurs: (workflow: WorkflowUid) => boolean): void {
    this.#isOurs = isOurs
  }

  guard(confirm: () => Promise<void>): void {
    this.#confirm = confirm
  }

  async workflows(signal?: AbortSignal): Promise<readonly WorkflowUid[]> {
    const services = await this.#manager.services(`${label.instance}=${this.#options.instance}`, signal)
    const uids = services.map(({ labels }) => (labels[label.workflowUid] ?? '') as WorkflowUid)
    const answering = [...this.#overseer.machines.values()].filter(({ isAnswering }) => isAnswering)
    const standing = await Promise.all(answering.map(({ runtime }) => runtime.workflows(signal)))
    return [...new Set([...uids, ...standing.flat()])].filter((uid) => uid !== '')
  }

  async letGo(workflow: WorkflowUid): Promise<void> {
    for (const [pod, { identity }] of this.#placements.known) {
      if (identity.workflowUid !== workflow) continue
      this.#overseer.forget(pod)
      this.#placements.known.delete(pod)
    }
    const able = [...this.#overseer.machines.values()].filter(({ hasAddress }) => hasAddress)
    await Promise.all(able.map(({ runtime }) => runtime.letGo(workflow)))
  }

  async close(): Promise<void> {
    this.#readiness.close()
    await this.#overseer.close()
    this.#manager.close()
  }

  /** The swarm is reached and what stands in it is read. */
  async #begin(): Promise<void> {
    this.#facts = await this.#manager.facts()
    await this.#overseer.look()
    this.#overseer.begin()
    await Promise.all([...this.#overseer.machines.values()].map((machine) => machine.heard(patienceMs)))
  }

  #addressOf(node: SwarmNode): EngineAddress | null {
    return this.#options.addressOf(node) ?? (node.id === this.#facts?.nodeId ? this.#manager.address : null)
  }

  async #prepared(
    request: PodRequest,
    signal?: AbortSignal,
  ): Promise<{ placement: Placement; machine: Machine; whole: PodRequest }> {
    const placement = await this.#placements.place(request)
    signal?.throwIfAborted()
    refuseGone(placement)
    const machine = this.#machineOf(placement)
    const whole = withGpus(request, placement.gpus)
    if (placement.isBegun && !(await machine.hasPod(request.identity.id))) {
      this.#overseer.vanished(placement)
      refuseGone(placement)
    }
    await machine.runtime.prepare(whole, signal)
    return { placement, machine, whole }
  }

  /** The machine that has the pod. @throws WorldError where the pod is gone, or nowhere */
  async #at(pod: PodId): Promise<Machine> {
    await this.#readiness.reached()
    const placement = this.#placements.known.get(pod)
    if (placement === undefined)
      throw new WorldError('NO_SUCH_POD', `pod ${pod} has no service in the swarm`, { retryable: false })
    if (placement.fate !== 'evicted') refuseGone(placement)
    return this.#machineOf(placement)
  }

  #machineOf({ machine, identity }: Placement): Machine {
    const found = this.#overseer.machines.get(machine ?? '')
    if (found !== undefined) return found
    throw new WorldError('NO_MACHINE', `the machine of pod ${identity.name} is no longer known`, { retryable: true })
  }

  /** Without its ending. */
  #keptLog(pod: PodId, container: string): string {
    const below = logPath('', pod, container)
    const paths = this.#overseer.dataDirs(this.#options.dataDir).map((dir) => logPath(dir, pod, container))
    return paths.find((path) => existsSync(`${path}.log`) || existsSync(`${path}.part`)) ?? below
  }
}

/** One that was not begun is placed anew as soon as what is left of it has gone. */
function refuseGone({ fate, identity, isBegun }: Placement): void {
  if (fate === 'kept') return
  const why = fate === 'lost' ? 'its machine was lost' : fate === 'evicted' ? 'it was evicted' : 'it was removed'
  throw new WorldError('POD_DELETED', `pod deleted: ${why} (${identity.name})`, { retryable: !isBegun })
}

/** Those that Swarm gave the token are the pod's, in the order of its containers. */
function withGpus(request: PodRequest, ids: readonly string[]): PodRequest {
  if (ids.length === 0) return request
  const left = [...ids]
  const containers = request.containers.map((one) => {
    const count = one.resources.gpus ?? 0
    if (count === 0) return one
    const gpuIds = one.role === 'init' ? ids.slice(0, count) : left.splice(0, count)
    return { ...one, resources: { ...one.resources, gpuIds } }
  })
  return { ...request, containers }
}
