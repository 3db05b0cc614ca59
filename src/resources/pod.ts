/** What a runtime is asked to run, and what it reports: a pod is the set of containers of one node attempt. */
import type { Instant, NodeId, PodId, WorkflowUid } from './ids.ts'

export type PodIdentity = {
  readonly id: PodId
  /** As Argo's clients compute it (`<workflow>-<template>-<hash>`). */
  readonly name: string
  readonly namespace: string
  readonly workflowName: string
  readonly workflowUid: WorkflowUid
  readonly nodeId: NodeId
  readonly nodeName: string
}

export type ContainerRole = 'init' | 'main' | 'sidecar'

/** A container with everything resolved: no tags, no references to ConfigMaps or Secrets left. */
export type ContainerRequest = {
  /** `main`, or the user's own name for init containers, sidecars and members of a containerSet (whose role is `main`). */
  readonly name: string
  readonly role: ContainerRole
  readonly image: string
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  /** Absent: the image's entrypoint. */
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly value: string
    /** From a Secret: never logged. */ readonly secret?: boolean
  }[]
  readonly workingDir?: string
  readonly mounts: readonly MountRequest[]
  readonly resources: ResourceAmounts
  readonly security: SecurityRequest
  readonly tty?: boolean
  readonly stdin?: boolean
  readonly ports?: readonly { readonly containerPort: number; readonly hostPort?: number; readonly protocol?: string }[]
  readonly readinessProbe?: ProbeRequest
  readonly livenessProbe?: ProbeRequest
  readonly startupProbe?: ProbeRequest
  readonly lifecycle?: { readonly postStart?: ProbeAction; readonly preStop?: ProbeAction }
  /** Members of a containerSet that must have ended with 0 first. */
  readonly dependencies?: readonly string[]
  /** Of a containerSet: the command is run again in the same container, `tries` times in all. */
  readonly retry?: { readonly tries: number; readonly pauseMs: number }
  /** Directories that must exist before the start (a workingDir missing in the image, parents of output paths are NOT among them). */
  readonly stopSignal?: string
}

export type ResourceAmounts = {
  readonly cpuRequest?: number
  readonly cpuLimit?: number
  readonly memoryRequestBytes?: number
  readonly memoryLimitBytes?: number
  readonly gpus?: number
  /** Which of the machine's; absent: any. */
  readonly gpuIds?: readonly string[]
  readonly shmBytes?: number
}

export type SecurityRequest = {
  readonly user?: string
  readonly group?: string
  readonly supplementalGroups?: readonly number[]
  readonly privileged?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly capabilitiesAdd?: readonly string[]
  readonly capabilitiesDrop?: readonly string[]
  readonly noNewPrivileges?: boolean
  readonly runAsNonRoot?: boolean
  readonly sysctls?: Readonly<Record<string, string>>
  readonly fsGroup?: number
}

export type MountRequest = {
  readonly volume: string
  readonly mountPath: string
  readonly subPath?: string
  readonly readOnly?: boolean
}

export type VolumeRequest =
  | { readonly kind: 'empty'; readonly name: string; readonly medium?: 'Memory'; readonly sizeBytes?: number }
  | ClaimVolumeRequest
  | { readonly kind: 'hostPath'; readonly name: string; readonly path: string; readonly type?: string }
  /** Files with given content: ConfigMap, Secret, projected and downward-API volumes. */
  | { readonly kind: 'files'; readonly name: string; readonly secret: boolean; readonly files: readonly FileRequest[] }

/** A Docker volume that outlives the pod. */
export type ClaimVolumeRequest = {
  readonly kind: 'claim'
  readonly name: string
  readonly volumeName: string
  readonly readOnly?: boolean
  /** With which the engine makes it where it does not stand (any more): they tell whose it is. */
  readonly labels?: Readonly<Record<string, string>>
}

export type FileRequest = { readonly path: string; readonly content: Uint8Array; readonly mode: number }

export type ProbeAction =
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  | {
      readonly kind: 'http'
      readonly path: string
      readonly port: number
      readonly scheme: 'HTTP' | 'HTTPS'
      readonly host?: string
      readonly headers?: readonly { readonly name: string; readonly value: string }[]
    }
  | { readonly kind: 'tcp'; readonly port: number; readonly host?: string }

export type ProbeRequest = {
  readonly action: ProbeAction
  readonly initialDelayMs: number
  readonly periodMs: number
  readonly timeoutMs: number
  readonly successThreshold: number
  readonly failureThreshold: number
}

export type PodRequest = {
  readonly identity: PodIdentity
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** In the order of the manifest; roles say what starts when: init one by one, then mains and sidecars together. */
  readonly containers: readonly ContainerRequest[]
  readonly volumes: readonly VolumeRequest[]
  readonly network: NetworkRequest
  readonly terminationGraceMs: number
  /** Most milliseconds from the start of main; then it is stopped and reported with `deadlineExceeded`. */
  readonly activeDeadlineMs: number | null
  /** Registry credentials: `{"auths": {…}}` texts of the pod's imagePullSecrets. */
  readonly registryCredentials: readonly string[]
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly restartOnFailure?: boolean
  /** Which of several engines runs it; absent: the one that has it, else the first. */
  readonly endpoint?: string
}

export type NetworkRequest = {
  readonly mode: 'sandbox' | 'host' | 'none'
  readonly hostname?: string
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[]
  readonly dns?: {
    readonly nameservers?: readonly string[]
    readonly searches?: readonly string[]
    readonly options?: readonly string[]
  }
}

/** What is known of a container now. Times are ours, not the engine's clock. */
export type ContainerState = {
  readonly name: string
  readonly role: ContainerRole
  readonly state: 'created' | 'waiting' | 'running' | 'exited'
  /** For `waiting`: `ImagePullBackOff`, …; for `exited`: `Completed`, `Error`, `OOMKilled`, `ContainerCannotRun`, `DeadlineExceeded`. */
  readonly reason?: string
  readonly message?: string
  readonly exitCode?: number
  readonly ready?: boolean
  readonly startedAt?: Instant
  readonly finishedAt?: Instant
}

/** What is known of a pod now: a full picture each time, so that a lost or doubled report does no harm. */
export type PodState = {
  readonly identity: PodIdentity
  /**
   * `created`: containers are there, nothing started. `running`: some container (init ones too) started.
   * `ended`: every main has ended (sidecars have been stopped). `gone`: its containers vanished.
   */
  readonly phase: 'created' | 'running' | 'ended' | 'gone'
  readonly containers: readonly ContainerState[]
  /** All mains are running and pass their readiness probes. */
  readonly ready: boolean
  readonly ip?: string
  readonly hostNodeName?: string
  /** Which of several engines has it. */
  readonly endpoint?: string
  readonly deadlineExceeded?: boolean
  /** `stop` was called for it. */
  readonly stopped?: boolean
}
