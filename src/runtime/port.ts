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
}

/**
 * Every method is idempotent and may be repeated after a crash. All throw `WorldError` (retryable or not) where the
 * engine refuses or is away; `prepare` throws `UserError` for what can never run (a bad image name, an unknown mount).
 * Contract: runtime.contract.ts, which every adapter passes.
 */
export interface Runtime {
  info(signal?: AbortSignal): Promise<RuntimeInfo>

  /** Pulls images as the policy says and creates the pod's containers, not started; adopts what already stands there under the pod's id. Image trouble is a WorldError with code IMAGE_PULL (reason and message in its text). */
  prepare(pod: PodRequest, signal?: AbortSignal): Promise<void>

  /** Unpacks a tar (paths relative to `/`) into a container that was created and not yet started. Volumes of the pod are reachable. */
  writeFiles(pod: PodId, container: string, tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>

  /** Starts what is due: init containers one by one, then mains and sidecars; returns when main was started or the start failed (which shows in the state). */
  start(pod: PodRequest, signal?: AbortSignal): Promise<void>

  /** TERM, then KILL after the grace. A pod that never started is ended too. */
  stop(pod: PodId, graceMs: number, signal?: AbortSignal): Promise<void>

  /** A tar of the path in the container's file system as it is now, volumes included; `null` where it does not exist. The tar's first entry is the path's base name, as Docker's archive API gives it. */
  readFiles(
    pod: PodId,
    container: string,
    path: string,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | null>

  /** The last bytes (at most `maxBytes`) of stdout. */
  readStdout(pod: PodId, container: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array>

  /** The container's log, also after `remove` (logs are kept until `forget`). Ends when the container ended, or at once without `follow`. */
  logs(pod: PodId, container: string, options: LogOptions, signal?: AbortSignal): AsyncIterable<LogLine>

  /** Removes containers and emptyDir volumes of the pod, in the background of the engine; returns when they are gone. Logs stay. */
  remove(pod: PodId, signal?: AbortSignal): Promise<void>

  /** Drops kept logs, sandboxes and everything else of a workflow. */
  forget(workflow: WorkflowUid, signal?: AbortSignal): Promise<void>

  /** Every pod of this instance that has containers, with its state. */
  list(signal?: AbortSignal): Promise<readonly PodState[]>

  /**
   * Reports the full state of a pod at each change, and of every pod after each (re)connect. Reports may be doubled or
   * come late; a pod whose containers vanished is reported `gone` once.
   */
  observe(listener: (state: PodState) => void, onHealth: (healthy: boolean, reason: string) => void): { close(): void }

  /** Creates the named volume where it is missing. */
  ensureVolume(volumeName: string, labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>
  removeVolume(volumeName: string, signal?: AbortSignal): Promise<void>

  /** A hint that pods of this workflow will come: sandboxes may be made ahead. */
  expect(workflow: WorkflowUid, pods: number): void

  close(): Promise<void>
}

export type { PodIdentity, PodRequest, PodState }
