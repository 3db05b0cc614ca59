/** All pods of this controller: whose life is under way, which stand ready, which are to be removed. */
import type { NodeId, PodId, PodState, WorkflowUid } from '../../resources/index.ts'
import type { Observation, PodPlan } from '../../engine/index.ts'
import type { EndpointState } from '../../runtime/port.ts'
import { persevere } from '../back-off.ts'
import { PodLife } from './pod-life.ts'
import type { RunOptions } from './pod-life.ts'
import type { PodParts } from './pod-parts.ts'
import { Removals } from './removals.ts'

export type PodsParts = Omit<PodParts, 'observe' | 'starting' | 'uncertain' | 'away'> & {
  readonly observe: (uid: WorkflowUid, observation: Observation) => void
  /** Whether the run is in memory, so that its pods are wanted or will be asked for. */
  readonly isLive: (uid: WorkflowUid) => boolean
  /** Where others work on the same engine: pods of what is not ours are passed over. Absent: all are ours. */
  readonly isOurs?: (uid: WorkflowUid) => boolean
  readonly onHealth: (isHealthy: boolean, reason: string) => void
}

export class Pods {
  readonly #parts: PodsParts
  readonly #lives = new Map<PodId, PodLife>()
  readonly #byWorkflow = new Map<WorkflowUid, Map<PodId, PodLife>>()
  readonly #starting = new Set<PodId>()
  readonly #removals: Removals
  /**
   * What stood at the start and nobody has asked for yet; `null` until the runtime has been heard, and while our hands
   * are off all containers: what is not known of is not missing then.
   */
  #found: Map<PodId, PodState> | null = null
  /** What is told of pods before that. */
  readonly #early = new Map<PodId, PodState>()
  #waitingForList: { readonly work: () => void; readonly asker: WorkflowUid | null }[] = []
  readonly #first = Promise.withResolvers<void>()
  /** How often all containers were let go: a list from before is not of now. */
  #lettings = 0
  #lastParts: { readonly uid: WorkflowUid; readonly parts: PodParts } | null = null
  #observing: { close(): void } | null = null
  #watching: { close(): void } | null = null
  /** Endpoints that have not told what they have since we asked. */
  readonly #unheard = new Set<string>()
  #isHearing = false
  #isKept: ((state: PodState) => Promise<boolean>) | null = null
  /** Why the engine is away; `null`: it is not. */
  #away: string | null = null
  readonly #abort = new AbortController()

  constructor(parts: PodsParts) {
    this.#parts = parts
    const onRemoved = (pod: PodId) => parts.scheduling?.placements.forget(pod)
    this.#removals = new Removals({ ...parts, isStarting: () => this.#starting.size > 0, onRemoved })
  }

  /** Begins to hear the runtime. Until its first list is in, what is asked for waits. */
  start(): void {
    const { runtime, scheduling, onHealth, confirm } = this.#parts
    if (confirm !== null) runtime.guard?.(confirm)
    const noteHealth = (isHealthy: boolean, reason: string) => {
      this.#away = isHealthy ? null : reason
      if (isHealthy) this.nudge()
      onHealth(isHealthy, reason)
    }
    this.#observing = runtime.observe((state) => this.#onState(state), noteHealth)
    this.#watching = scheduling?.endpoints.onChange(() => this.#onEndpoints()) ?? null
    scheduling?.settleRooms()
    void this.#list()
  }

