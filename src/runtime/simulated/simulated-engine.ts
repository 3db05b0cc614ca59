/**
 * An engine in memory: it outlives the runtimes that talk to it, as Docker outlives the daemon. Cheap per pod: nothing is
 * allocated for files, logs or timers that a pod does not use.
 */
import type {
  ClaimVolumeRequest,
  Clock,
  ContainerRequest,
  ContainerState,
  Instant,
  PodId,
  PodRequest,
  PodState,
  Random,
} from '../../resources/index.ts'
import type { LogLine } from '../port.ts'
import { type PlannedContainer, type PodPlan, decide, isBetweenTries, planOf } from '../plan.ts'
import { SimulatedFiles, type SimulatedTree, treeWith } from './files.ts'
import type { Behaviour, ContainerScript, Faults, PodScript } from './script.ts'

export type SimulatedContainer = {
  readonly request: ContainerRequest
  readonly planned: PlannedContainer
  state: 'created' | 'running' | 'exited'
  exitCode: number
  isKilledFromOutside: boolean
  reason: string
  message: string
  isReady: boolean
  startedAt: Instant | null
  finishedAt: Instant | null
  restarts: number
  isPausing: boolean
  /** Raised by each start and end: what was planned for an earlier one is void. */
  turn: number
  script: ContainerScript
  files: SimulatedFiles | null
}

/** Of the few that a pod has: less than a map for each of them. */
class ContainersByName {
  private readonly all: readonly SimulatedContainer[]

  constructor(all: readonly SimulatedContainer[]) {
    this.all = all
  }

  get(name: string): SimulatedContainer | undefined {
    for (const one of this.all) if (one.request.name === name) return one
    return undefined
  }
}

export type SimulatedPod = {
  readonly request: PodRequest
  readonly plan: PodPlan
  readonly script: PodScript
  readonly containers: readonly SimulatedContainer[]
  readonly byName: ContainersByName
  volumes: Map<string, SimulatedTree> | null
  isStarted: boolean
  /** The engine has said that it cannot start them. */
  isRefused: boolean
  isStopping: boolean
  wasStopped: boolean
  isEnded: boolean
  isDeadlineExceeded: boolean
  hasDeadline: boolean
}

export type SimulatedEngineOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly behaviour: Behaviour
  readonly faults?: Faults
  readonly cpus?: number
  readonly memoryBytes?: number
  /** `false`: `starts` stays empty, or it would grow with every pod. */
  readonly countsStarts?: boolean
}

export class SimulatedEngine {
  readonly options: SimulatedEngineOptions
  readonly pods = new Map<PodId, SimulatedPod>()
  readonly volumes = new Map<string, SimulatedTree>()
  /** With which those were made that are named. */
  readonly volumeLabels = new Map<string, Readonly<Record<string, string>>>()
  /** Kept logs: pod → container → lines and whole stdout. */
  readonly logs = new Map<PodId, Map<string, { lines: LogLine[]; stdout: Uint8Array[] }>>()
  /** How often each container was started, over the whole life: what a test of «nothing runs twice» counts. */
  readonly starts = new Map<string, number>()
  /** All of them together. */
  startCount = 0
  readonly imageErrorsLeft = new Map<PodId, number>()
  readonly watchers = new Set<(pod: SimulatedPod, isGone: boolean) => void>()
  private stampCount = 0

  constructor(options: SimulatedEngineOptions) {
    this.options = options
  }

  create(request: PodRequest): SimulatedPod {
    const { id } = request.identity
    const known = this.pods.get(id)
    if (known) return known
    const plan = planOf(request, [], 'pool')
    const script = this.options.behaviour(request)
    const containers = request.containers.map((one, index) => newContainer(one, plan.containers[index], script))
    const pod: SimulatedPod = {
      request,
      plan,
      script,
      containers,
      byName: new ContainersByName(containers),
      volumes: null,
      isStarted: false,
      isRefused: false,
      isStopping: false,
      wasStopped: false,
      isEnded: false,
      isDeadlineExceeded: false,
      hasDeadline: false,
    }
    for (const volume of request.volumes) if (volume.kind === 'claim') this.named(volume)
    this.pods.set(id, pod)
    this.tell(pod, false)
    return pod
  }

  start(pod: SimulatedPod): void {
    if (pod.isStarted || pod.isEnded) return
    pod.isStarted = true
    const { vanishesAfterMs } = pod.script
    if (vanishesAfterMs !== undefined) this.after(vanishesAfterMs, () => this.vanish(pod))
    this.advance(pod)
  }

  /** From now on every start of these containers fails. */
  refuse(id: PodId): void {
    const pod = this.pods.get(id)
    if (pod) pod.isRefused = true
  }

  stop(pod: SimulatedPod, graceMs: number): void {
    pod.isStopping = true
    for (const container of pod.containers) this.terminate(pod, container, graceMs)
    this.advance(pod)
  }

  /** Its containers are gone without having ended. */
  vanish(pod: SimulatedPod): void {
    if (this.pods.get(pod.request.identity.id) !== pod) return
    this.delete(pod)
    this.tell(pod, true)
  }

