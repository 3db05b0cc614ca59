/** What the engine may look at beside the run itself: read-only, in memory, the same for a whole `advance`. */
import type {
  Artifact,
  ClusterWorkflowTemplate,
  ConfigMap,
  Outputs,
  Random,
  Workflow,
  WorkflowTemplate,
} from '../resources/index.ts'
import type { Locks } from './locks.ts'

export type EngineConfig = {
  /** Merged under every workflow. */
  readonly workflowDefaults?: Pick<Workflow, 'metadata' | 'spec'>
  /** The controller's default artifact repository as Argo's config has it (`{ s3: {…}, archiveLogs }`). */
  readonly artifactRepository: Readonly<Record<string, unknown>> & { readonly archiveLogs?: boolean }
  /** Container fields merged under main containers. */
  readonly mainContainer?: Readonly<Record<string, unknown>>
  readonly images?: Readonly<
    Record<string, { readonly entrypoint?: readonly string[]; readonly cmd?: readonly string[] }>
  >
  /** Where caches and the fallback artifact-repositories ConfigMap live. */
  readonly controllerNamespace: string
  readonly timezone: string
  readonly podNameFormat: 'v1' | 'v2'
  readonly podGCDeleteDelayMs: number
  /** Between the stop signal and the kill, where a pod does not say; absent: 30 s, as in Kubernetes. */
  readonly killGraceMs?: number | undefined
  readonly templateReferencing?: 'Strict' | 'Secure'
  readonly instanceId?: string
  /** A regular expression (RE2) of further transient error texts. */
  readonly transientErrorPattern?: string
  readonly hostNodeName: string
  /** Fields that have an effect here though they have none on one host: `nodeSelector`, `affinity`. */
  readonly heededFields?: readonly string[]
  /** Whether `spec.executorPlugins` is allowed. Off by default, as in Argo. */
  readonly workflowPlugins?: boolean
  /** New nodes of one decision, beyond which a loop goes on in the next one; absent: 2,000. */
  readonly newNodesMax?: number
  /** Names of the storages that `plugin` artifacts may name. */
  readonly artifactDrivers?: readonly string[]
}

export type MemoEntry = {
  readonly nodeID: string
  readonly outputs?: Outputs
  readonly creationTimestamp: string
  readonly lastHitTimestamp: string
}

/** Durations of an earlier run of the same origin, in seconds: of the workflow, and by node name without the workflow's name. */
export type Estimate = { readonly workflowSeconds: number; readonly nodeSeconds: ReadonlyMap<string, number> }

export interface World {
  readonly config: EngineConfig
  readonly locks: Locks
  readonly random: Random
  /** @param at milliseconds since 1970: as it was then; absent: as it is */
  workflowTemplate(namespace: string, name: string, at?: number): WorkflowTemplate | null
  clusterWorkflowTemplate(name: string, at?: number): ClusterWorkflowTemplate | null
  configMap(namespace: string, name: string): ConfigMap | null
  /** An entry of a memo cache; `refused` where a ConfigMap of that name is no cache. */
  memo(cacheName: string, key: string): MemoEntry | null | 'refused'
  estimate(workflow: Workflow): Estimate | null
  /** Admission's verdict on a spec at its first processing: the first problem in Argo's words, or null. */
  validate(workflow: Workflow): string | null
}

export type { Artifact }
