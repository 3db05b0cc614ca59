/** The runtime port on a Docker Engine. */
import { mkdirSync } from 'node:fs'
import type { PodId, PodRequest, PodState, WorkflowUid } from '../../resources/index.ts'
import type { LogLine, LogOptions, NamedVolume, Runtime, RuntimeInfo } from '../port.ts'
import { Captures } from './captures.ts'
import { ensureClaim, isOwned, listClaims } from './claims.ts'
import { type CallReport, EngineClient } from './client.ts'
import type { EngineAddress } from './connection.ts'
import { EngineCalls } from './engine-calls.ts'
import { Events } from './events.ts'
import { readPath, writeTar } from './files.ts'
import { Images } from './images.ts'
import { Inventory } from './inventory.ts'
import { LogFile, keptFrames } from './log-file.ts'
import { engineFrames } from './log-capture.ts'
import { readLog } from './log-reader.ts'
import { type Log, stackOf } from './log.ts'
import { LostOutput } from './lost-output.ts'
import { MarkFiles } from './marks.ts'
import { assertSafeId, containerName, label } from './names.ts'
import { ensurePauseImage } from './pause-image.ts'
import { planOf } from '../plan.ts'
import { Readiness } from '../readiness.ts'
import { type ContainerRecord, PodRecord } from './pod-record.ts'
import { PodReports } from './pod-reports.ts'
import { PodTable } from './pod-table.ts'
import { OthersContainers } from './others-containers.ts'
import { Preparation, networkOf } from './preparation.ts'
import { Removal } from './removal.ts'
import { Sandboxes } from './sandboxes.ts'
import { StartGate, type StartGateOptions } from './start-gate.ts'
import { stdoutTail } from './stdout-tail.ts'
import { homeOf } from './strays.ts'
import { StartedBefore } from './started-before.ts'
import { Supervisor } from './supervisor.ts'
import { volumesOf } from './volumes.ts'
import { dropFiles, logPath, workflowsWithFiles } from './workflow-files.ts'
import { engineIdentity, engineLabels } from './engine-labels.ts'
import { type EngineEvent, engineTime, numberOr, record, textOr, textsOf } from './wire.ts'

export type DockerRuntimeOptions = {
  readonly engine: EngineAddress
  /** Which daemon this is: containers of other instances are never seen or touched. */
  readonly instance: string
  /** The network that pods join; by default the engine's own bridge. */
  readonly network?: string
  /** Logs and marks are kept below it; the same after a restart. */
  readonly dataDir: string
  readonly onCall?: (report: CallReport) => void
  readonly log?: Log
  /** Starts at once: by default found out from how long they take. */
  readonly startsAtOnce?: Partial<StartGateOptions>
  /** Most bytes kept of one container's log. */
  readonly maxLogBytes?: number
  readonly relistMs?: number
}

