/** The runtime port over several named runtimes: each pod on the one that has it, or that its request names. */
import type { Clock, PodId, PodRequest, PodState, WorkflowUid } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import type { EndpointState, Endpoints, LogLine, LogOptions, NamedVolume, Runtime, RuntimeInfo } from '../port.ts'
import type { EndpointSettings, NamedRuntime } from './member.ts'
import { Member } from './member.ts'

/** @property isBegun it was started there, or may have been: it does not go elsewhere. */
type Place = { readonly member: Member; readonly isBegun: boolean }

type Listener = {
  readonly onState: (state: PodState) => void
  readonly onHealth: (isHealthy: boolean, reason: string) => void
}

/** How long those that have not answered yet are waited for at the start. */
const defaultPatienceMs = 5_000
const cleanUpAgainMs = 2_000

export class EndpointsRuntime implements Runtime {
  readonly #clock: Clock
  readonly #patienceMs: number
  readonly #members: readonly Member[]
  readonly #first: Member
  /** Where each pod is: as the endpoints tell, or as its request says. */
  readonly #where = new Map<PodId, Place>()
  readonly #listeners = new Set<Listener>()
  readonly #watchers = new Set<() => void>()
  readonly #ending = new AbortController()
  #isStarted = false
  /** Ends when those that have not answered by then are no longer waited for. */
  #patience: Promise<void> = Promise.resolve()
  #told: { readonly isHealthy: boolean; readonly reason: string } | null = null

  /** @param named at least one; the first is the one that the daemon reaches best */
  constructor({
    clock,
    named,
    patienceMs = defaultPatienceMs,
  }: {
    readonly clock: Clock
    readonly named: readonly NamedRuntime[]
    readonly patienceMs?: number
  }) {
    this.#clock = clock
    this.#patienceMs = patienceMs
    this.#members = named.map(
      (one) =>
        new Member({
          ...one,
          clock,
          onState: (member, state) => this.#onState(member, state),
          onChange: () => this.#changed(),
          twinOf: (member, id) =>
            (id !== '' && this.#members.find((other) => other !== member && other.info?.engineId === id)?.name) || null,
        }),
    )
    const [first] = this.#members
    if (first === undefined) throw new Error('a runtime of endpoints needs one of them')
    this.#first = first
  }

  readonly endpoints: Endpoints = {
    now: (): readonly EndpointState[] => this.#members.map(({ state }) => state),
    onChange: (listener) => {
      this.#watchers.add(listener)
      return { close: () => void this.#watchers.delete(listener) }
    },
    at: (name) => this.#named(name).runtime,
  }

  /** Takes over what an operator has changed; endpoints that are not named keep what they have. */
  configure(settings: ReadonlyMap<string, EndpointSettings>): void {
    for (const member of this.#members) {
      const given = settings.get(member.name)
      if (given !== undefined) member.settings = given
    }
    this.#changed()
  }

  async info(signal?: AbortSignal): Promise<RuntimeInfo> {
    const infos = await Promise.allSettled(
      this.#usable.map(async (one) => one.info ?? (await one.runtime.info(signal))),
    )
    const known = infos.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const [failed] = infos.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []))
    if (known.length === 0) throw failed ?? new WorldError('ENDPOINT_AWAY', this.#whyAway(), { retryable: true })
    const sum = (of: (info: RuntimeInfo) => number): number => known.reduce((total, info) => total + of(info), 0)
    return {
      name: 'endpoints',
      version: [...new Set(known.map(({ version }) => version))].join(', '),
      hostName: this.#first.name,
      cpus: sum(({ cpus }) => cpus),
      memoryBytes: sum(({ memoryBytes }) => memoryBytes),
      warnings: known.flatMap(({ warnings }) => warnings),
      endpoints: this.endpoints.now(),
    }
  }

  async prepare(pod: PodRequest, signal?: AbortSignal): Promise<void> {
    await this.#answering(this.#take(pod)).runtime.prepare(pod, signal)
  }

  async start(pod: PodRequest, signal?: AbortSignal): Promise<void> {
    const member = this.#answering(this.#take(pod))
    this.#where.set(pod.identity.id, { member, isBegun: true })
    await member.runtime.start(pod, signal)
  }

  async writeFiles(pod: PodId, container: string, tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    await this.#of(pod).runtime.writeFiles(pod, container, tar, signal)
  }

