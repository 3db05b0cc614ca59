/** What the adapter knows of a pod, and that as the state it reports. */
import { type ContainerState, type Instant, type PodIdentity, type PodState, instant } from '../../resources/index.ts'
import { type Exit, isUnstartable, unknownReason } from './exit.ts'
import type { LogCapture } from './log-capture.ts'
import { type PlannedContainer, type PodPlan, type Progress, isBetweenTries } from '../plan.ts'
import type { Prober } from './probes.ts'

export type ContainerRecord = {
  readonly planned: PlannedContainer
  /** The engine's id; `null` until it is created. */
  id: string | null
  state: 'created' | 'running' | 'exited'
  exit: Exit | null
  startedAt: Instant | null
  finishedAt: Instant | null
  restarts: number
  isReady: boolean
  /** A start, or the pause before one, is under way. */
  isBusy: boolean
  /** It has ended, and how is being read from the engine. */
  isReadingEnd: boolean
  capture: LogCapture | null
  prober: Prober | null
  followTimer: NodeJS.Timeout | null
}

export class PodRecord {
  readonly identity: PodIdentity
  readonly plan: PodPlan
  readonly containers: ReadonlyMap<string, ContainerRecord>
  /** `start` was called, or something ran before this daemon came: the plan is carried out. */
  isStarted = false
  isStopping = false
  wasStopped = false
  isDeadlineExceeded = false
  isEnded = false
  isGone = false
  isRemoving = false
  /** When its containers were all known to stand in the engine; a list begun before says nothing of them. */
  madeAt = Infinity
  /** This life of the daemon has seen its preparation through; what an earlier one made may lack its files. */
  isComplete = false
  /** Made by an earlier life of the daemon, whose last calls the engine may carry out only now. */
  isAdopted = false
  /** Why the last start came to nothing, though not by the pod's fault: `start` throws it and may be called again. */
  startError: Error | null = null
  ip: string | null = null
  deadlineTimer: NodeJS.Timeout | null = null
  preparing: Promise<void> | null = null
  /** The last state reported, as text. */
  lastReport = ''
  private readonly waiters = new Set<() => void>()

  constructor(identity: PodIdentity, plan: PodPlan) {
    this.identity = identity
    this.plan = plan
    this.containers = new Map(plan.containers.map((planned) => [planned.name, newContainer(planned)]))
  }

  get all(): readonly ContainerRecord[] {
    return [...this.containers.values()]
  }

  get mains(): readonly ContainerRecord[] {
    return this.all.filter((one) => one.planned.role === 'main')
  }

  get hasRunning(): boolean {
    return this.all.some((one) => one.state === 'running' || (one.isBusy && one.state === 'created'))
  }

  /** Some container of it runs or has run. */
  get hasRun(): boolean {
    return this.all.some((one) => one.startedAt !== null)
  }

  /** It goes on by itself: `start` waits no longer. */
  get isUnderWay(): boolean {
    return this.isEnded || this.isGone || this.mains.some((one) => one.state !== 'created')
  }

  /** Something that is still to run does not stand any more, though all had been made before the first was started. */
  get isBroken(): boolean {
    if (!this.isStarted || this.isStopping || this.isEnded) return false
    const isMissing = (one: ContainerRecord): boolean => one.id === null && one.state === 'created'
    const inits = this.isUnderWay ? [] : this.all.filter((one) => one.planned.role === 'init')
    return [...this.mains, ...inits].some(isMissing)
  }

  progress(): ReadonlyMap<string, Progress> {
    return new Map(this.all.map((one) => [one.planned.name, progressOf(one)]))
  }

  /** Something about the pod changed: those who wait look again. */
  changed(): void {
    for (const wake of [...this.waiters]) wake()
  }

  /** Until `isDone`, which is asked after each change. */
  until(isDone: () => boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (isDone()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.waiters.delete(wake)
        signal?.removeEventListener('abort', abort)
      }
      const wake = (): void => {
        if (!isDone()) return
        settle()
        resolve()
      }
      const abort = (): void => {
        settle()
        reject(signal?.reason as Error)
      }
      this.waiters.add(wake)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  state(hostName: string): PodState {
    const mains = this.mains
    return {
      identity: this.identity,
      phase: this.phase(),
      containers: this.all.map((one) => this.containerState(one)),
      ready: mains.length > 0 && mains.every((one) => one.state === 'running' && one.isReady),
      ...(this.ip !== null && { ip: this.ip }),
      hostNodeName: hostName,
      ...(this.isDeadlineExceeded && { deadlineExceeded: true }),
      ...(this.wasStopped && { stopped: true }),
    }
  }

  /** Why it waits for ever: nobody knows how an init container has ended. */
  private unknownBefore(): { readonly message?: string } {
    const lost = this.all.find(({ planned, exit }) => planned.role === 'init' && exit?.reason === unknownReason)
    return lost === undefined ? {} : { message: `${lost.planned.name}: ${lost.exit?.message ?? unknownReason}` }
  }

  private phase(): PodState['phase'] {
    if (this.isGone) return 'gone'
    if (this.isEnded) return 'ended'
    return this.all.some((one) => one.state !== 'created') ? 'running' : 'created'
  }

  private containerState(one: ContainerRecord): ContainerState {
    if (!this.isEnded && !this.isStopping && isBetweenTries(one.planned, progressOf(one))) {
      const { planned, startedAt } = one
      return {
        name: planned.name,
        role: planned.role,
        state: 'running',
        ready: false,
        ...(startedAt !== null && { startedAt }),
      }
    }
    const isWaiting = one.state === 'created' && this.phase() !== 'created'
    return {
      name: one.planned.name,
      role: one.planned.role,
      state: isWaiting ? 'waiting' : one.state,
      ...(isWaiting && { reason: 'PodInitializing', ...this.unknownBefore() }),
      ...(one.exit && one.state === 'exited' && one.exit),
      ...(one.state === 'running' && { ready: one.isReady }),
      ...(one.startedAt !== null && { startedAt: one.startedAt }),
      ...(one.finishedAt !== null && { finishedAt: one.finishedAt }),
    }
  }
}

function progressOf({ state, exit, restarts }: ContainerRecord): Progress {
  return {
    state,
    exitCode: exit?.exitCode ?? 0,
    isKilledFromOutside: exit?.reason === 'OOMKilled',
    isUnstartable: exit !== null && isUnstartable(exit),
    restarts,
  }
}

function newContainer(planned: PlannedContainer): ContainerRecord {
  return {
    planned,
    id: null,
    state: 'created',
    exit: null,
    startedAt: null,
    finishedAt: null,
    restarts: 0,
    isReady: false,
    isBusy: false,
    isReadingEnd: false,
    capture: null,
    prober: null,
    followTimer: null,
  }
}

/** By this machine's clock. */
export const now = (): Instant => instant(Date.now())

/** As log lines name it. */
export const fieldsOf = (pod: PodRecord, container: ContainerRecord): Readonly<Record<string, unknown>> => ({
  pod: pod.identity.name,
  node: pod.identity.nodeId,
  workflow: pod.identity.workflowName,
  namespace: pod.identity.namespace,
  uid: pod.identity.workflowUid,
  container: container.planned.name,
})
