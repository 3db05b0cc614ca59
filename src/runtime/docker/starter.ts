/**
 * Starts of containers: each with its network, when the gate lets it through and while this daemon is in charge, again where
 * what failed may pass, and never a second time for one whose answer nobody heard.
 */
import { type Instant, WorldError } from '../../resources/index.ts'
import { EngineError } from './client.ts'
import type { EngineCalls } from './engine-calls.ts'
import { type Exit, cannotRun } from './exit.ts'
import { endProcesses, isStillborn, processesOf, statusUnknown, traceOf } from './lost-start.ts'
import type { Log } from './log.ts'
import { type ContainerRecord, type PodRecord, fieldsOf, now } from './pod-record.ts'
import type { Sandbox, Sandboxes } from './sandboxes.ts'
import type { StartGate } from './start-gate.ts'
import { startRefusalOf, startTries } from './start-refusal.ts'

export type StarterParts = {
  readonly calls: EngineCalls
  readonly gate: StartGate
  readonly sandboxes: Sandboxes
  readonly log: Log
  /** Rejects where this daemon is no longer in charge: asked just before each start. */
  readonly confirm: () => Promise<void>
  /** Its containers were taken away by others. */
  readonly gone: (pod: PodRecord) => void
}

/** Who hears what a start came to. */
export type StartListener = {
  readonly running: (pod: PodRecord, container: ContainerRecord, startedAt: Instant) => void
  readonly died: (pod: PodRecord, container: ContainerRecord, exitCode: number | null) => void
  readonly settle: (pod: PodRecord, container: ContainerRecord, exit: Exit, finishedAt: Instant) => void
  readonly neverRuns: (pod: PodRecord, container: ContainerRecord, end: Exit) => void
}

/** The pod's network could not be made: no fault of the pod, which stays as it is. */
class NoSandbox extends WorldError {
  constructor(cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause)
    super('NO_SANDBOX', `FailedCreatePodSandBox: ${text}`, { retryable: true, cause })
  }

  /** An engine that is away says nothing about the sandbox. */
  get isRefused(): boolean {
    return !(this.cause instanceof EngineError) || this.cause.status !== 0
  }
}

/** Nothing of it has run, and it is to be made anew. */
class Stillborn extends WorldError {
  constructor() {
    super('POD_UNSTARTABLE', 'the engine was stopped while it started the container', { retryable: true })
  }
}

/** Whoever has the pod now starts it. */
class NotInCharge extends WorldError {
  constructor(cause: unknown) {
    super('NOT_IN_CHARGE', cause instanceof Error ? cause.message : String(cause), { retryable: false, cause })
  }
}

const quickRetryMs = 20
const retryStartMs = 1_000
const unseenPollMs = 500
/** The engine may take so many looks to tell of an end that has just come. */
const deadLooksMost = 10
const stillbornPollMs = 150
const stillbornLooks = 20
/** How long the end of a container is waited for that the engine does not know to run, where its processes cannot be seen. */
const unseenPatienceMs = 30_000

type Start = {
  readonly pod: PodRecord
  readonly container: ContainerRecord
  readonly id: string
  /** No start can have been asked for whose answer nobody heard. */
  isFresh: boolean
  refusals: number
  /** How often the engine refused it a sandbox. */
  refusedSandboxes: number
}

export class Starter {
  private readonly parts: StarterParts
  private readonly listener: StartListener

  constructor(parts: StarterParts, listener: StartListener) {
    this.parts = parts
    this.listener = listener
  }

  /** Returns when it has started, or it is known that it never will, or is not to by us. */
  async start(pod: PodRecord, container: ContainerRecord, id: string): Promise<void> {
    const start: Start = { pod, container, id, isFresh: !pod.isAdopted, refusals: 0, refusedSandboxes: 0 }
    for (let failures = 1; ; failures += 1) {
      try {
        await this.parts.gate.run((measure) => this.startOnce(start, measure))
        return
      } catch (error) {
        start.isFresh = container.isReadingEnd = false
        if (!(await this.goesOn(start, error))) return
        await new Promise((resolve) => setTimeout(resolve, failures === 1 ? quickRetryMs : retryStartMs))
      }
    }
  }

  private async startOnce(start: Start, measure: (ms: number) => void): Promise<void> {
    const { pod, container, id, isFresh } = start
    if (!isWanted(pod, container)) return
    if (pod.plan.network === 'pool') pod.ip = (await this.sandbox(pod)).ip
    if (!isWanted(pod, container)) return this.handBack(pod)
    // Whoever was frozen since the decision, or waited long, must not start what another has run meanwhile.
    await this.parts.confirm().catch((error: unknown) => {
      throw error instanceof WorldError && error.retryable ? error : new NotInCharge(error)
    })
    // Last, as the answer may have been long in coming: a start that another asked for may have come through since.
    if (!isFresh && (await this.hasStarted(pod, container, id))) return
    if (!isWanted(pod, container)) return this.handBack(pod)
    const began = performance.now()
    await this.parts.calls.start(id)
    container.isReadingEnd = false
    measure(performance.now() - began)
    this.listener.running(pod, container, now())
  }

