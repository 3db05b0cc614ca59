/**
 * Carries the plans of started pods out: starts what is due, hears of ends, retries, stops sidecars, keeps deadlines.
 * Every change of a pod goes through `advance`, which asks plan.ts what follows; so a restarted daemon that has read the
 * containers' states only has to call it once for each pod.
 */
import { type Instant, WorldError, instant } from '../../resources/index.ts'
import { EngineError } from './client.ts'
import type { EngineCalls } from './engine-calls.ts'
import {
  type Exit,
  cannotRun,
  execFailure,
  exitOf,
  mayBeExecFailure,
  withExitStatus,
  withoutInitComplaint,
} from './exit.ts'
import { endProcesses, isStillborn, processesOf, statusUnknown, traceOf } from './lost-start.ts'
import { LogCapture, engineFrames, followAfterMs } from './log-capture.ts'
import type { LogFile } from './log-file.ts'
import type { LogFrame } from './log-frames.ts'
import type { Log } from './log.ts'
import type { MarkFiles } from './marks.ts'
import { type PlannedContainer, decide } from '../plan.ts'
import type { ContainerRecord, PodRecord } from './pod-record.ts'
import { Prober, runAction } from './probes.ts'
import type { Sandbox, Sandboxes } from './sandboxes.ts'
import type { StartGate } from './start-gate.ts'

export type SupervisorParts = {
  readonly calls: EngineCalls
  readonly gate: StartGate
  readonly sandboxes: Sandboxes
  readonly marks: MarkFiles
  readonly log: Log
  readonly logFile: (pod: PodRecord, container: string) => LogFile
  readonly report: (pod: PodRecord) => void
  /** Rejects where this daemon is no longer in charge: asked just before each start. */
  readonly confirm: () => Promise<void>
  /** Its containers were taken away by others. */
  readonly gone: (pod: PodRecord) => void
}

/** What Argo's wrapper would have written at the end of the log of a command that failed. */
function rewriteOf({
  exit,
  planned,
  finishedAt,
}: ContainerRecord): ((frames: readonly LogFrame[]) => readonly LogFrame[]) | undefined {
  if (exit?.exitCode === 64 && exit.message !== undefined) return withoutInitComplaint
  if (exit === null || exit.exitCode === 0 || exit.reason !== 'Error' || planned.role !== 'main') return undefined
  return (frames) => withExitStatus(frames, exit.exitCode, finishedAt ?? now())
}

/** The pod's network could not be made: no fault of the pod, which stays as it is. */
class NoSandbox extends WorldError {
  constructor(cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause)
    super('NO_SANDBOX', `FailedCreatePodSandBox: ${text}`, { retryable: true, cause })
  }
}

/** Whoever has the pod now starts it. */
class NotInCharge extends WorldError {
  constructor(cause: unknown) {
    super('NOT_IN_CHARGE', cause instanceof Error ? cause.message : String(cause), { retryable: false, cause })
  }
}

const startTries = 3
const clearedTries = 15
const quickRetryMs = 20
const retryStartMs = 1_000
const unseenPollMs = 500
/** The engine may take so many looks to tell of an end that has just come. */
const deadLooksMost = 10
const stillbornPollMs = 150
const stillbornLooks = 20
/** How long the end of a container is waited for that the engine does not know to run, where its processes cannot be seen. */
const unseenPatienceMs = 30_000
/** Logs are fetched a moment after the end, so that the next start goes first. */
const captureDelayMs = 40
/** How long the engine is asked whether it was for want of memory, while it does not say so. */
const lateNewsMs = [60, 150, 400]

export class Supervisor {
  private readonly parts: SupervisorParts

  constructor(parts: SupervisorParts) {
    this.parts = parts
  }

  /** Does what the plan says is due now, and reports. */
  advance(pod: PodRecord): void {
    if (pod.isGone || pod.isRemoving) return pod.changed()
    if (pod.isStarted || pod.isStopping) {
      const decision = decide(pod.plan, pod.progress(), pod.isStopping)
      // One whose start is under way is given up by the end of that start, which advances the pod again.
      const givenUp = decision.giveUp.filter(({ name }) => pod.containers.get(name)?.isBusy === false)
      for (const { name, exitCode, message } of givenUp) {
        const container = pod.containers.get(name)
        if (container) this.neverRuns(pod, container, { exitCode, reason: 'Error', message })
      }
      if (pod.startError === null) for (const planned of decision.start) this.launch(pod, planned)
      for (const planned of decision.retry) this.again(pod, planned)
      if (givenUp.length > 0) return this.advance(pod)
      if (decision.isEnded && !pod.isEnded) this.ended(pod)
      if (decision.stopSidecars) this.stopSidecars(pod)
    }
    if (pod.isEnded && !pod.hasRunning && pod.plan.network === 'pool') this.parts.sandboxes.release(pod.identity.id)
    this.parts.report(pod)
    pod.changed()
  }

