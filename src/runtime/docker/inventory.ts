/** Compares what we know with what stands in the engine: adopts, catches up with what was missed, finds what vanished. */
import { type Instant, instant } from '../../resources/index.ts'
import type { PodId, WorkflowUid } from '../../resources/index.ts'
import { finishClaim } from './claims.ts'
import { readExit } from './ends.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { MarkFiles } from './marks.ts'
import { identityOf, label } from './names.ts'
import { hasEndedUnseen } from './lost-start.ts'
import { decodePlan } from '../plan.ts'
import { type ContainerRecord, PodRecord } from './pod-record.ts'
import type { Sandboxes } from './sandboxes.ts'
import type { StartedBefore } from './started-before.ts'
import type { Supervisor } from './supervisor.ts'
import type { ListedContainer } from './wire.ts'

export type InventoryParts = {
  readonly calls: EngineCalls
  readonly sandboxes: Sandboxes
  readonly supervisor: Supervisor
  readonly marks: MarkFiles
  readonly startedBefore: StartedBefore
  readonly instance: string
  readonly pods: Map<PodId, PodRecord>
  /** Milliseconds our clock is ahead of the engine's. */
  readonly clockOffsetMs: () => number
  readonly onGone: (pod: PodRecord) => void
  /** What is not ours is passed over. */
  readonly isOurs: (workflow: WorkflowUid) => boolean
}

const inspectsAtOnce = 8

export class Inventory {
  private readonly parts: InventoryParts
  private isFirst = true
  private last: Promise<void> = Promise.resolve()

  constructor(parts: InventoryParts) {
    this.parts = parts
  }

  /** One after the other: what one has found is known to the next. */
  take(signal?: AbortSignal): Promise<void> {
    const taken = this.last.then(() => this.takeNow(signal))
    this.last = taken.catch(() => {})
    return taken
  }

  private async takeNow(signal?: AbortSignal): Promise<void> {
    const began = Date.now()
    const knownSandboxes = this.parts.sandboxes.ids()
    const all = await this.parts.calls.listOwn(this.parts.instance, signal)
    await this.parts.startedBefore.learn(signal)
    const rows = all.filter((row) => knownSandboxes.has(row.id) || this.isOurs(row))
    // What was removed since the list was asked for may have been made anew under its name.
    const isPods = ({ id, labels }: ListedContainer) =>
      /^(init|main|sidecar)$/.test(labels[label.role] ?? '') && !this.parts.calls.hasRemoved(id)
    const ofPods = rows.filter(isPods)
    const adopted = this.adoptPods(ofPods)
    const isLive = (id: PodId): boolean => {
      const pod = this.parts.pods.get(id)
      return pod !== undefined && !pod.isGone && (!pod.isEnded || pod.hasRunning)
    }
    const sandboxes = rows.filter((row) => row.labels[label.role] === 'sandbox')
    await this.parts.sandboxes.adopt(sandboxes, knownSandboxes, isLive, this.isFirst)
    // Only now: what is found to have ended may have its pod start the next, which needs the pod's sandbox.
    await this.catchUp(ofPods)
    await this.finishClaims(rows.filter((row) => row.labels[label.role] === 'claim'))
    this.isFirst = false
    for (const pod of adopted)
      if (pod.isBroken) this.parts.onGone(pod)
      else this.resume(pod)
    this.findVanished(new Set(ofPods.map((row) => row.id)), began)
  }

  private isOurs({ labels }: ListedContainer): boolean {
    const workflow = labels[label.workflowUid]
    if (workflow === undefined || this.parts.pods.has((labels[label.pod] ?? '') as PodId)) return true
    return this.parts.isOurs(workflow as WorkflowUid)
  }

  private adoptPods(rows: readonly ListedContainer[]): readonly PodRecord[] {
    const adopted: PodRecord[] = []
    for (const row of rows) {
      const identity = identityOf(row.labels)
      const plan = decodePlan(row.labels[label.plan])
      if (!identity || !plan) continue
      let pod = this.parts.pods.get(identity.id)
      if (!pod) {
        // On its way out, of a pod that is gone: what is adopted would look as if it had never run.
        if (row.state === 'removing') continue
        pod = new PodRecord(identity, plan)
        pod.isAdopted = true
        const marks = this.parts.marks.recall(identity.id)
        pod.wasStopped = pod.isStopping = marks.stopped === true || marks.deadlineExceeded === true
        pod.wasStopped = marks.stopped === true
        pod.isDeadlineExceeded = marks.deadlineExceeded === true
        this.parts.pods.set(identity.id, pod)
        adopted.push(pod)
      }
      const container = pod.containers.get(row.labels[label.container] ?? '')
      if (container) container.id ??= row.id
    }
    for (const pod of adopted) {
      if (pod.all.every((one) => one.id !== null)) pod.madeAt = Date.now()
      this.recallNeverRan(pod)
    }
    return adopted
  }