const gigabyte = 1024 ** 3
/** How long calls under way are waited for. */
const letGoMsMost = 5_000
const letGoLookMs = 20
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class DockerRuntime implements Runtime {
  private readonly options: DockerRuntimeOptions
  private readonly client: EngineClient
  private readonly calls: EngineCalls
  private readonly sandboxes: Sandboxes
  private readonly marks: MarkFiles
  private readonly captures: Captures
  private readonly supervisor: Supervisor
  private readonly preparation: Preparation
  private readonly inventory: Inventory
  private readonly removal: Removal
  private readonly startedBefore: StartedBefore
  private readonly lostOutput: LostOutput
  private readonly gate: StartGate
  private readonly creates: StartGate
  private readonly log: Log
  private readonly table = new PodTable()
  private readonly pods = this.table.pods
  private readonly reports: PodReports
  private readonly readiness = new Readiness(() => this.begin())
  private readonly claims = new Map<string, Promise<void>>()
  private events: Events | null = null
  private hostName = ''
  /** Others work on the engine under our name. */
  private isOurs: (workflow: WorkflowUid) => boolean = () => true
  private confirm: () => Promise<void> = () => Promise.resolve()
  private clockOffsetMs = 0

  constructor(options: DockerRuntimeOptions) {
    mkdirSync(options.dataDir, { recursive: true })
    this.options = options
    this.log = options.log ?? (() => {})
    const { instance, network = 'default' } = options
    const home = homeOf(options.dataDir)
    this.reports = new PodReports({ pods: this.pods, hostName: () => this.hostName, log: this.log })
    this.client = new EngineClient(options.engine, options.onCall)
    this.calls = new EngineCalls(this.client)
    this.gate = new StartGate({ least: 1, most: 4, initial: 2, ...options.startsAtOnce })
    this.creates = new StartGate({ least: 4, most: 4, initial: 4 })
    this.marks = new MarkFiles(options.dataDir)
    this.sandboxes = new Sandboxes({
      calls: this.calls,
      owner: { instance, home, network },
      log: this.log,
      confirm: () => this.confirm(),
      spare: () => this.gate.limit + 1,
    })
    this.captures = new Captures({
      calls: this.calls,
      log: this.log,
      logFile: (pod, container) => this.logFile(pod.identity.id, container),
    })
    this.lostOutput = new LostOutput({
      client: this.client,
      log: this.log,
      engineNow: () => Date.now() - this.clockOffsetMs,
    })
    this.supervisor = new Supervisor({
      calls: this.calls,
      gate: this.gate,
      sandboxes: this.sandboxes,
      marks: this.marks,
      captures: this.captures,
      log: this.log,
      report: (pod) => this.reports.report(pod, false),
      confirm: () => this.confirm(),
      gone: (pod) => this.gone(pod),
    })
    const images = new Images(this.client, this.log)
    this.startedBefore = new StartedBefore({
      calls: this.calls,
      instance,
      dataDir: options.dataDir,
      log: this.log,
      engineNow: () => Date.now() - this.clockOffsetMs,
    })
    this.preparation = new Preparation({
      calls: this.calls,
      images,
      sandboxes: this.sandboxes,
      others: new OthersContainers({
        calls: this.calls,
        confirm: () => this.confirm(),
        hasStarted: (id) => this.startedBefore.remembersStart(id),
      }),
      creates: this.creates,
      instance,
      home,
      network,
    })
    this.inventory = new Inventory({
      startedBefore: this.startedBefore,
      calls: this.calls,
      sandboxes: this.sandboxes,
      supervisor: this.supervisor,
      marks: this.marks,
      instance,
      pods: this.pods,
      clockOffsetMs: () => this.clockOffsetMs,
      onGone: (pod) => this.gone(pod),
      isOurs: (workflow) => this.isOurs(workflow),
    })
    const { calls, captures, sandboxes, gate } = this
    this.removal = new Removal({ calls, captures, sandboxes, gate, instance, ended: () => this.table.ended() })
  }

  async info(signal?: AbortSignal): Promise<RuntimeInfo> {
    const info = record(await this.client.json('info', 'GET', '/info', { signal, deadlineMs: 20_000 }))
    this.hostName = textOr(info.Name, '')
    return {
      name: 'docker',
      version: textOr(info.ServerVersion, ''),
      hostName: this.hostName,
      cpus: numberOr(info.NCPU, 1),
      memoryBytes: numberOr(info.MemTotal, 0),
      dataRoot: textOr(info.DockerRootDir, ''),
      warnings: textsOf(info.Warnings),
      engineId: engineIdentity(info),
      labels: engineLabels(info),
    }
  }

  async prepare(request: PodRequest, signal?: AbortSignal): Promise<void> {
    await this.readiness.reached()
    await this.prepared(request, signal)
  }

  async writeFiles(pod: PodId, container: string, tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    await this.readiness.reached()
    await writeTar(this.calls, containerName(pod, container), tar, signal)
  }

  async start(request: PodRequest, signal?: AbortSignal): Promise<void> {
    await this.readiness.reached()
    const pod = await this.prepared(request, signal)
    if ((!pod.isStarted || pod.startError !== null) && !pod.isStopping) {
      pod.isStarted = true
      pod.startError = null
      this.supervisor.advance(pod)
    }
    await pod.until(() => pod.isUnderWay || pod.startError !== null, signal)
    if (pod.startError !== null) throw pod.startError
  }

  async stop(id: PodId, graceMs: number, signal?: AbortSignal): Promise<void> {
    await this.readiness.reached()
    const pod = this.pods.get(id)
    await pod?.preparing?.catch(() => {})
    if (!pod || pod.isGone) return
    if (!pod.wasStopped && !pod.isEnded) {
      pod.wasStopped = true
      this.marks.add(id, { stopped: true })
    }
    await this.supervisor.stop(pod, graceMs)
    await pod.until(() => pod.isEnded || pod.isGone, signal)
  }

  async readFiles(
    pod: PodId,
    container: string,
    path: string,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | null> {
    await this.readiness.reached()
    return readPath(this.calls, containerName(pod, container), path, signal)
  }

  async readStdout(id: PodId, name: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    await this.readiness.reached()
    const pod = this.pods.get(id)
    const container = pod?.containers.get(name)
    const isRunning = container?.state === 'running' && container.id !== null
    if (pod && container?.state === 'exited') {
      await this.captures.finish(pod, container)
      await this.lostOutput.refuse(container, signal)
    }
    const frames = isRunning
      ? engineFrames(this.client, container.id ?? '', container.planned.tty === true, { isStdoutOnly: true, signal })
      : keptFrames(this.logPath(id, name))
    return stdoutTail(frames, maxBytes)
  }

  async *logs(id: PodId, name: string, options: LogOptions, signal?: AbortSignal): AsyncIterable<LogLine> {
    await this.readiness.reached()
    const pod = this.pods.get(id) ?? null
    const container = pod?.containers.get(name) ?? null
    const capture = async (): Promise<void> => {
      if (pod && container?.state === 'exited' && !pod.isGone) await this.captures.finish(pod, container)
    }
    yield* readLog({ client: this.client, path: this.logPath(id, name), pod, container, capture }, options, signal)
  }

  async remove(id: PodId, signal?: AbortSignal): Promise<void> {
    await this.readiness.reached()
    const pod = this.pods.get(id) ?? null
    await this.removal.run(id, pod, signal)
    if (pod) this.drop(pod)
    this.marks.drop(id)
  }

  async forget(workflow: WorkflowUid, signal?: AbortSignal): Promise<void> {
    await this.readiness.reached()
    const own = this.table.ofWorkflow(workflow)
    await Promise.all(own.map((pod) => this.remove(pod.identity.id, signal)))
    await this.sandboxes.forget(workflow)
    await this.removal.sweep(workflow, signal)
    await this.forgetFiles(workflow)
  }

  async forgetFiles(workflow: WorkflowUid): Promise<void> {
    this.marks.forget(workflow)
    await dropFiles(this.options.dataDir, workflow)
  }

  async workflowsWithFiles(): Promise<readonly WorkflowUid[]> {
    return workflowsWithFiles(this.options.dataDir)
  }

  async list(signal?: AbortSignal): Promise<readonly PodState[]> {
    await this.readiness.reached()
    await this.relist(signal)
    const standing = [...this.pods.values()].filter((pod) => !pod.isGone && pod.all.some((one) => one.id !== null))
    return standing.map((pod) => pod.state(this.hostName))
  }

  observe(
    listener: (state: PodState) => void,
    onHealth: (healthy: boolean, reason: string) => void,
  ): { close(): void } {
    const entry = { onState: listener, onHealth }
    const observing = this.reports.listeners.add(entry)
    this.readiness
      .reached()
      .then(() => this.reports.catchUp(entry))
      .catch((error: unknown) => {
        onHealth(false, error instanceof Error ? error.message : String(error))
        this.watch()
      })
    return observing
  }

  async ensureVolume(name: string, labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void> {
    await this.readiness.reached()
    const running = this.claims.get(name)
    if (running) return running
    const ensuring = ensureClaim(this.calls, this.options.instance, name, labels, signal)
    this.claims.set(name, ensuring)
    await ensuring.finally(() => this.claims.delete(name))
  }

  async removeVolume(name: string, signal?: AbortSignal, owner?: string): Promise<void> {
    await this.readiness.reached()
    if (await isOwned(this.calls, name, owner, signal)) await this.calls.removeVolume(name, signal)
  }

  async volumes(signal?: AbortSignal): Promise<readonly NamedVolume[]> {
    await this.readiness.reached()
    return listClaims(this.calls, this.options.instance, signal)
  }

  expect(workflow: WorkflowUid, pods: number): void {
    const known = [...this.pods.values()].find((pod) => pod.identity.workflowUid === workflow)
    const workflowName = known?.identity.workflowName ?? 'pod'
    const namespace = known?.identity.namespace ?? ''
    void this.readiness
      .reached()
      .then(() => this.sandboxes.expect({ workflowUid: workflow, workflowName, namespace }, pods))
      .catch(() => {})
  }

  share(isOurs: (workflow: WorkflowUid) => boolean): void {
    this.isOurs = isOurs
  }

  guard(confirm: () => Promise<void>): void {
    this.confirm = confirm
  }

  async workflows(signal?: AbortSignal): Promise<readonly WorkflowUid[]> {
    await this.readiness.reached()
    const rows = await this.calls.listOwn(this.options.instance, signal)
    const uids = rows.map(({ labels }) => (labels[label.workflowUid] ?? '') as WorkflowUid)
    return [...new Set(uids)].filter((uid) => uid !== '')
  }

  async letGo(workflow: WorkflowUid): Promise<void> {
    const own = this.table.ofWorkflow(workflow)
    for (const pod of own) {
      // A start that waits for its turn is not to come.
      pod.isGone = true
      this.drop(pod)
    }
    this.sandboxes.letGo(workflow)
    const isUnderWay = () => own.some((pod) => pod.preparing !== null || pod.all.some(({ isBusy }) => isBusy))
    for (let waited = 0; waited < letGoMsMost && isUnderWay(); waited += letGoLookMs) await pause(letGoLookMs)
  }

  /** Numbers for gauges: sockets in use, starts allowed at once, starts that wait, and sandboxes. */
  gauges(): {
    readonly sockets: number
    readonly startLimit: number
    readonly startsWaiting: number
    readonly sandboxes: { readonly used: number; readonly free: number }
  } {
    const { limit: startLimit, waiting: startsWaiting } = this.gate
    return { sockets: this.client.openSockets(), startLimit, startsWaiting, sandboxes: this.sandboxes.counts() }
  }

  /** Leaves the pods in the engine as they are, for the daemon's next life. */
  async close(): Promise<void> {
    this.readiness.close()
    this.reports.listeners.clear()
    this.events?.close()
    for (const pod of this.pods.values()) this.supervisor.forgetTimers(pod)
    await this.events?.ended
    await this.sandboxes.close()
    this.client.close()
  }

  /** The engine is reached and its containers are read. */
  private async begin(): Promise<void> {
    const info = record(await this.client.json('info', 'GET', '/info', { deadlineMs: 20_000 }))
    this.hostName = textOr(info.Name, '')
    const cpus = Math.max(1, numberOr(info.NCPU, 1))
    this.gate.fit({ least: Math.ceil(cpus / 2), most: cpus * 2, initial: cpus, ...this.options.startsAtOnce })
    this.creates.fit({ least: cpus * 2, most: cpus * 2, initial: cpus * 2 })
    const engineNow = engineTime(info.SystemTime)
    const offsetMs = engineNow === null ? 0 : Date.now() - engineNow
    this.clockOffsetMs = Math.abs(offsetMs) < 2_000 ? 0 : offsetMs
    await ensurePauseImage(this.client)
    await this.relist()
    this.watch()
  }

  private watch(): void {
    this.events ??= new Events({
      client: this.client,
      instance: this.options.instance,
      relistMs: this.options.relistMs ?? 15_000,
      sinceSeconds: () => Math.floor((Date.now() - this.clockOffsetMs) / 1000) - 2,
      onEvent: (event) => this.heard(event),
      relist: () => this.relist(),
      onHealth: (isHealthy, reason) => this.reports.health(isHealthy, reason),
      onBug: (error) => this.log('error', 'the engine was heard, and that broke something', { error: stackOf(error) }),
    })
  }

  private async relist(signal?: AbortSignal): Promise<void> {
    await this.inventory.take(signal)
    for (const pod of this.pods.values()) this.table.index(pod)
  }

  private heard(event: EngineEvent): void {
    const known = this.table.meant(event)
    if (!known) return
    const { pod, container } = known
    if (event.action === 'die') this.lostOutput.heardEnd(container, event.containerId)
    if (event.action === 'die') this.supervisor.died(pod, container, event.exitCode)
    else if (event.action === 'destroy') this.vanished(pod, container, event.containerId)
  }

  private vanished(pod: PodRecord, container: ContainerRecord, id: string): void {
    if (pod.isRemoving || pod.isGone || pod.madeAt === Infinity || container.id !== id) return
    container.id = null
    if (pod.all.every((one) => one.id === null) || (!pod.isEnded && container.planned.role === 'main')) this.gone(pod)
  }

  private gone(pod: PodRecord): void {
    pod.isGone = true
    this.reports.report(pod, true)
    pod.changed()
    this.drop(pod)
    // Whoever is no longer in charge would take the sandbox of one that another has made anew.
    const removing = this.confirm().then(() => this.removal.run(pod.identity.id, pod))
    removing.catch((error: unknown) => {
      this.log('warn', 'what is left of a vanished pod could not be removed', {
        pod: pod.identity.name,
        error: String(error),
      })
    })
  }

  private drop(pod: PodRecord): void {
    this.supervisor.forgetTimers(pod)
    this.table.drop(pod)
    pod.changed()
  }

  private async prepared(request: PodRequest, signal?: AbortSignal): Promise<PodRecord> {
    const { id } = request.identity
    assertSafeId(id)
    for (const { name } of request.containers) assertSafeId(name)
    const known = this.pods.get(id)
    const hasRun = known?.isStarted === true && known.all.some((one) => one.state !== 'created')
    if (known && (known.isComplete || known.isStopping || hasRun)) return known
    if (known === undefined && this.startedBefore.mayHaveRun(id)) {
      await this.startedBefore.refuse(request)
      // Meanwhile another may have begun with it.
      if (this.pods.has(id)) return this.prepared(request, signal)
    }
    const pod = known ?? new PodRecord(request.identity, planOf(request, volumesOf(request), networkOf(request)))
    this.pods.set(id, pod)
    pod.preparing ??= this.preparation
      .run(request, pod, signal)
      .then(() => {
        pod.isComplete = true
        pod.madeAt = Date.now()
        this.table.index(pod)
        this.reports.report(pod, false)
      })
      .finally(() => (pod.preparing = null))
    await pod.preparing
    return pod
  }

  private logPath(pod: PodId, container: string): string {
    return logPath(this.options.dataDir, pod, container)
  }

  private logFile(pod: PodId, container: string): LogFile {
    return new LogFile(this.logPath(pod, container), this.options.maxLogBytes ?? gigabyte, () => this.confirm())
  }
}