  /** Ends everything that runs; what has not started never will. Returns when it has ended. */
  async stop(pod: PodRecord, graceMs: number): Promise<void> {
    pod.isStopping = true
    this.advance(pod)
    await Promise.all(pod.all.filter((one) => one.state === 'running').map((one) => this.terminate(pod, one, graceMs)))
  }

  /** The engine told that a container runs, or we found it running. */
  running(pod: PodRecord, container: ContainerRecord, startedAt: Instant): void {
    if (container.state !== 'created') return
    container.state = 'running'
    container.startedAt = startedAt
    container.finishedAt = null
    pod.isStarted = true
    this.watch(pod, container)
    this.parts.report(pod)
    pod.changed()
  }

  /** A container ended. `exitCode` is what the event told; more is read from the engine unless it was a plain success. */
  died(pod: PodRecord, container: ContainerRecord, exitCode: number | null): void {
    if (container.state === 'exited') return
    if (container.state === 'created') {
      container.state = 'running'
      container.startedAt = now()
      pod.isStarted = true
    }
    if (exitCode === 0) return this.settle(pod, container, exitOf(0, false), now())
    if (container.isReadingEnd) return
    container.isReadingEnd = true
    this.readEnd(pod, container)
      .then((exit) => {
        container.isReadingEnd = false
        if (exit) this.settle(pod, container, exit, now())
      })
      .catch((error: unknown) => {
        container.isReadingEnd = false
        this.parts.log('warn', 'the end of a container could not be read', {
          ...fieldsOf(pod, container),
          error: String(error),
        })
        setTimeout(() => this.died(pod, container, exitCode), retryStartMs).unref()
      })
  }

  /** Takes the end of a container as known. */
  settle(pod: PodRecord, container: ContainerRecord, exit: Exit, finishedAt: Instant): void {
    const killed = this.parts.marks.of(pod.identity.id).killed?.[container.planned.name]
    container.state = 'exited'
    container.exit = killed && !exit.message ? { ...exit, message: killed } : exit
    container.finishedAt = finishedAt
    container.isReady = false
    container.prober?.stop()
    container.prober = null
    if (container.followTimer) clearTimeout(container.followTimer)
    container.followTimer = null
    this.advance(pod)
    if (pod.isEnded || container.planned.tries === undefined) this.captureSoon(pod, container)
  }

  /** Whole in our file when it returns. */
  async captured(pod: PodRecord, container: ContainerRecord): Promise<void> {
    if (container.id === null || container.startedAt === null) return
    const capture = this.captureOf(pod, container, container.id)
    if (capture.file.isWhole && container.restarts === 0) return
    await capture.finish(rewriteOf(container))
  }

  forgetTimers(pod: PodRecord): void {
    if (pod.deadlineTimer) clearTimeout(pod.deadlineTimer)
    for (const container of pod.all) {
      container.prober?.stop()
      if (container.followTimer) clearTimeout(container.followTimer)
    }
  }

  private launch(pod: PodRecord, planned: PlannedContainer): void {
    const container = pod.containers.get(planned.name)
    if (!container || container.isBusy || container.id === null) return
    container.isBusy = true
    void this.startNow(pod, container, container.id).finally(() => {
      container.isBusy = false
      this.advance(pod)
      if (pod.isStopping && container.state === 'running') void this.terminate(pod, container, pod.plan.graceMs)
    })
  }