  async readFiles(
    pod: PodId,
    container: string,
    path: string,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | null> {
    return this.#of(pod).runtime.readFiles(pod, container, path, signal)
  }

  async readStdout(pod: PodId, container: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#of(pod).runtime.readStdout(pod, container, maxBytes, signal)
  }

  async stop(pod: PodId, graceMs: number, signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#perhaps(pod).map(({ runtime }) => runtime.stop(pod, graceMs, signal)))
  }

  async remove(pod: PodId, signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#perhaps(pod).map(({ runtime }) => runtime.remove(pod, signal)))
    this.#where.delete(pod)
  }

  /** Of a pod that is gone nobody knows any more where it was: the first that has lines of it. */
  async *logs(pod: PodId, container: string, options: LogOptions, signal?: AbortSignal): AsyncIterable<LogLine> {
    const known = this.#where.get(pod)
    let away: WorldError | null = null
    for (const { runtime } of known === undefined ? this.#usable : [known.member]) {
      let hasLines = false
      try {
        for await (const line of runtime.logs(pod, container, options, signal)) {
          hasLines = true
          yield line
        }
      } catch (error) {
        if (hasLines || !(error instanceof WorldError)) throw error
        away = error
      }
      if (hasLines) return
    }
    if (away !== null) throw away
  }

  async forget(workflow: WorkflowUid, signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#usable.map(({ runtime }) => runtime.forget(workflow, signal)))
    for (const pod of this.#where.keys()) if (pod.startsWith(`${workflow}.`)) this.#where.delete(pod)
  }

  async forgetFiles(workflow: WorkflowUid): Promise<void> {
    await Promise.all(this.#members.map(({ runtime }) => runtime.forgetFiles(workflow)))
  }

  async workflowsWithFiles(): Promise<readonly WorkflowUid[]> {
    const found = await Promise.all(
      this.#members.map(async ({ runtime }) => (await runtime.workflowsWithFiles?.()) ?? []),
    )
    return [...new Set(found.flat())]
  }

  /** Of those endpoints that answer; `endpoints.now()` tells which have been heard. */
  async list(signal?: AbortSignal): Promise<readonly PodState[]> {
    this.#start()
    await this.#firstHearing(signal)
    const all = await Promise.all(this.#members.map((member) => this.#listed(member, signal)))
    return all.flatMap((states, index) => {
      const member = this.#members[index]
      return member === undefined ? [] : states.filter((state) => this.#isPlaced(member, state))
    })
  }

  observe(
    listener: (state: PodState) => void,
    onHealth: (isHealthy: boolean, reason: string) => void,
  ): { close(): void } {
    const entry: Listener = { onState: listener, onHealth }
    this.#listeners.add(entry)
    this.#start()
    const told = this.#told
    queueMicrotask(() => {
      if (told !== null && this.#listeners.has(entry)) onHealth(told.isHealthy, told.reason)
    })
    return { close: () => void this.#listeners.delete(entry) }
  }

  /** On the first endpoint; `endpoints.at` has the others. */
  async ensureVolume(name: string, labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void> {
    await this.#first.runtime.ensureVolume(name, labels, signal)
  }

  async removeVolume(name: string, signal?: AbortSignal, owner?: string): Promise<void> {
    await Promise.all(this.#usable.map(({ runtime }) => runtime.removeVolume(name, signal, owner)))
  }

  /** Of those that answer. */
  async volumes(signal?: AbortSignal): Promise<readonly NamedVolume[]> {
    const able = this.#usable.filter(({ isOk }) => isOk)
    const found = await Promise.all(able.map(async ({ runtime }) => (await runtime.volumes?.(signal)) ?? []))
    return [...new Map(found.flat().map((volume) => [volume.name, volume])).values()]
  }

  expect(workflow: WorkflowUid, pods: number): void {
    const share = Math.ceil(pods / this.#members.length)
    for (const { isOk, runtime } of this.#members) if (isOk) runtime.expect(workflow, share)
  }

  share(isOurs: (workflow: WorkflowUid) => boolean): void {
    for (const { runtime } of this.#members) runtime.share?.(isOurs)
  }

  guard(confirm: () => Promise<void>): void {
    for (const { runtime } of this.#members) runtime.guard?.(confirm)
  }

  /** Of those that answer. */
  async workflows(signal?: AbortSignal): Promise<readonly WorkflowUid[]> {
    const able = this.#usable.filter(({ isOk }) => isOk)
    const found = await Promise.all(able.map(async ({ runtime }) => (await runtime.workflows?.(signal)) ?? []))
    return [...new Set(found.flat())]
  }

  async letGo(workflow: WorkflowUid): Promise<void> {
    for (const pod of this.#where.keys()) if (pod.startsWith(`${workflow}.`)) this.#where.delete(pod)
    await Promise.all(this.#usable.map(async ({ runtime }) => runtime.letGo?.(workflow)))
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.#listeners.clear()
    this.#watchers.clear()
    await Promise.all(this.#members.map((member) => member.close()))
  }

  #start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#patience = this.#clock.sleep(this.#patienceMs, this.#ending.signal).catch(() => {})
    for (const member of this.#members) member.start()
  }

  /** Where the request is to be carried out. */
  #take(pod: PodRequest): Member {
    this.#start()
    const { id } = pod.identity
    const before = this.#where.get(id)
    if (before !== undefined && (pod.endpoint === undefined || before.member.name === pod.endpoint))
      return before.member
    const member = pod.endpoint === undefined ? this.#first : this.#named(pod.endpoint)
    this.#where.set(id, { member, isBegun: false })
    if (before !== undefined) this.#clean(before.member, pod)
    return member
  }

  #of(pod: PodId): Member {
    return this.#answering(this.#where.get(pod)?.member ?? this.#first)
  }

  get #usable(): readonly Member[] {
    return this.#members.filter(({ isRefused }) => !isRefused)
  }

  /** Where it is, or may be. @throws WorldError, to be tried again, while one of these has not been heard */
  #perhaps(pod: PodId): readonly Member[] {
    const known = this.#where.get(pod)
    if (known !== undefined) return [this.#answering(known.member)]
    if (this.#isStarted) for (const member of this.#usable) member.assertHeard()
    return this.#usable
  }

  /** Nobody waits for an answer that will not come. @throws WorldError, to be tried again, where it is away */
  #answering(member: Member): Member {
    if (!member.isOk && member.hasSpoken) throw new WorldError('ENDPOINT_AWAY', member.reason, { retryable: true })
    return member
  }

  #named(name: string): Member {
    const member = this.#members.find((one) => one.name === name)
    if (member === undefined)
      throw new WorldError('NO_ENDPOINT', `there is no endpoint of the name ${name}`, { retryable: true })
    return member
  }

  #onState(member: Member, state: PodState): void {
    if (!this.#isPlaced(member, state)) return
    if (state.phase === 'gone') this.#where.delete(state.identity.id)
    for (const { onState } of this.#listeners) onState(state)
  }

  /**
   * Whether that endpoint is where the pod is. Containers that were made and never started stay behind where a pod
   * went elsewhere in the end: they are removed.
   */
  #isPlaced(member: Member, state: PodState): boolean {
    const { id } = state.identity
    const isBegun = state.phase !== 'created'
    const known = this.#where.get(id)
    if (known === undefined || known.member === member) {
      if (known === undefined || (isBegun && !known.isBegun)) this.#where.set(id, { member, isBegun })
      return true
    }
    if (state.phase === 'gone') return false
    if (!isBegun || known.isBegun) {
      if (!isBegun) this.#clean(member, state)
      return false
    }
    this.#where.set(id, { member, isBegun })
    this.#clean(known.member, state)
    return true
  }

  /** What was made for a pod that went elsewhere; tried until it is gone. */
  #clean(member: Member, { identity }: Pick<PodState, 'identity'>): void {
    const { signal } = this.#ending
    const work = async (): Promise<void> => {
      while (!signal.aborted && this.#where.get(identity.id)?.member !== member) {
        try {
          return await member.runtime.remove(identity.id, signal)
        } catch (error) {
          if (!(error instanceof WorldError)) return
          await this.#clock.sleep(cleanUpAgainMs, signal)
        }
      }
    }
    void work().catch(() => {})
  }

  /** @throws WorldError where none of them answers in time */
  async #firstHearing(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const isSettled = () => this.#usable.every(({ isHeard }) => isHeard)
    if (isSettled()) return
    const changed = Promise.withResolvers<void>()
    const watching = this.endpoints.onChange(() => (isSettled() ? changed.resolve() : undefined))
    const aborted = Promise.withResolvers<never>()
    const onAbort = () => aborted.reject(signal?.reason as Error)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([changed.promise, this.#patience, aborted.promise])
    } finally {
      signal?.removeEventListener('abort', onAbort)
      watching.close()
    }
    if (this.#members.some(({ isHeard }) => isHeard)) return
    throw new WorldError('ENDPOINT_AWAY', this.#whyAway(), { retryable: true })
  }

  async #listed(member: Member, signal?: AbortSignal): Promise<readonly PodState[]> {
    if (!member.isHeard || !member.isOk) return []
    try {
      return (await member.runtime.list(signal)).map((state) => member.named(state))
    } catch (error) {
      if (!member.isOk) return []
      throw error
    }
  }

  #whyAway(): string {
    return this.#members.map(({ reason }) => reason).join('; ')
  }

  #changed(): void {
    if (this.#ending.signal.aborted) return
    for (const watcher of this.#watchers) watcher()
    const isHealthy = this.#members.some(({ isOk }) => isOk)
    if (!isHealthy && !this.#members.every(({ hasSpoken }) => hasSpoken)) return
    const told = { isHealthy, reason: isHealthy ? '' : this.#whyAway() }
    if (this.#told?.isHealthy === told.isHealthy && this.#told.reason === told.reason) return
    this.#told = told
    for (const { onHealth } of this.#listeners) onHealth(told.isHealthy, told.reason)
  }
}
