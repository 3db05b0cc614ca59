/** The runtime port over a simulated engine, with faults drawn from its Random. A crash is a new runtime over the same engine. */
import {
  type PodId,
  type PodRequest,
  type PodState,
  UserError,
  type WorkflowUid,
  WorldError,
} from '../../resources/index.ts'
import type { LogLine, LogOptions, NamedVolume, Runtime, RuntimeInfo } from '../port.ts'
import { ownerLabel, refuseOthers } from '../volume-owner.ts'
import type { Faults } from './script.ts'
import type { SimulatedContainer, SimulatedEngine, SimulatedPod } from './simulated-engine.ts'

/** Cheaper than queueMicrotask, which makes a resource of each. */
const soon = Promise.resolve()

type Observer = { readonly onState: (state: PodState) => void; readonly onHealth: (ok: boolean, why: string) => void }

export class SimulatedRuntime implements Runtime {
  private readonly engine: SimulatedEngine
  private readonly observers = new Set<Observer>()
  private readonly changes = new Set<() => void>()
  private readonly watcher = (pod: SimulatedPod, isGone: boolean): void => this.changed(pod, isGone)
  private readonly stale = new Set<SimulatedPod>()
  /** Vanished while the engine was away. */
  private readonly missed = new Set<SimulatedPod>()
  private isClosed = false
  private isHealthy = true
  private confirm: (() => Promise<void>) | null = null
  /** Those that it has made itself. */
  private readonly own = new WeakSet<SimulatedPod>()
  private readonly flight: ((pod: PodId) => Promise<void> | undefined) | null

  /** @param flight how long the call that starts a pod is on its way to the engine, once nobody can call it back */
  constructor(engine: SimulatedEngine, flight: ((pod: PodId) => Promise<void> | undefined) | null = null) {
    this.engine = engine
    this.flight = flight
    engine.watchers.add(this.watcher)
  }

  async info(): Promise<RuntimeInfo> {
    const { cpus = 64, memoryBytes = 256 * 1024 ** 3 } = this.engine.options
    return { name: 'simulated', version: '1', hostName: 'simulated', cpus, memoryBytes, warnings: [] }
  }

  prepare(request: PodRequest): Promise<void> {
    return this.call(() => {
      const { id } = request.identity
      for (const container of request.containers) {
        const unknown = container.mounts.find((mount) => !request.volumes.some((one) => one.name === mount.volume))
        if (unknown) throw new UserError('UNKNOWN_VOLUME', `volume '${unknown.volume}' not found in workflow spec`)
      }
      if (!this.engine.pods.has(id)) this.pullImages(request)
      if (this.isOfAnother(id)) return this.makeAnew(request)
      this.own.add(this.engine.create(request))
      return undefined
    })
  }

  /** Another life has made it, and has not started it. */
  private isOfAnother(id: PodId): boolean {
    const pod = this.engine.pods.get(id)
    return pod !== undefined && !this.own.has(pod) && !pod.isStarted && !pod.isStopping
  }

  /** As in Docker: a start that the other asked for may come late. */
  private async makeAnew(request: PodRequest): Promise<void> {
    const { id } = request.identity
    if (this.confirm !== null) await this.confirm()
    const pod = this.engine.pods.get(id)
    if (pod !== undefined && this.isOfAnother(id)) this.engine.delete(pod)
    this.own.add(this.engine.create(request))
  }

  async writeFiles(id: PodId, container: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    const { pod, one } = this.find(id, container)
    await this.engine.filesOf(pod, one).unpack(tar)
    await this.call(() => {})
  }

  start(request: PodRequest): Promise<void> {
    return this.call(async () => {
      const { id } = request.identity
      const known = this.engine.pods.get(id)
      if (!known) this.pullImages(request)
      const pod = known ?? this.engine.create(request)
      if (this.confirm !== null) await this.confirm()
      if (this.flight !== null) await this.flight(id)
      // A start is of these containers, by their ids; others of the same names are not meant.
      if (this.engine.pods.get(id) !== pod)
        throw new WorldError('ENGINE_REFUSED', `no such container: ${id}`, { retryable: true })
      if (pod.isRefused) throw new WorldError('ENGINE_REFUSED', `${id} cannot be started`, { retryable: false })
      this.engine.start(pod)
      if (pod.containers.every((one) => one.planned.role !== 'init')) return
      return this.until(
        () => pod.isEnded || pod.containers.some((one) => one.planned.role === 'main' && one.state !== 'created'),
      )
    })
  }