  private async startNow(pod: PodRecord, container: ContainerRecord, id: string): Promise<void> {
    // Whether no start can have been asked for whose answer nobody heard.
    let isFresh = !pod.isAdopted
    // An engine that is away says nothing about the container.
    let refusals = 0
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.parts.gate.run(async (measure) => {
          if (!isWanted(pod, container)) return
          if (pod.plan.network === 'pool') pod.ip = (await this.sandbox(pod)).ip
          if (!isWanted(pod, container)) return this.handBack(pod)
          if (!isFresh && (await this.hasStarted(pod, container, id))) return
          // Whoever was frozen since the decision, or waited long, must not start what another has run meanwhile.
          await this.parts.confirm().catch((error: unknown) => {
            throw error instanceof WorldError && error.retryable ? error : new NotInCharge(error)
          })
          if (!isWanted(pod, container)) return this.handBack(pod)
          const began = performance.now()
          await this.parts.calls.start(id)
          container.isReadingEnd = false
          measure(performance.now() - began)
          this.running(pod, container, now())
        })
        return
      } catch (error) {
        isFresh = container.isReadingEnd = false
        if (error instanceof NotInCharge) {
          pod.startError = error
          return
        }
        if (await this.hasStarted(pod, container, id).catch(() => false)) return
        const pauseMs = attempt === 1 ? quickRetryMs : retryStartMs
        if (error instanceof NoSandbox && attempt < startTries) {
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
          continue
        }
        if (!(error instanceof EngineError)) {
          if (!pod.isUnderWay) {
            pod.startError = error instanceof Error ? error : new Error(String(error))
            return
          }
          // Whoever asked for the start has his answer already: nobody but us will try again.
          this.parts.log('warn', 'a start failed and is tried again', {
            ...fieldsOf(pod, container),
            error: String(error),
          })
          await new Promise((resolve) => setTimeout(resolve, retryStartMs))
          if (!isWanted(pod, container)) return
          continue
        }
        const isSandbox = /join network|network namespace|namespace path|No such container: drydock\./i.test(
          error.message,
        )
        if (isSandbox && pod.plan.network === 'pool') this.parts.sandboxes.discard(pod.identity.id)
        else if (error.status === 404 && container.planned.role === 'main' && (await this.isAway(id)))
          return this.parts.gone(pod)
        const isPassing =
          error.status === 0 ||
          isSandbox ||
          /temporarily unavailable|deadline exceeded|from pipe: EOF/i.test(error.message)
        // Of a start that the engine was killed in, before anything ran: containerd clears it up by and by.
        const isBeingCleared = /failed to start shim: mkdir .*: file exists|id already in use/i.test(error.message)
        // Where the engine was stopped with its containers, all sandboxes of the workflow may be dead.
        const triesMost = isBeingCleared || isSandbox ? clearedTries : isPassing ? startTries : 0
        if (error.status !== 0) refusals += 1
        if (refusals >= triesMost && error.status !== 0) {
          return this.neverRuns(pod, container, { exitCode: 128, reason: cannotRun, message: error.message })
        }
        this.parts.log('warn', 'a start failed and is tried again', {
          ...fieldsOf(pod, container),
          error: error.message,
        })
        if (!isWanted(pod, container)) return
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
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
      return false
    }
    this.running(pod, container, now())
    // It may have ended since.
    if (trace === 'started') this.died(pod, container, null)
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
      if (found.status !== 'created') return this.died(pod, container, null)
      if (pod.isStopping) await endProcesses(id)
      const processes = await processesOf(id, this.parts.sandboxes.ids())
      const isDead = processes === null ? now() - began > unseenPatienceMs : processes.length === 0
      deadLooks = isDead ? deadLooks + 1 : 0
    }
    if (container.state === 'running' && !pod.isGone) this.settle(pod, container, statusUnknown, now())
  }

  private again(pod: PodRecord, planned: PlannedContainer): void {
    const container = pod.containers.get(planned.name)
    if (!container || container.isBusy) return
    container.isBusy = true
    const timer = setTimeout(() => {
      container.isBusy = false
      if (pod.isStopping || pod.isRemoving) return this.advance(pod)
      container.restarts += 1
      this.parts.marks.add(pod.identity.id, { restarts: { [planned.name]: container.restarts } })
      container.state = 'created'
      container.exit = null
      this.launch(pod, planned)
    }, planned.pauseMs ?? 0)
    timer.unref()
  }

  private neverRuns(pod: PodRecord, container: ContainerRecord, end: Exit): void {
    const { exitCode, reason, message = '' } = end
    this.parts.marks.add(pod.identity.id, { neverRan: { [container.planned.name]: { exitCode, reason, message } } })
    container.state = 'exited'
    container.exit = message === '' ? { exitCode, reason } : { exitCode, reason, message }
    container.finishedAt = now()
  }

  /** What is done for a container as long as it runs: probes, deadline, its log if it lasts. */
  private watch(pod: PodRecord, container: ContainerRecord): void {
    const id = container.id
    if (id === null) return
    const { planned } = container
    container.followTimer ??= setTimeout(() => this.captureOf(pod, container, id).follow(), followAfterMs).unref()
    const target = { containerId: id, ip: pod.ip }
    if (planned.postStart) {
      void runAction(this.parts.calls.client, planned.postStart, target, 30_000).then((isGood) => {
        if (!isGood) this.kill(pod, container, 'PostStartHook failed')
      })
    }
    if (Prober.isNeeded(planned)) {
      container.prober ??= new Prober(this.parts.calls.client, planned, target, {
        onReady: (isReady) => {
          container.isReady = isReady
          this.parts.report(pod)
        },
        onDead: (why) => this.kill(pod, container, why),
      })
    } else {
      container.isReady = true
    }
    if (planned.role === 'main') this.keepDeadline(pod, container.startedAt ?? now())
  }

  private kill(pod: PodRecord, container: ContainerRecord, why: string): void {
    if (container.state !== 'running') return
    this.parts.marks.add(pod.identity.id, { killed: { [container.planned.name]: why } })
    void this.terminate(pod, container, pod.plan.graceMs)
  }

  private keepDeadline(pod: PodRecord, startedAt: Instant): void {
    if (pod.plan.deadlineMs === null || pod.deadlineTimer) return
    const leftMs = Math.max(0, startedAt + pod.plan.deadlineMs - now())
    pod.deadlineTimer = setTimeout(
      () => {
        if (pod.isEnded || pod.isGone || pod.isRemoving) return
        pod.isDeadlineExceeded = true
        this.parts.marks.add(pod.identity.id, { deadlineExceeded: true })
        void this.stop(pod, pod.plan.graceMs)
      },
      Math.min(leftMs, 2 ** 31 - 1),
    ).unref()
  }

  private ended(pod: PodRecord): void {
    pod.isEnded = true
    if (pod.deadlineTimer) clearTimeout(pod.deadlineTimer)
    for (const container of pod.all) {
      if (container.planned.tries !== undefined && container.state === 'exited') this.captureSoon(pod, container)
    }
  }

  private stopSidecars(pod: PodRecord): void {
    for (const container of pod.all) {
      if (container.planned.role === 'sidecar' && container.state === 'running') {
        void this.terminate(pod, container, pod.plan.graceMs)
      }
    }
  }

  private async terminate(pod: PodRecord, container: ContainerRecord, graceMs: number): Promise<void> {
    const id = container.id
    if (id === null) return
    const { preStop } = container.planned
    const began = now()
    if (preStop && graceMs > 0)
      await runAction(this.parts.calls.client, preStop, { containerId: id, ip: pod.ip }, graceMs)
    try {
      await this.parts.calls.stop(id, Math.max(0, graceMs - (now() - began)))
    } catch (error) {
      this.parts.log('warn', 'a container could not be stopped', { ...fieldsOf(pod, container), error: String(error) })
    }
  }

  private async readEnd(pod: PodRecord, container: ContainerRecord): Promise<Exit | null> {
    const id = container.id
    if (id === null) return null
    const found = await this.parts.calls.inspect(id)
    if (found?.status !== 'exited' && found?.status !== 'dead') return null
    const mayBeLate =
      found.exitCode === 137 && !found.isOomKilled && container.planned.hasMemoryLimit && !pod.isStopping
    if (mayBeLate) {
      // The news of the kernel's kill comes to the engine on another way than that of the end.
      for (const waitMs of lateNewsMs) {
        await new Promise((resolve) => setTimeout(resolve, waitMs))
        if ((await this.parts.calls.inspect(id))?.isOomKilled) return exitOf(137, true)
      }
    }
    return this.readExit(id, container, found.exitCode, found.isOomKilled)
  }

  /** The exit with the reason that only the log tells: that the command could not be executed. */
  async readExit(id: string, container: ContainerRecord, exitCode: number, isOomKilled: boolean): Promise<Exit> {
    if (!mayBeExecFailure(exitCode)) return exitOf(exitCode, isOomKilled)
    const frames: LogFrame[] = []
    const tail = engineFrames(this.parts.calls.client, id, container.planned.tty === true, { tail: 1 })
    for await (const frame of tail) frames.push(frame)
    const message = execFailure(frames)
    return message === null ? exitOf(exitCode, isOomKilled) : { exitCode: 64, reason: 'Error', message }
  }

  private captureOf(pod: PodRecord, container: ContainerRecord, id: string): LogCapture {
    container.capture ??= new LogCapture(
      this.parts.calls.client,
      id,
      container.planned.tty === true,
      this.parts.logFile(pod, container.planned.name),
    )
    return container.capture
  }

  private captureSoon(pod: PodRecord, container: ContainerRecord): void {
    setTimeout(() => {
      this.captured(pod, container).catch((error: unknown) => {
        if (pod.isRemoving || pod.isGone) return
        this.parts.log('warn', 'a log could not be kept', { ...fieldsOf(pod, container), error: String(error) })
      })
    }, captureDelayMs).unref()
  }
}

/** Whether the start that is under way is still to be done. */
const isWanted = (pod: PodRecord, { state }: ContainerRecord): boolean =>
  !pod.isGone && !pod.isRemoving && (state !== 'created' || !(pod.isStopping || pod.isEnded))

const now = (): Instant => instant(Date.now())

const fieldsOf = (pod: PodRecord, container: ContainerRecord): Readonly<Record<string, unknown>> => ({
  pod: pod.identity.name,
  node: pod.identity.nodeId,
  workflow: pod.identity.workflowName,
  namespace: pod.identity.namespace,
  uid: pod.identity.workflowUid,
  container: container.planned.name,
})
