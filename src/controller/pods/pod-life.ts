/**
 * The life of one pod, from plan to result: wait for what it refers to and for room, prepare, stage, start, follow,
 * collect. Every stage may be repeated after a crash, and is, for as long as what fails may pass.
 */
import type { Observation, PodPlan, PodResult } from '../../engine/index.ts'
import type { PodRequest, PodState } from '../../resources/index.ts'
import { UserError, WorldError } from '../../resources/index.ts'
import { isRetryable, persevere } from '../back-off.ts'
import { mayReportProgress } from './argo-env.ts'
import { collect, leavesAnything } from './collect.ts'
import { NotYet } from './lookups.ts'
import type { Making, Prepared } from './making.ts'
import { create, isUnstartable, make, makeAnew, prepareAhead, removeLeft, requestAhead, requestOf } from './making.ts'
import { requestNow, whenComplete } from './missing.ts'
import { PodNews } from './pod-news.ts'
import type { PodParts } from './pod-parts.ts'
import { checkPolicy } from './policy.ts'
import { followProgress } from './progress.ts'
import { Refused } from './refused.ts'
import { knownNeed } from './request.ts'
import type { Scheduling } from './scheduling.ts'
import { Settling } from './settling.ts'
import type { Need } from './space.ts'
import { needOf } from './space.ts'
import { needsStaging } from './stage.ts'
import { transferOf } from './transfer.ts'

export type RunOptions = {
  readonly priority: number
  /** The node was seen running before; with its containers missing, they are gone. */
  readonly wasRunning: boolean
  /** Monotonic milliseconds at which the container was seen to end whose end led to this pod; `null` without one. */
  readonly endSeenAt: number | null
}

/** What is waited for tells when it comes; this is for what is missed. */
const lookAgainMs = 30_000
const rateText = 'resource creation rate-limit reached'

type Phase = 'ahead' | 'waiting' | 'starting' | 'following' | 'collecting' | 'finished'

/** Made once: an error writes down its stack. */
const noLongerWanted = new Refused('no longer wanted')
const hasEnded = new Refused('it has ended')

export class PodLife {
  readonly #parts: PodParts
  readonly #news: PodNews
  #plan: PodPlan
  #state: PodState | null
  /** Ends everything: nobody wants the pod any more. Made when something needs to hear it: most pods have nothing. */
  #abort: AbortController | null = null
  #isDiscarded = false
  /** Ends what comes before the start; whatever ends everything ends that too. Made when it begins. */
  #starting: AbortController | null = null
  /** Gives up the place among those that wait for room. */
  #withdraw: (() => boolean) | null = null
  #phase: Phase = 'ahead'
  #prepared: Prepared | null = null
  /** Made where there are several endpoints. */
  #settling: Settling | null = null
  #isStopping = false
  /** Times that its containers were made anew as they could not be started. */
  #remakes = 0
  /** The call that starts it has come back. */
  #isStarted = false
  /** The state in which it ended; the first one counts. */
  #endState: PodState | null = null
  #whenEnded: ((state: PodState) => void) | null = null
  #nudge: (() => void) | null = null

  constructor(plan: PodPlan, state: PodState | null, parts: PodParts) {
    this.#plan = plan
    this.#state = state
    this.#parts = parts
    this.#news = new PodNews(plan.identity, parts)
    if (state !== null) this.report(state)
  }

  get plan(): PodPlan {
    return this.#plan
  }
  get phase(): string {
    return this.#phase
  }
  /** Something has been told of its containers. */
  get isKnown(): boolean {
    return this.#state !== null
  }
  /** Containers exist or may exist. */
  get isPending(): boolean {
    return this.#phase === 'waiting' || this.#phase === 'starting'
  }