  /**
   * After every run has said what it wants: what was found, is wanted by nobody and is not to be kept is removed. What
   * is kept may be asked for later: a suspended workflow does not ask for its pods.
   */
  async sweep(isKept: (state: PodState) => Promise<boolean>): Promise<void> {
    await this.#whenListed()
    this.#isKept = isKept
    for (const [pod, state] of [...(this.#found ?? [])]) {
      if (!this.#lives.has(pod) && (await isKept(state))) continue
      if (!this.#lives.has(pod)) this.#removals.remove(pod, 0)
      this.#found?.delete(pod)
    }
  }

  /** Reads again what stands: workflows have become ours, and nobody may have told of their pods. */
  async relist(): Promise<void> {
    await this.#first.promise
    const { runtime, clock, scheduling } = this.#parts
    const patience = { clock, signal: this.#abort.signal }
    await scheduling?.placements.load()
    let standing: readonly PodState[] = []
    for (let lettings = -1; lettings !== this.#lettings;) {
      lettings = this.#lettings
      standing = await persevere(() => runtime.list(this.#abort.signal), patience)
    }
    if (this.#found === null) return this.#learn(standing)
    this.#noteUnheard()
    for (const state of standing)
      if (this.#isOurs(state) && !this.#lives.has(state.identity.id) && !this.#removals.has(state.identity.id))
        this.#found.set(state.identity.id, state)
  }

  /** The workflow is to be another member's: its containers go on as they are; resolves when nothing is under way. */
  async letGo(uid: WorkflowUid): Promise<void> {
    this.#withdrawAsked(uid)
    for (const [pod, life] of this.#of(uid)) {
      life.discard()
      this.#forget(pod)
    }
    for (const [pod, { identity }] of this.#found ?? []) if (identity.workflowUid === uid) this.#found?.delete(pod)
    await this.#parts.runtime.letGo?.(uid)
  }

  /** Hands off everything: another may have it by now. Until `relist`, what is asked for waits as at the start. */
  async letGoAll(): Promise<void> {
    this.#lettings += 1
    this.#found = null
    const { runtime } = this.#parts
    const uids = [...this.#byWorkflow.keys()]
    for (const life of this.#lives.values()) life.discard()
    this.#lives.clear()
    this.#byWorkflow.clear()
    await Promise.all(uids.map(async (uid) => runtime.letGo?.(uid)))
  }

  run(plan: PodPlan, options: RunOptions): void {
    this.#afterList(() => this.#lifeOf(plan).run(plan, options), plan.identity.workflowUid)
  }

  prepare(plan: PodPlan): void {
    this.#afterList(() => this.#lifeOf(plan).prepareAhead(), plan.identity.workflowUid)
  }

  stop(pod: PodId, graceMs: number): void {
    this.#afterList(() => {
      const life = this.#lives.get(pod)
      if (life !== undefined) return life.stop(graceMs)
      // One that an earlier life of the controller left: nobody asked for it again, and nobody waits for its end.
      const isLeft = this.#found?.delete(pod) === true
      void this.#stopUnknown(pod, graceMs).then(() => (isLeft ? this.#removals.remove(pod, 0) : undefined))
    })
  }

  remove(pod: PodId, delayMs: number): void {
    this.#afterList(() => {
      this.#removals.remove(pod, delayMs)
      const life = this.#lives.get(pod)
      if (life?.phase !== 'finished') return
      this.#forget(pod)
    })
  }

  /** Something waits for the containers of the workflow that are to be removed. */
  hurryRemovals(uid: WorkflowUid): void {
    this.#afterList(() => this.#removals.hurry(uid))
  }

  /**
   * A commit may have ended nodes without its effects having been carried out: their pods go, as after a restart,
   * unless podGC keeps them.
   */
  dropEnded(uid: WorkflowUid, mayGo: (nodeId: NodeId) => boolean): void {
    // Once it is known what stands, nodes may have ended that are not stored; then it is swept, or the run opened anew.
    if (this.#found === null) return this.#withdrawAsked(uid)
    for (const [pod, life] of this.#of(uid)) {
      if (life.phase === 'ahead' || !mayGo(life.plan.identity.nodeId)) continue
      if (life.phase === 'finished') this.#removals.remove(pod, 0)
      else void this.#stopUnknown(pod, 0).then(() => this.#removals.remove(pod, 0))
      life.discard()
      this.#forget(pod)
    }
    for (const [pod, { identity }] of this.#found)
      if (identity.workflowUid === uid && mayGo(identity.nodeId) && !this.#lives.has(pod)) this.stop(pod, 0)
  }

  /**
   * The workflow has ended: what still stands ready for it goes, and what a start found of it and nobody asked for;
   * what it left behind is no longer followed.
   * @param mayGo whether podGC lets go what has ended
   */
  leave(uid: WorkflowUid, mayGo: (nodeId: NodeId) => boolean): void {
    this.#afterList(() => {
      for (const [pod, life] of this.#of(uid)) {
        if (life.phase === 'ahead') this.#removals.remove(pod, 0)
        else if (life.phase !== 'finished') void this.#stopUnknown(pod, 0).then(() => this.#removals.remove(pod, 0))
        life.discard()
        this.#forget(pod)
      }
      for (const [pod, { identity, phase }] of this.#found ?? [])
        if (identity.workflowUid === uid && (phase !== 'ended' || mayGo(identity.nodeId)) && !this.#lives.has(pod))
          this.stop(pod, 0)
    })
  }

  /** Stops and removes everything of a workflow at once and resolves when it is gone. */
  async destroy(uid: WorkflowUid, signal?: AbortSignal): Promise<void> {
    const { runtime, clock } = this.#parts
    // What was asked for before the first list comes first, or it would begin after all is gone.
    await this.#whenListed()
    const pods = new Set<PodId>()
    for (const [pod, life] of this.#of(uid)) {
      life.discard()
      this.#forget(pod)
      pods.add(pod)
    }
    const patience = { clock, signal: signal ?? this.#abort.signal }
    const standing = await persevere(() => runtime.list(signal), patience)
    for (const state of standing) if (state.identity.workflowUid === uid) pods.add(state.identity.id)
    await Promise.all([...pods].map((pod) => persevere(() => runtime.remove(pod, signal), patience)))
    await persevere(() => runtime.forget(uid, signal), patience)
    this.#parts.scheduling?.placements.forgetWorkflow(uid)
  }

  /** What pods refer to has changed: those that wait look again. */
  nudge(): void {
    for (const life of this.#lives.values()) life.nudge()
  }

  /** Whether a container of the workflow runs now. */
  isAnyRunning(uid: WorkflowUid): boolean {
    for (const life of this.#byWorkflow.get(uid)?.values() ?? []) if (life.phase === 'following') return true
    return false
  }

  counts(): { readonly pending: number; readonly running: number; readonly removals: number } {
    let [pending, running] = [0, 0]
    for (const life of this.#lives.values()) {
      if (life.isPending) pending += 1
      if (life.phase === 'following') running += 1
    }
    return { pending, running, removals: this.#removals.depth }
  }

  close(): void {
    this.#observing?.close()
    this.#watching?.close()
    this.#parts.scheduling?.placements.close()
    this.#removals.close()
    this.#abort.abort()
    for (const life of this.#lives.values()) life.discard()
    this.#lives.clear()
    this.#byWorkflow.clear()
  }

  #isOurs({ identity }: PodState): boolean {
    return this.#parts.isOurs?.(identity.workflowUid) ?? true
  }

  #of(uid: WorkflowUid): readonly (readonly [PodId, PodLife])[] {
    return [...(this.#byWorkflow.get(uid) ?? [])]
  }

  #forget(pod: PodId): void {
    const uid = this.#lives.get(pod)?.plan.identity.workflowUid
    this.#lives.delete(pod)
    if (uid === undefined) return
    const siblings = this.#byWorkflow.get(uid)
    siblings?.delete(pod)
    if (siblings?.size === 0) this.#byWorkflow.delete(uid)
  }

  #lifeOf(plan: PodPlan): PodLife {
    const { id, workflowUid } = plan.identity
    const known = this.#lives.get(id)
    if (known !== undefined) return known
    const found = this.#found?.get(id) ?? null
    const life = new PodLife(plan, found?.phase === 'gone' ? null : found, this.#partsOf(workflowUid))
    this.#lives.set(id, life)
    const siblings = this.#byWorkflow.get(workflowUid)
    if (siblings === undefined) this.#byWorkflow.set(workflowUid, new Map([[id, life]]))
    else siblings.set(id, life)
    return life
  }

  /** Those of one workflow's pods, which mostly come many in a row. */
  #partsOf(uid: WorkflowUid): PodParts {
    if (this.#lastParts?.uid !== uid) {
      const observe = (observation: Observation) => this.#parts.observe(uid, observation)
      const uncertain: PodParts['uncertain'] = (pod, wasRunning) => this.#uncertain(pod, wasRunning)
      const away: PodParts['away'] = (endpoint) => this.#awayReason(endpoint)
      this.#lastParts = { uid, parts: { ...this.#parts, starting: this.#starting, observe, uncertain, away } }
    }
    return this.#lastParts.parts
  }

  #onState(state: PodState): void {
    const { id, workflowUid } = state.identity
    const life = this.#lives.get(id)
    if (life !== undefined) return life.report(state)
    if (!this.#isOurs(state)) return
    if (this.#found === null) return void this.#early.set(id, state)
    if (state.phase === 'gone') return void this.#found.delete(id)
    if (this.#found.has(id)) return void this.#found.set(id, state)
    // Of an endpoint that comes late: whether it is wanted is seen when all of its pods are known.
    if (state.endpoint !== undefined && this.#unheard.has(state.endpoint)) return void this.#found.set(id, state)
    if (this.#parts.isLive(workflowUid) || this.#removals.has(id)) return
    this.#removals.remove(id, 0)
  }

  async #list(): Promise<void> {
    const { runtime, clock, onHealth } = this.#parts
    const onFailure = (error: Error) => onHealth(false, error.message)
    try {
      const patience = { clock, signal: this.#abort.signal, onFailure }
      this.#learn(await persevere(() => runtime.list(this.#abort.signal), patience))
      this.#first.resolve()
    } catch (error) {
      if (this.#abort.signal.aborted) return
      onHealth(false, error instanceof Error ? error.message : String(error))
      await clock.sleep(5_000, this.#abort.signal).catch(() => {})
      return this.#list()
    }
  }

  /** What stands is known from now on. */
  #learn(standing: readonly PodState[]): void {
    const ours = standing.filter((state) => this.#isOurs(state) && !this.#removals.has(state.identity.id))
    this.#noteUnheard()
    this.#found = new Map(ours.map((state) => [state.identity.id, further(state, this.#early.get(state.identity.id))]))
    this.#early.clear()
    const waiting = this.#waitingForList
    this.#waitingForList = []
    for (const { work } of waiting) work()
  }

  /** Those that were left out of a list that was just made. */
  #noteUnheard(): void {
    const { scheduling } = this.#parts
    for (const { name, ok, isHeard } of scheduling?.endpoints.now() ?? []) if (!ok || !isHeard) this.#unheard.add(name)
    if (this.#unheard.size === 0) void scheduling?.placements.complete()
    else this.#onEndpoints()
  }

  #uncertain(pod: PodId, wasRunning: boolean): string | null {
    const { scheduling } = this.#parts
    if (scheduling === null || this.#unheard.size === 0) return null
    const mayBeOn = ({ name }: EndpointState) =>
      this.#unheard.has(name) && scheduling.placements.mayBeOn(pod, name, wasRunning)
    const endpoint = scheduling.endpoints.now().find(mayBeOn)
    return endpoint === undefined ? null : endpoint.reason || `endpoint ${endpoint.name} is being asked`
  }

  #awayReason(name: string | undefined): string | null {
    const { scheduling } = this.#parts
    if (scheduling === null || name === undefined) return this.#away
    const endpoint = scheduling.endpoints.now().find((one) => one.name === name)
    return endpoint === undefined || endpoint.ok ? null : endpoint.reason
  }

  #onEndpoints(): void {
    const { scheduling } = this.#parts
    scheduling?.settleRooms()
    for (const life of this.#lives.values()) life.endpointsChanged()
    const isBack = ({ name, ok, isHeard }: EndpointState) => this.#unheard.has(name) && ok && isHeard
    if (this.#found !== null && scheduling?.endpoints.now().some(isBack) === true) void this.#hearLate()
  }

  /** What endpoints have that could not be asked before: their pods are found now, or are known not to be there. */
  async #hearLate(): Promise<void> {
    if (this.#isHearing) return
    this.#isHearing = true
    const { runtime, clock, scheduling, log } = this.#parts
    const { signal } = this.#abort
    try {
      const standing = await persevere(() => runtime.list(signal), { clock, signal })
      const answering = scheduling?.endpoints.now().filter(({ ok, isHeard }) => ok && isHeard) ?? []
      const late = new Set(answering.flatMap(({ name }) => (this.#unheard.has(name) ? [name] : [])))
      for (const state of standing) {
        const { id } = state.identity
        if (!late.has(state.endpoint ?? '') || !this.#isOurs(state) || this.#removals.has(id)) continue
        const life = this.#lives.get(id)
        if (life === undefined) this.#found?.set(id, further(state, this.#found.get(id)))
        else if (!life.isKnown) life.report(state)
      }
      for (const name of late) this.#unheard.delete(name)
      for (const life of this.#lives.values()) life.endpointsChanged()
      if (this.#unheard.size === 0) void scheduling?.placements.complete()
      if (this.#isKept !== null) await this.sweep(this.#isKept)
      if (late.size > 0) queueMicrotask(() => this.#onEndpoints())
    } catch (error) {
      if (!signal.aborted)
        log.warn({ error: String(error) }, 'an endpoint that is back could not be asked for its pods')
    } finally {
      this.#isHearing = false
    }
  }

  /** @param asker of a pod; a run that is opened anew asks for all that it wants once more */
  #afterList(work: () => void, asker: WorkflowUid | null = null): void {
    if (this.#found === null) this.#waitingForList.push({ work, asker })
    else work()
  }

  #withdrawAsked(uid: WorkflowUid): void {
    this.#waitingForList = this.#waitingForList.filter(({ asker }) => asker !== uid)
  }

  #whenListed(): Promise<void> {
    return new Promise((resolve) => this.#afterList(resolve))
  }

  async #stopUnknown(pod: PodId, graceMs: number): Promise<void> {
    const { runtime, clock, log } = this.#parts
    const signal = this.#abort.signal
    try {
      await persevere(() => runtime.stop(pod, graceMs, signal), { clock, signal })
    } catch (error) {
      if (!signal.aborted) log.warn({ pod, error: String(error) }, 'a pod could not be stopped')
    }
  }
}

const phases: readonly PodState['phase'][] = ['created', 'running', 'ended', 'gone']

/** A list that takes its time may be older than what was told meanwhile. */
function further(listed: PodState, told: PodState | undefined): PodState {
  return told !== undefined && phases.indexOf(told.phase) >= phases.indexOf(listed.phase) ? told : listed
}
