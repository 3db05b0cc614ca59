/** What the engine asks of the outside. Every effect is idempotent: after a crash it may be asked for again. */
import type {
  Affinity,
  Artifact,
  Container,
  ExecutorPlugin,
  HTTP,
  NodeId,
  Outputs,
  PersistentVolumeClaim,
  PodId,
  PodIdentity,
  Plugin,
  ResourceTemplate,
  Template,
  UserContainer,
  Volume,
} from '../resources/index.ts'

/** The pod as Kubernetes would get it, tags replaced and podSpecPatch applied; env still refers to ConfigMaps and Secrets. */
export type KubernetesPodSpec = {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly UserContainer[]
  readonly volumes?: readonly Volume[]
  readonly hostAliases?: readonly { readonly ip?: string; readonly hostnames?: readonly string[] }[]
  readonly dnsPolicy?: string
  readonly dnsConfig?: {
    readonly nameservers?: readonly string[]
    readonly searches?: readonly string[]
    readonly options?: readonly { readonly name?: string; readonly value?: string }[]
  }
  readonly hostNetwork?: boolean
  readonly hostname?: string
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: Affinity
  readonly terminationGracePeriodSeconds?: number
  readonly activeDeadlineSeconds?: number
  readonly [other: string]: unknown
}

/** Everything that is needed to run one node attempt and to collect what it leaves. */
export type PodPlan = {
  readonly identity: PodIdentity
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: KubernetesPodSpec
  /** Names of the containers whose end is the step's end: `main`, or the members of a containerSet. */
  readonly mains: readonly string[]
  /** Names of sidecars. All other containers of `spec.containers` are mains. */
  readonly sidecars: readonly string[]
  /** Of a containerSet: who waits for whom, and how often each command is tried. */
  readonly containerSet?: {
    readonly dependencies: Readonly<Record<string, readonly string[]>>
    readonly retry?: { readonly tries: number; readonly pauseMs: number }
  }
  /** Written into every main before the start: a script's source. Paths are absolute. */
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode: number }[]
  /** Locations resolved; put into `main` (or the volume mounted there) before the start. */
  readonly inputArtifacts: readonly Artifact[]
  /** Locations with keys; read from `main` after its end. */
  readonly outputArtifacts: readonly Artifact[]
  readonly outputParameters: readonly { readonly name: string; readonly path: string; readonly default?: string }[]
  /** Whether stdout of `main` becomes outputs.result. */
  readonly captureResult: boolean
  /** Where each main's log is kept as an artifact `<container>-logs`, if at all. */
  readonly logArtifacts: readonly { readonly container: string; readonly artifact: Artifact }[]
  /** Most milliseconds main may run; `null` = no limit. */
  readonly activeDeadlineMs: number | null
  readonly daemon: boolean
  readonly terminationGraceMs: number
  /** Claims of volumeClaimTemplates and PVC volumes: claim name → Docker volume name is the controller's. */
  readonly mirrors: readonly string[]
}

export type HttpRequest = {
  readonly node: NodeId
  readonly http: HTTP
}

export type Effect =
  /** Prepare, stage, start, follow, collect; reported by `podChanged` and `podFinished`. */
  | { readonly kind: 'runPod'; readonly plan: PodPlan }
  /** The same pod is likely to be asked for soon: create its containers ahead, start nothing. */
  | { readonly kind: 'preparePod'; readonly plan: PodPlan }
  | { readonly kind: 'stopPod'; readonly pod: PodId; readonly graceMs: number }
  /** Remove the containers, after a delay; the log stays. */
  | { readonly kind: 'removePod'; readonly pod: PodId; readonly delayMs: number }
  | { readonly kind: 'createClaim'; readonly claimName: string; readonly claim: PersistentVolumeClaim }
  | { readonly kind: 'deleteClaim'; readonly claimName: string }
  | { readonly kind: 'http'; readonly node: NodeId; readonly template: Template; readonly http: HTTP }
  | {
      readonly kind: 'plugin'
      readonly node: NodeId
      readonly template: Template
      readonly plugin: Plugin
      /** The workflow's own, instead of those that the operator installed. */
      readonly executorPlugins?: readonly ExecutorPlugin[]
      readonly imagePullSecrets?: readonly { readonly name?: string }[]
    }
  | {
      readonly kind: 'resource'
      readonly node: NodeId
      readonly template: Template
      readonly resource: ResourceTemplate
      readonly manifest: string | null
      readonly deadlineMs: number | null
    }
  /** List the keys below the source's location; the engine transforms them. */
  | { readonly kind: 'listArtifacts'; readonly node: NodeId; readonly source: Artifact }
  | {
      readonly kind: 'deleteArtifacts'
      readonly artifacts: readonly { readonly node: NodeId; readonly artifact: Artifact }[]
    }
  /** What a task printed in the place of its pod's `main`: kept with the node. */
  | {
      readonly kind: 'keepLog'
      readonly node: NodeId
      readonly pod: PodId
      readonly podName: string
      readonly lines: readonly string[]
    }
  /** Stop an http, plugin, resource or listArtifacts effect that is under way. */
  | { readonly kind: 'cancel'; readonly node: NodeId }

/** What a task that needs no container came to. */
export type TaskResult = {
  readonly phase: 'Succeeded' | 'Failed' | 'Error' | 'Running' | 'Pending'
  readonly message?: string
  readonly outputs?: Outputs
  readonly progress?: string
  /** For listArtifacts: the keys found. */
  readonly keys?: readonly string[]
  /** What Argo's executor would have printed. */
  readonly log?: readonly string[]
}
