/** The port through which the controller reaches containers: Docker, Swarm, or a simulation. */
import type { PodIdentity, PodRequest, PodState, PodId, WorkflowUid, Instant } from '../resources/index.ts'

export type LogLine = {
  readonly at: Instant
  /** RFC 3339 with nanoseconds, as the engine stamped it. */
  readonly stamp: string
  readonly stream: 'stdout' | 'stderr'
  /** Without its line end. */
  readonly text: string
}

export type LogOptions = {
  readonly follow?: boolean
  readonly tailLines?: number
  readonly sinceMs?: Instant
}

export type RuntimeInfo = {
  readonly name: string
  readonly version: string
  /** `hostNodeName` of the nodes. */
  readonly hostName: string
  readonly cpus: number
  readonly memoryBytes: number
  /** Where the engine keeps images and containers, on its own machine. */
  readonly dataRoot?: string
  readonly warnings: readonly string[]
  /** Two that say the same are one engine; empty or absent where it has no name of its own. */
  readonly engineId?: string
  /** Of what the engine is itself, as labels of a Kubernetes node have it (`kubernetes.io/os`), and the engine's own. */
  readonly labels?: Readonly<Record<string, string>>
  /** Labels of the machines that it places pods on by itself; absent where it is one machine. */
  readonly nodes?: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[]
  /** Of a runtime that is made of several. */
  readonly endpoints?: readonly EndpointState[]
}

/** One engine of several, as it is now: plain data, which may be shown and sent to others. */
export type EndpointState = {
  readonly name: string
  /** As on a Kubernetes node, `kubernetes.io/hostname` among them. */
  readonly labels: Readonly<Record<string, string>>
  /** What the engine has; 0 until it has answered once. */
  readonly cpus: number
  readonly memoryBytes: number
  /** What its pods may ask for in all, as the operator has set it; `null`: what the engine has, or the default. */
  readonly limits: {
    readonly cpus: number | null
    readonly memoryBytes: number | null
    readonly containersMax: number | null
  }
  readonly engineId: string
  /** It answers. */
  readonly ok: boolean
  /** Why it does not; empty where it does. */
  readonly reason: string
  /** New pods may go there: the operator has not taken it out of service. */
  readonly schedulable: boolean
  /** It has told of all its pods since the start: one that it did not name does not stand there. */
  readonly isHeard: boolean
  readonly nodes?: RuntimeInfo['nodes']
}

/** The engines of a runtime that is made of several. */
export interface Endpoints {
  /** In the order of the settings: the first is the one that the daemon reaches best. */
  now(): readonly EndpointState[]
  onChange(listener: () => void): { close(): void }
  /** That engine alone. @throws WorldError NO_ENDPOINT where none has the name */
  at(name: string): Runtime
}

/**
 * Every method is idempotent and may be repeated after a crash. All throw `WorldError` (retryable or not) where the
 * engine refuses or is away; `prepare` throws `UserError` for what can never run (a bad image name, an unknown mount).
 * Contract: runtime.contract.ts, which every adapter passes.
 */
export interface Runtime {
  /** Only of a runtime that is made of several. */
  readonly endpoints?: Endpoints

  info(signal?: AbortSignal): Promise<RuntimeInfo>

  /** Pulls images as the policy says and creates the pod's containers, not started; adopts what already stands there under the pod's id. Image trouble is a WorldError with code IMAGE_PULL (reason and message in its text); one of which it is known that it has run, and nothing stands any more, is refused with POD_GONE. */
  prepare(pod: PodRequest, signal?: AbortSignal): Promise<void>

