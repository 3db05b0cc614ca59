/**
 * Carries the plans of started pods out: starts what is due, hears of ends, retries, stops sidecars, keeps deadlines.
 * Every change of a pod goes through `advance`, which asks plan.ts what follows; so a restarted daemon that has read the
 * containers' states only has to call it once for each pod.
 */
import type { Instant } from '../../resources/index.ts'
import type { Captures } from './captures.ts'
import { readEnd } from './ends.ts'
import { type Exit, exitOf } from './exit.ts'
import type { MarkFiles } from './marks.ts'
import { type PlannedContainer, decide } from '../plan.ts'
import { type ContainerRecord, type PodRecord, fieldsOf, now } from './pod-record.ts'
import { Prober, runAction } from './probes.ts'
import { Starter, type StarterParts } from './starter.ts'

export type SupervisorParts = StarterParts & {
  readonly marks: MarkFiles
  readonly captures: Captures
  readonly report: (pod: PodRecord) => void
}

/** How soon an end that could not be read is read again. */
const readAgainMs = 1_000

export class Supervisor {
  private readonly parts: SupervisorParts
  private readonly starter: Starter

  constructor(parts: SupervisorParts) {
    this.parts = parts
    this.starter = new Starter(parts, {
      running: (pod, container, startedAt) => this.running(pod, container, startedAt),
      died: (pod, container, exitCode) => this.died(pod, container, exitCode),
      settle: (pod, container, exit, finishedAt) => this.settle(pod, container, exit, finishedAt),
      neverRuns: (pod, container, end) => this.neverRuns(pod, container, end),
    })
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
    readEnd(this.parts.calls, pod, container)
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
        setTimeout(() => this.died(pod, container, exitCode), readAgainMs).unref()
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
    if (pod.isEnded || container.planned.tries === undefined) this.parts.captures.soon(pod, container)
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
    void this.starter.start(pod, container, container.id).finally(() => {
      container.isBusy = false
      this.advance(pod)
      if (pod.isStopping && container.state === 'running') void this.terminate(pod, container, pod.plan.graceMs)
    })
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
    // Its start was on its way when the pod went.
    if (id === null || pod.isGone || pod.isRemoving) return
    const { planned } = container
    this.parts.captures.followLater(pod, container, id)
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
      if (container.planned.tries !== undefined && container.state === 'exited')
        this.parts.captures.soon(pod, container)
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
}