  /** Creates the containers before they are asked for. What fails is tried again when they are. */
  prepareAhead(): void {
    if (this.#prepared !== null || this.#phase !== 'ahead' || this.#state !== null) return
    const request = requestAhead(this.#plan, this.#parts)
    if (request !== null) this.#prepared = prepareAhead(this.#plan, this.#parts, request, this.#startAbort.signal)
  }

  /** Begins, or tells again what is known if it has begun before. */
  run(plan: PodPlan, options: RunOptions): void {
    if (this.#phase !== 'ahead') {
      return this.#news.again(this.#isUnderWay ? this.#state : null)
    }
    this.#plan = plan
    this.#enter('waiting')
    const need = this.#isPlain(options) ? knownNeed(plan, this.#parts.config.pullPolicy) : null
    if (need === null) void this.#live(options)
    else this.#goPlainly(need, options)
  }

  report(state: PodState): void {
    if (state.phase === 'gone' && (this.#phase === 'ahead' || this.#phase === 'waiting')) {
      this.#state = null
      this.#prepared = null
      return
    }
    this.#state = state
    if (this.#plan.daemon) this.#tellDaemon(state)
    if (state.phase === 'ended' || state.phase === 'gone') {
      // A start that is still being tried would make the pod anew once it is removed.
      const mayStart = this.#isUnderWay
      if (mayStart && !this.#isStarted) void this.#overtake()
      this.#endState ??= state
      this.#whenEnded?.(this.#endState)
    } else if (this.#isUnderWay) this.#news.change(state)
  }

  /** What it refers to, or the host, may have changed: look again at once. */
  nudge(): void {
    this.#nudge?.()
  }

  /** Endpoints have gone or come back. */
  endpointsChanged(): void {
    this.#settling?.endpointsChanged()
    this.nudge()
  }

  stop(graceMs: number): void {
    if (this.#phase === 'finished' || this.#phase === 'collecting') return
    this.#isStopping = true
    if (this.#phase === 'ahead' || this.#phase === 'waiting') {
      const reason = new Refused('stopped before its start')
      this.#startAbort.abort(reason)
      if (this.#withdraw?.() === true) this.#fail(reason)
      return
    }
    void this.#stopContainers(graceMs)
  }

  /** Forgets the pod; its containers are the caller's affair. */
  discard(): void {
    this.#parts.capacity.release(this.#plan.identity.id)
    this.#parts.starting.delete(this.#plan.identity.id)
    if (this.#plan.daemon) this.#parts.scheduling?.daemonIsOver(this.#plan.identity)
    // Where the end was told, nothing is under way that would hear of it.
    if (this.#phase === 'finished' && !this.#isStopping && !mayReportProgress(this.#plan)) return
    this.#isDiscarded = true
    this.#withdraw?.()
    this.#starting?.abort(noLongerWanted)
    this.#abort?.abort(noLongerWanted)
  }

  get #isUnderWay(): boolean {
    return this.#phase === 'starting' || this.#phase === 'following'
  }

  get #startAbort(): AbortController {
    this.#starting ??= new AbortController()
    if (this.#isDiscarded) this.#starting.abort(noLongerWanted)
    return this.#starting
  }

  get #signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#isDiscarded) this.#abort.abort(noLongerWanted)
    return this.#abort.signal
  }

  /** Nothing of it is there, no files go into it, and there is one place to run where nobody else is: most pods. */
  #isPlain({ wasRunning }: RunOptions): boolean {
    const { scheduling, startRate } = this.#parts
    if (this.#state !== null || this.#prepared !== null || this.#starting !== null) return false
    return scheduling === null && !startRate.isLimited && !wasRunning && !this.#plan.daemon && !needsStaging(this.#plan)
  }

  /** The same stages as `#live` has, with nothing between them: of a wide loop every promise counts. */
  #goPlainly(need: Need, options: RunOptions): void {
    try {
      checkPolicy(this.#plan.spec, this.#parts.config.policy)
    } catch (error) {
      return this.#fail(error)
    }
    const asked = { pod: this.#plan.identity.id, need, priority: options.priority }
    const admit = () => void this.#startPlainly(options)
    this.#withdraw = this.#parts.capacity.ask(asked, (why) => this.#news.wait(why), admit)
    if (this.#withdraw === null) admit()
  }

  /** What fails for a while goes on in `#live`. */
  async #startPlainly(options: RunOptions): Promise<void> {
    const { signal } = this.#startAbort
    this.#tellFollowed(options)
    let request: PodRequest
    try {
      request = requestOf(this.#plan, this.#parts)
      await create(this.#parts, request, signal)
      signal.throwIfAborted()
    } catch (error) {
      return this.#live({ ...options, endSeenAt: null }, errorOf(error))
    }
    this.#toStart()
    this.#whenEnded = (state) => this.#takeEnd(state)
    if (this.#endState !== null) return this.#takeEnd(this.#endState)
    try {
      await this.#startOnce(request, signal)
    } catch (error) {
      try {
        if (!isRetryable(error)) throw error
        await this.#start(request, true)
      } catch (last) {
        return this.#phase === 'starting' ? this.#fail(last) : this.#tellOvertaken(last)
      }
    }
    if (this.#phase === 'starting') this.#followed()
  }

  async #live(options: RunOptions, failure?: Error): Promise<void> {
    const { identity } = this.#plan
    let known: PodState['phase'] | null = null
    try {
      if (this.#parts.uncertain(identity.id, options.wasRunning) !== null) await this.#whenCertain(options.wasRunning)
      known = this.#state?.phase ?? null
      const isLost = this.#parts.scheduling?.isLost(identity.id) === true
      if (known === null && (options.wasRunning || isLost)) {
        this.#parts.telemetry.podMissing('Running', false)
        return this.#finish({ kind: 'podGone', node: identity.nodeId, pod: identity.id })
      }
      if (known !== 'ended') await this.#begin(options, known === 'running', failure)
      if (this.#plan.daemon === false && mayReportProgress(this.#plan)) void this.#followProgress()
      this.#takeEnd(await this.#end)
    } catch (error) {
      this.#fail(error, known === 'created' && failure === undefined)
    }
  }

  get #end(): Promise<PodState> {
    if (this.#endState !== null) return Promise.resolve(this.#endState)
    return new Promise((resolve) => (this.#whenEnded = resolve))
  }

  #takeEnd(state: PodState): void {
    const { identity, daemon } = this.#plan
    if (this.#isDiscarded || this.#phase === 'finished' || this.#phase === 'collecting') return
    if (state.phase === 'gone') return this.#finish({ kind: 'podGone', node: identity.nodeId, pod: identity.id })
    this.#enter('collecting')
    this.#parts.capacity.release(identity.id)
    if (daemon || !leavesAnything(this.#plan)) return this.#finishWith({ state, parameters: [], artifacts: [] })
    void this.#collected(state).then(
      (result) => this.#finishWith(result),
      (error: unknown) => this.#fail(error),
    )
  }

  /**
   * Returns when main has started, or the pod has ended before.
   * @param failure of a first attempt at making its containers
   */
  async #begin(options: RunOptions, isRunning: boolean, failure?: Error): Promise<void> {
    const { signal } = this.#startAbort
    checkPolicy(this.#plan.spec, this.#parts.config.policy)
    const look = () => requestNow(this.#plan, this.#parts, signal)
    const found = look()
    let request = found instanceof NotYet ? await whenComplete(look, this.#waiting(signal)) : found
    if (isRunning) this.#parts.capacity.adopt(request.identity.id, needOf(request), this.#state?.endpoint)
    else {
      const turn = this.#state === null ? this.#parts.startRate.take(signal, () => this.#news.wait(rateText)) : null
      if (turn !== null) await turn
      if (this.#parts.scheduling === null) {
        await this.#admit(request, options, signal)
        await this.#make(request, signal, failure)
      } else request = await this.#settle(request, options, this.#parts.scheduling)
    }
    signal.throwIfAborted()
    this.#toStart()
    // It has run: somebody before us had started it, and it ended while its containers were looked for.
    if (this.#endState !== null) return this.#followed()
    const start = this.#start(request)
    await Promise.race([start, this.#end])
    start.catch((error: unknown) => this.#tellOvertaken(error))
    this.#followed()
  }

  #toStart(): void {
    this.#enter('starting')
    this.#news.goOn()
    if (this.#state !== null) this.#news.change(this.#state)
  }

  #followed(): void {
    this.#enter('following')
    if (this.#isStopping) void this.#stopContainers(this.#plan.terminationGraceMs)
  }

  /** The end may be told a moment before the call that started it comes back, which then is let be. */
  async #overtake(): Promise<void> {
    await Promise.resolve()
    if (!this.#isStarted) this.#startAbort.abort(hasEnded)
  }

  #tellOvertaken(error: unknown): void {
    this.#parts.log.debug({ ...this.#where(), error: String(error) }, 'a start was overtaken by the end')
  }

  #tellFollowed({ endSeenAt }: RunOptions): void {
    const { telemetry } = this.#parts
    if (endSeenAt !== null) telemetry.stepFollowed(telemetry.monotonicMs() - endSeenAt)
  }

  /** The name of the endpoint, once there is room on one. */
  async #admit(request: PodRequest, options: RunOptions, signal: AbortSignal): Promise<string> {
    const { scheduling, capacity } = this.#parts
    const { priority } = options
    const asked = { pod: request.identity.id, need: needOf(request), priority }
    const standing = () => this.#state?.endpoint ?? this.#prepared?.endpoint ?? null
    const chosen =
      scheduling === null
        ? asked
        : {
            ...asked,
            choose: () => scheduling.choose(this.#plan, request, standing()),
            onPlaced: (endpoint: string) => scheduling.placed(this.#plan, request, endpoint),
          }
    const endpoint = await capacity.acquire(chosen, (why) => this.#news.wait(why), signal)
    this.#tellFollowed(options)
    return endpoint
  }

  /** Containers and the files in them. */
  #make(request: PodRequest, signal: AbortSignal, failure?: Error): Promise<void> {
    return make(request, { ...this.#making(signal), ahead: this.#prepared, failure })
  }

  #making(signal: AbortSignal): Making {
    return { plan: this.#plan, parts: this.#parts, ahead: null, failure: undefined, signal, ...this.#waiting(signal) }
  }

  #waiting(signal: AbortSignal) {
    return {
      wait: (message: string) => this.#news.wait(message),
      pause: (ms: number) => this.#pause(ms, signal),
    }
  }

  /** The same on one of several endpoints. */
  #settle(request: PodRequest, options: RunOptions, scheduling: Scheduling): Promise<PodRequest> {
    this.#settling ??= new Settling(this.#parts, scheduling)
    const start = this.#startAbort.signal
    return this.#settling.settle(this.#plan, request, start, {
      admit: () => this.#admit(request, options, start),
      make: (placed, signal) => this.#make(placed, signal),
      unmade: () => (this.#prepared = null),
    })
  }

  /** What an endpoint that is away may be running is not run elsewhere. */
  async #whenCertain(wasRunning: boolean): Promise<void> {
    const { signal } = this.#startAbort
    let told = ''
    for (;;) {
      const why = this.#state === null ? this.#parts.uncertain(this.#plan.identity.id, wasRunning) : null
      if (why === null) break
      if (why !== told) this.#news.wait(`EndpointAway: ${why}`)
      told = why
      await this.#pause(lookAgainMs, signal)
    }
    this.#news.wait('')
  }

  #tellDaemon({ phase, ip, endpoint }: PodState): void {
    const { scheduling } = this.#parts
    const { identity } = this.#plan
    if (phase === 'ended' || phase === 'gone') scheduling?.daemonIsOver(identity)
    else if (ip !== undefined && endpoint !== undefined) scheduling?.daemonIsUp(identity, { ip, endpoint })
  }

  async #start(request: PodRequest, hasFailed = false): Promise<void> {
    const { signal } = this.#startAbort
    const begin = () => this.#startOnce(request, signal)
    await persevere(begin, { ...this.#patience(signal), hasFailed })
  }

  async #startOnce(request: PodRequest, signal: AbortSignal): Promise<void> {
    try {
      await this.#startNow(request, signal)
    } catch (error) {
      if (isUnstartable(error)) await makeAnew(request, this.#making(signal), error, this.#remakes++)
      throw error
    }
  }

  async #startNow(request: PodRequest, signal: AbortSignal): Promise<void> {
    if (this.#parts.confirm !== null) await this.#parts.confirm()
    signal.throwIfAborted()
    await this.#parts.runtime.start(request, signal)
    this.#isStarted = true
  }

  async #stopContainers(graceMs: number): Promise<void> {
    const { runtime, log } = this.#parts
    const { id } = this.#plan.identity
    try {
      await persevere(() => runtime.stop(id, graceMs, this.#signal), this.#patience(this.#signal))
    } catch (error) {
      if (!this.#isDiscarded) log.warn({ ...this.#where(), error: String(error) }, 'a pod could not be stopped')
    }
  }

  /** What cannot be read because the engine is away is read when it is back. */
  async #collected(state: PodState): Promise<PodResult> {
    for (;;) {
      const result = await collect(this.#plan, state, transferOf(this.#plan, this.#parts), this.#signal)
      if (result.collectError === undefined || this.#parts.away(state.endpoint) === null) return result
      while (this.#parts.away(state.endpoint) !== null) await this.#pause(lookAgainMs, this.#signal)
    }
  }

  #followProgress(): Promise<void> {
    const isOver = () => this.#phase !== 'following'
    return followProgress(this.#plan, this.#parts, isOver, this.#signal)
  }

  /** As log lines name it. */
  #where() {
    const { id, namespace, workflowName, workflowUid, nodeId } = this.#plan.identity
    return { workflow: workflowName, namespace, uid: workflowUid, node: nodeId, pod: id }
  }

  /**
   * What ended it before its time, as the engine is to hear it.
   * @param isOfAnother another process has made its containers
   */
  #fail(error: unknown, isOfAnother = false): void {
    const { identity } = this.#plan
    const { nodeId: node, id: pod } = identity
    if (this.#isDiscarded) return
    const message = error instanceof Error ? error.message : String(error)
    const nothing: PodState = { identity, phase: 'ended', containers: this.#state?.containers ?? [], ready: false }
    if (this.#isStopping && this.#startAbort.signal.aborted) {
      void this.#stopContainers(0)
      return this.#finishWith({ state: { ...nothing, stopped: true }, parameters: [], artifacts: [] })
    }
    const isOfStaging = error instanceof Refused && 'stageError' in error
    if (!isOfStaging && !(error instanceof UserError) && !(error instanceof WorldError))
      this.#parts.log.error({ ...this.#where(), error: String(error) }, 'a pod failed for a reason that is a bug')
    const result = { state: nothing, parameters: [], artifacts: [], stageError: message }
    const end: Observation = isOfStaging
      ? { kind: 'podFinished', node, pod, result }
      : { kind: 'podRefused', node, pod, message }
    if (isOfAnother) void this.#finishRemoved(end)
    else this.#finish(end)
  }

  /** The other may have asked for the start of its containers, which must not come after the end. */
  async #finishRemoved(end: Observation): Promise<void> {
    this.#enter('collecting')
    await removeLeft(this.#parts, this.#plan.identity, this.#signal)
    if (!this.#isDiscarded) this.#finish(end)
  }

  #finishWith(result: PodResult): void {
    const { nodeId, id } = this.#plan.identity
    this.#finish({ kind: 'podFinished', node: nodeId, pod: id, result })
  }

  #finish(observation: Observation): void {
    this.#enter('finished')
    if (this.#plan.daemon) this.#parts.scheduling?.daemonIsOver(this.#plan.identity)
    this.#parts.capacity.release(this.#plan.identity.id)
    this.#news.end(observation)
  }

  #enter(phase: Phase): void {
    const { starting } = this.#parts
    if (phase === 'starting') starting.add(this.#plan.identity.id)
    else if (this.#phase === 'starting') starting.delete(this.#plan.identity.id)
    this.#phase = phase
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const nudged = Promise.withResolvers<void>()
    const pausing = new AbortController()
    this.#nudge = () => nudged.resolve()
    try {
      await Promise.race([nudged.promise, this.#parts.clock.sleep(ms, AbortSignal.any([signal, pausing.signal]))])
    } finally {
      this.#nudge = null
      pausing.abort()
    }
  }

  #patience(signal: AbortSignal) {
    return { clock: this.#parts.clock, signal }
  }
}

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))