  stop(id: PodId, graceMs: number): Promise<void> {
    return this.call(() => {
      const pod = this.engine.pods.get(id)
      if (!pod) return
      if (!pod.isEnded) pod.wasStopped = true
      this.engine.stop(pod, graceMs)
      return this.until(() => pod.isEnded || this.engine.pods.get(id) !== pod)
    })
  }

  async readFiles(id: PodId, container: string, path: string): Promise<AsyncIterable<Uint8Array> | null> {
    await this.call(() => {})
    const { pod, one } = this.find(id, container)
    return this.engine.filesOf(pod, one).pack(path)
  }

  async readStdout(id: PodId, container: string, maxBytes: number): Promise<Uint8Array> {
    await this.call(() => {})
    const whole = Buffer.concat(this.engine.logs.get(id)?.get(container)?.stdout ?? [])
    return whole.subarray(Math.max(0, whole.length - maxBytes))
  }

  async *logs(id: PodId, container: string, options: LogOptions): AsyncIterable<LogLine> {
    await this.call(() => {})
    const pod = this.engine.pods.get(id)
    const one = pod?.byName.get(container)
    if (options.follow && pod && one) {
      await this.until(() => one.state === 'exited' || this.engine.pods.get(id) !== pod)
    }
    const lines = this.engine.logs.get(id)?.get(container)?.lines ?? []
    const since = lines.filter((line) => options.sinceMs === undefined || line.at >= options.sinceMs)
    yield* options.tailLines === undefined ? since : since.slice(Math.max(0, since.length - options.tailLines))
  }

  remove(id: PodId): Promise<void> {
    return this.call(() => {
      const pod = this.engine.pods.get(id)
      if (pod) this.engine.delete(pod)
    })
  }

  forget(workflow: WorkflowUid): Promise<void> {
    return this.call(() => {
      for (const pod of this.engine.pods.values()) {
        if (pod.request.identity.workflowUid === workflow) this.engine.delete(pod)
      }
      this.#dropFiles(workflow)
    })
  }

  forgetFiles(workflow: WorkflowUid): Promise<void> {
    return this.call(() => this.#dropFiles(workflow))
  }

  workflowsWithFiles(): Promise<readonly WorkflowUid[]> {
    return this.call(() => [...new Set([...this.engine.logs.keys()].map((id) => id.split('.')[0] as WorkflowUid))])
  }

  #dropFiles(workflow: WorkflowUid): void {
    for (const id of this.engine.logs.keys()) if (id.startsWith(`${workflow}.`)) this.engine.logs.delete(id)
  }

  list(): Promise<readonly PodState[]> {
    return this.call(() => [...this.engine.pods.values()].map((pod) => this.engine.stateOf(pod)))
  }

  observe(
    listener: (state: PodState) => void,
    onHealth: (healthy: boolean, reason: string) => void,
  ): { close(): void } {
    const observer: Observer = { onState: listener, onHealth }
    this.observers.add(observer)
    queueMicrotask(() => {
      if (!this.observers.has(observer)) return
      onHealth(this.isHealthy, '')
      for (const pod of this.engine.pods.values()) listener(this.engine.stateOf(pod))
    })
    return { close: () => void this.observers.delete(observer) }
  }

  ensureVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    return this.call(() => {
      if (this.engine.volumes.has(name))
        return refuseOthers(name, labels, { labels: this.engine.volumeLabels.get(name) ?? {}, isOurs: true })
      this.engine.volumes.set(name, new Map())
      this.engine.volumeLabels.set(name, labels)
    })
  }

  /** Without faults of the engine: a start that finds nothing to sweep is to be as it was. */
  async volumes(): Promise<readonly NamedVolume[]> {
    return [...this.engine.volumes.keys()].map((name) => ({ name, labels: this.engine.volumeLabels.get(name) ?? {} }))
  }

  removeVolume(name: string, _signal?: AbortSignal, owner?: string): Promise<void> {
    return this.call(() => {
      if (owner !== undefined && this.engine.volumeLabels.get(name)?.[ownerLabel] !== owner) return
      for (const { request } of this.engine.pods.values())
        if (request.volumes.some((volume) => volume.kind === 'claim' && volume.volumeName === name))
          throw new WorldError('VOLUME_IN_USE', `volume ${name} is in use`, { retryable: true })
      this.engine.volumes.delete(name)
      this.engine.volumeLabels.delete(name)
    })
  }

  expect(): void {}

  share(): void {}

  guard(confirm: () => Promise<void>): void {
    this.confirm = confirm
  }

  async letGo(): Promise<void> {}

  workflows(): Promise<readonly WorkflowUid[]> {
    return this.call(() => [
      ...new Set([...this.engine.pods.values()].map(({ request }) => request.identity.workflowUid)),
    ])
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.observers.clear()
    this.engine.watchers.delete(this.watcher)
  }

  /** The engine goes away or comes back; on its return every pod is reported. */
  setHealthy(isHealthy: boolean, reason = 'simulated outage'): void {
    if (this.isHealthy === isHealthy) return
    this.isHealthy = isHealthy
    for (const { onHealth } of this.observers) onHealth(isHealthy, isHealthy ? '' : reason)
    if (!isHealthy) return
    for (const pod of this.missed) this.tell(pod, true)
    this.missed.clear()
    for (const pod of this.engine.pods.values()) this.deliver(pod, false)
  }

  private pullImages(request: PodRequest): void {
    const { id } = request.identity
    const errors = this.engine.options.behaviour(request).imageErrors
    if (!errors) return
    const left = this.engine.imageErrorsLeft.get(id) ?? errors.times
    this.engine.imageErrorsLeft.set(id, left - 1)
    if (left > 0) throw new WorldError('IMAGE_PULL', errors.text, { retryable: true })
  }

  private find(id: PodId, container: string): { pod: SimulatedPod; one: SimulatedContainer } {
    const pod = this.engine.pods.get(id)
    const one = pod?.byName.get(container)
    if (!pod || !one)
      throw new WorldError('ENGINE_REFUSED', `no such container: ${id} ${container}`, { retryable: false })
    return { pod, one }
  }

  /** Without faults as few promises as there can be: one more for each call of each pod is what a wide loop is slow by. */
  private call<T>(work: () => T | Promise<T>): Promise<T> {
    const { faults } = this.engine.options
    if (faults !== undefined || this.isClosed || !this.isHealthy) return this.faulty(work, faults)
    try {
      const result = work()
      return result instanceof Promise ? result : Promise.resolve(result)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  private async faulty<T>(work: () => T | Promise<T>, faults: Faults = {}): Promise<T> {
    const { random } = this.engine.options
    if (this.isClosed) throw new WorldError('RUNTIME_CLOSED', 'the runtime was closed', { retryable: false })
    if (!this.isHealthy) throw new WorldError('ENGINE_AWAY', 'the simulated engine is away', { retryable: true })
    const chance = faults.refused || faults.answerLost ? random.next() : 1
    if (chance < (faults.refused ?? 0)) throw new WorldError('ENGINE_REFUSED', 'simulated refusal', { retryable: true })
    const result = await work()
    if (chance < (faults.refused ?? 0) + (faults.answerLost ?? 0)) {
      throw new WorldError('ENGINE_AWAY', 'simulated loss of the answer', { retryable: true })
    }
    return result
  }

  private changed(pod: SimulatedPod, isGone: boolean): void {
    for (const wake of this.changes) wake()
    if (!this.isHealthy && isGone) this.missed.add(pod)
    if (this.observers.size === 0 || !this.isHealthy) return
    if (isGone) return this.tell(pod, true)
    // Many changes of one moment make one report.
    if (this.stale.has(pod)) return
    this.stale.add(pod)
    void soon.then(() => {
      this.stale.delete(pod)
      this.deliver(pod, false)
    })
  }

  private deliver(pod: SimulatedPod, isGone: boolean): void {
    const { faults, random, clock } = this.engine.options
    if (!faults) return this.tell(pod, isGone)
    const chance = random.next()
    const { lost = 0, doubled = 0, late = 0, lateMsMost = 1_000, relistMs = 15_000 } = faults
    if (chance < lost) return void clock.sleep(relistMs).then(() => this.tell(pod, isGone))
    if (chance < lost + late) return void clock.sleep(random.next() * lateMsMost).then(() => this.tell(pod, isGone))
    this.tell(pod, isGone)
    if (chance < lost + late + doubled) queueMicrotask(() => this.tell(pod, isGone))
  }

  private tell(pod: SimulatedPod, isGone: boolean): void {
    const isThere = this.engine.pods.get(pod.request.identity.id) === pod
    if (!isThere && !isGone) return
    const state = this.engine.stateOf(pod)
    for (const { onState } of this.observers) onState(isGone ? { ...state, phase: 'gone' } : state)
  }

  private until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        if (!isDone()) return
        this.changes.delete(wake)
        resolve()
      }
      this.changes.add(wake)
    })
  }
}