  /** Whether it is tried again; else what came of it is told. */
  private async goesOn(start: Start, error: unknown): Promise<boolean> {
    const { pod, container, id } = start
    if (error instanceof NotInCharge) {
      pod.startError = error
      return false
    }
    const hasStarted =
      error instanceof Stillborn ? error : await this.hasStarted(pod, container, id).catch((fault: unknown) => fault)
    if (hasStarted instanceof Stillborn) {
      pod.startError = hasStarted
      return false
    }
    if (hasStarted === true) return false
    if (error instanceof NoSandbox && error.isRefused) start.refusedSandboxes += 1
    if (error instanceof NoSandbox && start.refusedSandboxes < startTries) return isWanted(pod, container)
    if (error instanceof EngineError) {
      if (await this.isSettled(start, error)) return false
    } else if (!pod.isUnderWay) {
      pod.startError = error instanceof Error ? error : new Error(String(error))
      return false
    }
    // Whoever asked for the start may have his answer already: nobody but us will try again then.
    const text = error instanceof EngineError ? error.message : String(error)
    this.parts.log('warn', 'a start failed and is tried again', { ...fieldsOf(pod, container), error: text })
    return isWanted(pod, container)
  }

  /** Whether the engine's refusal says what becomes of the container. */
  private async isSettled(start: Start, error: EngineError): Promise<boolean> {
    const { pod, container, id } = start
    const { isSandbox, mayBeGone, triesMost, isOfThisContainer } = startRefusalOf(error, id)
    if (isSandbox && pod.plan.network === 'pool') this.parts.sandboxes.discard(pod.identity.id)
    else if (mayBeGone && container.planned.role === 'main' && (await this.isAway(id))) {
      this.parts.gone(pod)
      return true
    }
    // An engine that is away says nothing about the container.
    if (error.status === 0) return false
    start.refusals += 1
    if (start.refusals < triesMost) return false
    if (isOfThisContainer && !pod.hasRun)
      pod.startError = new WorldError('POD_UNSTARTABLE', error.message, { retryable: true, cause: error })
    else this.listener.neverRuns(pod, container, { exitCode: 128, reason: cannotRun, message: error.message })
    return true
  }

  private async isAway(id: string): Promise<boolean> {
    return (await this.parts.calls.inspect(id).catch(() => undefined)) === null
  }

  /** The pod came to its end while its sandbox was made ready: the next pod may have it. */
  private handBack(pod: PodRecord): void {
    if (pod.plan.network === 'pool' && !pod.hasRun) this.parts.sandboxes.release(pod.identity.id)
  }

  private async sandbox(pod: PodRecord): Promise<Sandbox> {
    try {
      return await this.parts.sandboxes.bind(pod.identity)
    } catch (error) {
      throw new NoSandbox(error)
    }
  }

  /**
   * Whether it was started by a call whose answer nobody heard: then it is followed, and must not be started again.
   * @throws where the engine cannot tell now
   */
  private async hasStarted(pod: PodRecord, container: ContainerRecord, id: string): Promise<boolean> {
    const trace = await traceOf(this.parts.calls, id, container.restarts === 0)
    if (trace === 'none') return false
    if (trace === 'begun' && (await isStillborn(id))) {
      await this.clearStillborn(container, id)
      if (pod.hasRun) return false
      // Of what runs under an id that it has met before the engine may write each line down twice.
      throw new Stillborn()
    }
    this.listener.running(pod, container, now())
    // It may have ended since.
    if (trace === 'started') this.listener.died(pod, container, null)
    else void this.followUnseen(pod, container, id)
    return true
  }

  /** What the engine may tell of its end is not the container's. */
  private async clearStillborn(container: ContainerRecord, id: string): Promise<void> {
    container.isReadingEnd = true
    await endProcesses(id)
    for (let looks = 0; looks < stillbornLooks && (await isStillborn(id)); looks += 1)
      await new Promise((resolve) => setTimeout(resolve, stillbornPollMs))
    await new Promise((resolve) => setTimeout(resolve, stillbornPollMs))
  }

  /** Until the engine tells of its end, or it is plain that it never will. */
  private async followUnseen(pod: PodRecord, container: ContainerRecord, id: string): Promise<void> {
    this.parts.log('warn', 'the engine does not know that it has started a container', fieldsOf(pod, container))
    const began = now()
    for (let deadLooks = 0; deadLooks < deadLooksMost;) {
      await new Promise((resolve) => setTimeout(resolve, unseenPollMs).unref())
      if (pod.isGone || pod.isRemoving) return endProcesses(id)
      if (container.state !== 'running') return
      const found = await this.parts.calls.inspect(id).catch(() => null)
      if (found === null) continue
      if (found.status !== 'created') return this.listener.died(pod, container, null)
      if (pod.isStopping) await endProcesses(id)
      const processes = await processesOf(id, this.parts.sandboxes.ids())
      const isDead = processes === null ? now() - began > unseenPatienceMs : processes.length === 0
      deadLooks = isDead ? deadLooks + 1 : 0
    }
    if (container.state === 'running' && !pod.isGone) this.listener.settle(pod, container, statusUnknown, now())
  }
}

/** Whether the start that is under way is still to be done. */
const isWanted = (pod: PodRecord, { state }: ContainerRecord): boolean =>
  !pod.isGone && !pod.isRemoving && (state !== 'created' || !(pod.isStopping || pod.isEnded))