  private recallNeverRan(pod: PodRecord): void {
    const { neverRan, restarts } = this.parts.marks.of(pod.identity.id)
    for (const container of pod.all) {
      container.restarts = restarts?.[container.planned.name] ?? 0
      const end = neverRan?.[container.planned.name]
      if (!end) continue
      const { exitCode, reason, message } = end
      container.state = 'exited'
      container.exit = message === '' ? { exitCode, reason } : { exitCode, reason, message }
      pod.isStarted = true
    }
  }

  /** Reads those containers anew whose listed state is ahead of ours. */
  private async catchUp(rows: readonly ListedContainer[]): Promise<void> {
    const behind: { pod: PodRecord; container: ContainerRecord; row: ListedContainer }[] = []
    for (const row of rows) {
      const pod = this.parts.pods.get((row.labels[label.pod] ?? '') as PodId)
      const container = pod?.containers.get(row.labels[label.container] ?? '')
      if (!pod || !container || container.isBusy || pod.isRemoving) continue
      const isOver = row.state === 'exited' || row.state === 'dead'
      const isAhead = isOver ? container.state !== 'exited' : row.state === 'running' && container.state === 'created'
      if (isAhead) behind.push({ pod, container, row })
    }
    const next = async (): Promise<void> => {
      for (let one = behind.pop(); one; one = behind.pop()) await this.read(one.pod, one.container, one.row.id)
    }
    await Promise.all(Array.from({ length: inspectsAtOnce }, next))
  }

  private async read(pod: PodRecord, container: ContainerRecord, id: string): Promise<void> {
    const found = await this.parts.calls.inspect(id)
    if (!found || container.isBusy || container.isReadingEnd) return
    // A start that failed leaves «created» or «exited» with an error and no start time.
    const startedAt = this.ourTime(hasEndedUnseen(found) ? found.finishedAt : found.startedAt)
    if (startedAt === null) return
    pod.ip ??= this.parts.sandboxes.sandboxOf(pod.identity.id)?.ip ?? null
    if (container.state === 'created') this.parts.supervisor.running(pod, container, startedAt)
    if (found.status !== 'exited' && found.status !== 'dead') return
    const exit = await readExit(this.parts.calls, id, container, found.exitCode, found.isOomKilled)
    if (container.state === 'running') {
      this.parts.supervisor.settle(pod, container, exit, this.ourTime(found.finishedAt) ?? startedAt)
    }
  }

  private ourTime(engineTime: Instant | null): Instant | null {
    return engineTime === null ? null : instant(engineTime + this.parts.clockOffsetMs())
  }

  /** A pod that another life of this daemon started goes on from here. */
  private resume(pod: PodRecord): void {
    pod.ip ??= this.parts.sandboxes.sandboxOf(pod.identity.id)?.ip ?? null
    this.parts.supervisor.advance(pod)
    if (pod.isStopping && pod.hasRunning) void this.parts.supervisor.stop(pod, pod.plan.graceMs).catch(() => {})
  }

  private findVanished(standing: ReadonlySet<string>, listBegan: number): void {
    for (const pod of this.parts.pods.values()) {
      if (pod.madeAt > listBegan || pod.isRemoving || pod.isGone) continue
      const isAway = (one: ContainerRecord): boolean => one.id !== null && !standing.has(one.id)
      if (pod.all.every(isAway) || (!pod.isEnded && pod.mains.some(isAway))) this.parts.onGone(pod)
    }
  }

  /** Helpers that were to open up a fresh claim's root, left by a daemon that died: see claims.ts. */
  private async finishClaims(rows: readonly ListedContainer[]): Promise<void> {
    if (!this.isFirst) return
    for (const row of rows) await finishClaim(this.parts.calls, row)
  }
}