  delete(pod: SimulatedPod): void {
    this.pods.delete(pod.request.identity.id)
    for (const container of pod.containers) container.turn += 1
  }

  filesOf(pod: SimulatedPod, container: SimulatedContainer): SimulatedFiles {
    container.files ??= new SimulatedFiles(container.request, (name) => this.treeOf(pod, name))
    return container.files
  }

  stateOf(pod: SimulatedPod): PodState {
    let phase: PodState['phase'] = pod.isEnded ? 'ended' : 'created'
    let ready = true
    for (const { state, planned, isReady } of pod.containers) {
      if (!pod.isEnded && state !== 'created') phase = 'running'
      if (planned.role === 'main' && (state !== 'running' || !isReady)) ready = false
    }
    const containers = pod.containers.map((one) =>
      !pod.isEnded && !pod.isStopping && isBetweenTries(one.planned, one) ? runsStill(one) : containerState(one, phase),
    )
    const ip = pod.script.ip ?? '10.0.0.1'
    const state = { identity: pod.request.identity, phase, containers, ready, ip, hostNodeName: 'simulated' }
    if (!pod.isDeadlineExceeded && !pod.wasStopped) return state
    return {
      ...state,
      ...(pod.isDeadlineExceeded && { deadlineExceeded: true }),
      ...(pod.wasStopped && { stopped: true }),
    }
  }

  private advance(pod: SimulatedPod): void {
    if (this.pods.get(pod.request.identity.id) !== pod) return
    if (pod.isStarted || pod.isStopping) {
      const decision = decide(pod.plan, pod.byName, pod.isStopping)
      for (const { name, exitCode, message } of decision.giveUp) {
        const container = pod.byName.get(name)
        if (container) settle(container, exitCode, 'Error', message, this.options.clock.now())
      }
      if (decision.giveUp.length > 0) return this.advance(pod)
      if (decision.isEnded) pod.isEnded = true
      for (const { name } of decision.start) this.run(pod, pod.byName.get(name))
      for (const planned of decision.retry) this.again(pod, planned)
      if (decision.stopSidecars) {
        const sidecars = pod.containers.filter((one) => one.planned.role === 'sidecar')
        for (const sidecar of sidecars) this.terminate(pod, sidecar, pod.plan.graceMs)
      }
    }
    this.tell(pod, false)
  }

  private run(pod: SimulatedPod, container: SimulatedContainer | undefined): void {
    if (!container || container.state !== 'created' || container.isPausing) return
    if (this.options.countsStarts !== false) {
      const key = `${pod.request.identity.id}/${container.request.name}`
      this.starts.set(key, (this.starts.get(key) ?? 0) + 1)
    }
    this.startCount += 1
    container.state = 'running'
    container.startedAt = this.options.clock.now()
    container.turn += 1
    const { run } = container.script
    if (run) container.script = { ...run((path) => this.filesOf(pod, container).read(path)), run }
    const { durationMs = container.planned.role === 'sidecar' ? Infinity : 0, readyAfterMs = 0 } = container.script
    container.isReady = readyAfterMs === 0
    if (readyAfterMs > 0 && readyAfterMs < durationMs)
      this.inTurn(container, readyAfterMs, () => this.ready(pod, container))
    if (durationMs !== Infinity) this.inTurn(container, durationMs, () => this.end(pod, container))
    this.keepDeadline(pod, container)
  }

  private ready(pod: SimulatedPod, container: SimulatedContainer): void {
    container.isReady = true
    this.tell(pod, false)
  }

  private end(pod: SimulatedPod, container: SimulatedContainer): void {
    const { script } = container
    const encode = (value: string | Uint8Array): Uint8Array => (typeof value === 'string' ? Buffer.from(value) : value)
    for (const [path, content] of Object.entries(script.files ?? {})) {
      this.filesOf(pod, container).write(path, encode(content))
    }
    if (script.stdout) this.print(pod, container, 'stdout', script.stdout)
    if (script.stderr) this.print(pod, container, 'stderr', script.stderr)
    const exitCode = script.exitCode ?? 0
    const reason = script.reason ?? (exitCode === 0 ? 'Completed' : 'Error')
    settle(container, exitCode, reason, script.message ?? '', this.options.clock.now())
    this.advance(pod)
  }

  private again(pod: SimulatedPod, planned: PlannedContainer): void {
    const container = pod.byName.get(planned.name)
    if (!container || container.isPausing) return
    container.isPausing = true
    this.after(planned.pauseMs ?? 0, () => {
      container.isPausing = false
      if (pod.isStopping) return this.advance(pod)
      container.restarts += 1
      container.state = 'created'
      this.run(pod, container)
      this.tell(pod, false)
    })
  }

  private terminate(pod: SimulatedPod, container: SimulatedContainer, graceMs: number): void {
    if (container.state !== 'running') return
    const exitCode = container.script.ignoresTerm || graceMs <= 0 ? 137 : 143
    const delayMs = container.script.ignoresTerm ? Math.max(0, graceMs) : 0
    this.inTurn(container, delayMs, () => {
      settle(container, exitCode, 'Error', '', this.options.clock.now())
      this.advance(pod)
    })
  }