  /** Unpacks a tar (paths relative to `/`) into a container that was created and not yet started. Volumes of the pod are reachable. */
  writeFiles(pod: PodId, container: string, tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>

  /** Starts what is due: init containers one by one, then mains and sidecars; returns when main was started or the start failed (which shows in the state). POD_UNSTARTABLE: nothing of it has run, and nothing of what stands ever will; once removed it may be made anew. */
  start(pod: PodRequest, signal?: AbortSignal): Promise<void>

  /** TERM, then KILL after the grace. A pod that never started is ended too. */
  stop(pod: PodId, graceMs: number, signal?: AbortSignal): Promise<void>

  /** A tar of the path in the container's file system as it is now, volumes included; `null` where it does not exist. The tar's first entry is the path's base name, as Docker's archive API gives it. Where the container is known to have gone: POD_GONE. */
  readFiles(
    pod: PodId,
    container: string,
    path: string,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | null>

  /**
   * The last bytes (at most `maxBytes`) of stdout.
   * @throws WorldError OUTPUT_LOST where the container has ended while nobody wrote down what it printed
   */
  readStdout(pod: PodId, container: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array>

  /** The container's log, also after `remove` (logs are kept until `forget`). Ends when the container ended, or at once without `follow`. */
  logs(pod: PodId, container: string, options: LogOptions, signal?: AbortSignal): AsyncIterable<LogLine>

  /** Removes containers and emptyDir volumes of the pod, in the background of the engine; returns when they are gone. Logs stay. */
  remove(pod: PodId, signal?: AbortSignal): Promise<void>

  /** Drops kept logs, sandboxes and everything else of a workflow. */
  forget(workflow: WorkflowUid, signal?: AbortSignal): Promise<void>

  /** Another controller has dropped everything of a workflow: drops the files of it that are kept here, logs above all. */
  forgetFiles(workflow: WorkflowUid): Promise<void>

  /** Workflows of which files are kept here, whosever they are. */
  workflowsWithFiles?(): Promise<readonly WorkflowUid[]>

  /** Every pod of this instance that has containers, with its state. */
  list(signal?: AbortSignal): Promise<readonly PodState[]>

  /**
   * Reports the full state of a pod at each change, and of every pod after each (re)connect. Reports may be doubled or
   * come late; a pod whose containers vanished is reported `gone` once.
   */
  observe(listener: (state: PodState) => void, onHealth: (healthy: boolean, reason: string) => void): { close(): void }

  /**
   * Creates the named volume where it is missing. Labels that name a workflow (`ownerLabel`) ask for a volume of that
   * workflow alone.
   * @throws WorldError VOLUME_TAKEN where another's stands under the name; `retryable` where it may be on its way out
   */
  ensureVolume(volumeName: string, labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>
  /** @param owner uid of a workflow: a volume that is not its own stays, which is no error */
  removeVolume(volumeName: string, signal?: AbortSignal, owner?: string): Promise<void>

  /** Named volumes of this instance that stand in the engine, whosever they are, with the labels they were made with. */
  volumes?(signal?: AbortSignal): Promise<readonly NamedVolume[]>

  /** A hint that pods of this workflow will come: sandboxes may be made ahead. */
  expect(workflow: WorkflowUid, pods: number): void

  /**
   * Several daemons share the engine under one instance: what belongs to workflows that are not ours is neither adopted
   * nor touched. Asked when something is found that is not known; the next `list` adopts what has become ours since.
   */
  share?(isOurs: (workflow: WorkflowUid) => boolean): void

  /**
   * Another daemon may have taken over while this one stood still: `confirm` is asked before each start of a container,
   * with nothing but the call itself after its answer. Where it rejects nothing is started, and `start` rejects with that.
   */
  guard?(confirm: () => Promise<void>): void

  /** Workflows that have containers of this instance in the engine, whosever they are. */
  workflows?(signal?: AbortSignal): Promise<readonly WorkflowUid[]>

  /**
   * The workflow is to be another daemon's: its containers stay as they are and are no longer followed. Resolves when
   * nothing of ours is on its way to them any more.
   */
  letGo?(workflow: WorkflowUid): Promise<void>

  close(): Promise<void>
}

export type NamedVolume = { readonly name: string; readonly labels: Readonly<Record<string, string>> }

export type { PodIdentity, PodRequest, PodState }