  private keepDeadline(pod: SimulatedPod, container: SimulatedContainer): void {
    const { deadlineMs } = pod.plan
    if (deadlineMs === null || pod.hasDeadline || container.planned.role !== 'main') return
    pod.hasDeadline = true
    this.after(deadlineMs, () => {
      if (pod.isEnded || this.pods.get(pod.request.identity.id) !== pod) return
      pod.isDeadlineExceeded = true
      this.stop(pod, pod.plan.graceMs)
    })
  }

  private print(pod: SimulatedPod, container: SimulatedContainer, stream: LogLine['stream'], text: string): void {
    const { id } = pod.request.identity
    const ofPod = this.logs.get(id) ?? new Map<string, { lines: LogLine[]; stdout: Uint8Array[] }>()
    this.logs.set(id, ofPod)
    const kept = ofPod.get(container.request.name) ?? { lines: [], stdout: [] }
    ofPod.set(container.request.name, kept)
    if (stream === 'stdout') kept.stdout.push(Buffer.from(text))
    const at = this.options.clock.now()
    for (const line of text.replace(/\n$/, '').split('\n')) {
      this.stampCount = (this.stampCount + 1) % 1_000_000
      const stamp = new Date(at).toISOString().replace('Z', `${String(this.stampCount).padStart(6, '0')}Z`)
      kept.lines.push({ at, stamp, stream, text: line })
    }
  }

  private treeOf(pod: SimulatedPod, name: string): SimulatedTree {
    const volume = pod.request.volumes.find((one) => one.name === name)
    if (volume?.kind === 'claim') return this.named(volume)
    pod.volumes ??= new Map()
    const tree = pod.volumes.get(name) ?? (volume ? treeWith(volume) : new Map())
    pod.volumes.set(name, tree)
    return tree
  }

  /** A volume that does not stand is made, as Docker makes it with the container that mounts it. */
  private named({ volumeName, labels = {} }: ClaimVolumeRequest): SimulatedTree {
    const known = this.volumes.get(volumeName)
    if (known !== undefined) return known
    const tree: SimulatedTree = new Map()
    this.volumes.set(volumeName, tree)
    this.volumeLabels.set(volumeName, labels)
    return tree
  }

  private tell(pod: SimulatedPod, isGone: boolean): void {
    for (const watcher of this.watchers) watcher(pod, isGone)
  }

  private inTurn(container: SimulatedContainer, ms: number, work: () => void): void {
    const { turn } = container
    this.after(ms, () => {
      if (container.turn === turn && container.state === 'running') work()
    })
  }

  private after(ms: number, work: () => void): void {
    if (ms <= 0) void soon.then(work)
    else void this.options.clock.sleep(ms).then(work)
  }
}

function newContainer(
  request: ContainerRequest,
  planned: PlannedContainer | undefined,
  script: PodScript,
): SimulatedContainer {
  const own = script.containers?.[request.name] ?? (request.name === 'main' ? script.main : undefined)
  return {
    request,
    planned: planned ?? { name: request.name, role: request.role },
    state: 'created',
    exitCode: 0,
    isKilledFromOutside: false,
    reason: '',
    message: '',
    isReady: false,
    startedAt: null,
    finishedAt: null,
    restarts: 0,
    isPausing: false,
    turn: 0,
    script: own ?? {},
    files: null,
  }
}

/** Cheaper than queueMicrotask, which makes a resource of each. */
const soon = Promise.resolve()

function settle(one: SimulatedContainer, exitCode: number, reason: string, message: string, at: Instant): void {
  one.state = 'exited'
  one.exitCode = exitCode
  one.reason = reason
  one.isKilledFromOutside = reason === 'OOMKilled'
  one.message = message
  one.isReady = false
  one.finishedAt = at
  one.turn += 1
}

const runsStill = ({ request, planned, startedAt }: SimulatedContainer): ContainerState => ({
  name: request.name,
  role: planned.role,
  state: 'running',
  ready: false,
  ...(startedAt !== null && { startedAt }),
})

function containerState(one: SimulatedContainer, phase: PodState['phase']): ContainerState {
  const isWaiting = one.state === 'created' && phase !== 'created'
  const { state, startedAt, finishedAt } = one
  if (state === 'created' && !isWaiting && startedAt === null && finishedAt === null)
    return { name: one.request.name, role: one.planned.role, state }
  if (state === 'exited' && one.message === '' && startedAt !== null && finishedAt !== null) {
    const { exitCode, reason } = one
    return { name: one.request.name, role: one.planned.role, state, exitCode, reason, startedAt, finishedAt }
  }
  return {
    name: one.request.name,
    role: one.planned.role,
    state: isWaiting ? 'waiting' : one.state,
    ...(isWaiting && { reason: 'PodInitializing' }),
    ...(one.state === 'exited' && {
      exitCode: one.exitCode,
      reason: one.reason,
      ...(one.message !== '' && { message: one.message }),
    }),
    ...(one.state === 'running' && { ready: one.isReady }),
    ...(one.startedAt !== null && { startedAt: one.startedAt }),
    ...(one.finishedAt !== null && { finishedAt: one.finishedAt }),
  }
}
