/** What server, sources and CLI may ask of the controller. */
import type {
  Artifact,
  ClusterWorkflowTemplate,
  ConfigMap,
  CronWorkflow,
  Instant,
  PersistentVolumeClaim,
  Secret,
  Workflow,
  WorkflowEventBinding,
  WorkflowTemplate,
  WorkflowUid,
} from '../resources/index.ts'
import type { Operation } from '../engine/decision.ts'
import type { Preview } from '../engine/index.ts'
import type { Problem } from '../admission/index.ts'

export type StoredObject =
  | WorkflowTemplate
  | ClusterWorkflowTemplate
  | CronWorkflow
  | WorkflowEventBinding
  | ConfigMap
  | Secret
  | PersistentVolumeClaim
export type ObjectKind =
  | 'WorkflowTemplate'
  | 'ClusterWorkflowTemplate'
  | 'CronWorkflow'
  | 'WorkflowEventBinding'
  | 'ConfigMap'
  | 'Secret'
  | 'PersistentVolumeClaim'

/** Errors over the API carry one of these; the server maps them to gRPC and HTTP status (rest-api.md §1). */
export type ApiErrorCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'FAILED_PRECONDITION'
  | 'PERMISSION_DENIED'
  | 'UNIMPLEMENTED'
  | 'OUT_OF_RANGE'
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly problems: readonly Problem[]
  constructor(code: ApiErrorCode, message: string, problems: readonly Problem[] = []) {
    super(message)
    this.code = code
    this.problems = problems
  }
}

export type DeleteOptions = {
  readonly force?: boolean
  readonly background?: boolean
  /** Only the workflow with this UID, and only where it has finished. */
  readonly finishedUid?: string
}

export type CreateOptions = {
  /** Validate and answer, store nothing. `client`: unchanged; `server`: as it would be stored. */
  readonly dryRun?: 'client' | 'server'
  /** Name to be used instead of a random suffix (sources: one run per content). */
  readonly name?: string
  /** Annotations and labels of the source that made it. */
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[]
  readonly along?: AlongStep
}

/** An object that the same commit makes a step; FAILED_PRECONDITION where it no longer has this version, and nothing is stored. */
export type AlongStep = {
  readonly kind: ObjectKind
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: number
  /** @param made the workflow, which has no version yet */
  readonly step: (current: StoredObject, made: Workflow) => StoredObject
}

export type ListQuery = {
  readonly namespace?: string
  /** Kubernetes label selector text. */
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly nameFilter?: 'Exact' | 'Contains' | 'Prefix' | 'NotEquals'
  readonly createdAfter?: Instant
  readonly finishedBefore?: Instant
  readonly limit?: number
  readonly continue?: string
  /** `merged`: archived workflows come after the others; `only`: what the archive has and keeps. Absent: none of them. */
  readonly archive?: 'merged' | 'only'
  /** Without it items carry no nodes (they may be many). */
  readonly nodes?: boolean
}
export type WorkflowPage = {
  readonly items: readonly Workflow[]
  readonly continue?: string
  readonly remaining?: number
  readonly resourceVersion: string
}

export type SubmitOptions = {
  readonly name?: string
  readonly generateName?: string
  readonly entryPoint?: string
  readonly parameters?: readonly string[]
  readonly artifacts?: readonly string[]
  readonly serviceAccount?: string
  readonly labels?: string
  readonly annotations?: string
  readonly dryRun?: boolean
  readonly serverDryRun?: boolean
  readonly ownerReference?: Readonly<Record<string, unknown>>
  readonly podPriorityClassName?: string
  readonly priority?: number
}

export type ResubmitRequest = { readonly memoized?: boolean; readonly parameters?: readonly string[] }

export type WatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly kind: 'Workflow' | ObjectKind
  /** After the change (before it for DELETED). For workflows a lazy snapshot: nodes are copied only when read. */
  readonly object: () => Workflow | StoredObject
  /** Resolves when what `object` shows is stored, which a later decision may not be yet; `null` or absent: it is. */
  readonly whenStored?: () => Promise<void> | null
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly resourceVersion: number
}

export type LogQuery = {
  readonly podName?: string
  readonly container?: string
  readonly follow?: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  readonly sinceTime?: Instant
  readonly timestamps?: boolean
  readonly grep?: string
  readonly selector?: string
}

export type FeedEvent = {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly at: Instant
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly involved: { readonly kind: string; readonly name: string; readonly uid?: string }
  readonly annotations?: Readonly<Record<string, string>>
}

/** One decision: what was observed and asked for, what changed by it, and what was begun. */
export type HistoryEntry = {
  /** Counts from 0. */
  readonly sequence: number
  /** RFC 3339. */
  readonly at: string
  readonly requested?: readonly string[]
  readonly observed: readonly {
    readonly kind: string
    readonly node?: string
    readonly name?: string
    readonly detail?: string
  }[]
  readonly workflow?: { readonly phase: string; readonly message?: string }
  /** `node`: its id. */
  readonly nodes: readonly NodeChange[]
  /** Nodes that changed beyond those. */
  readonly moreNodes?: number
  readonly deleted?: { readonly nodes: readonly string[]; readonly count: number }
  /** `targets`: some of those that it was begun for. */
  readonly effects: readonly { readonly kind: string; readonly targets: readonly string[]; readonly count: number }[]
  readonly notes?: readonly { readonly node: string; readonly name: string; readonly text: string }[]
}
export type NodeChange = {
  readonly node: string
  readonly name: string
  readonly phase: string
  readonly message?: string
}
export type WorkflowHistory = {
  readonly workflow: string
  readonly namespace: string
  readonly uid: string
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[]
  /** Entries that are no longer kept. */
  readonly missing: number
}

export type Wait = {
  readonly kind:
    | 'backoff'
    | 'capacity'
    | 'configuration'
    | 'container'
    | 'dependencies'
    | 'engine'
    | 'failFast'
    | 'image'
    | 'lock'
    | 'parallelism'
    | 'person'
    | 'rate'
    | 'store'
    | 'suspended'
    | 'time'
  /** Display name of who waits; absent: the workflow. */
  readonly node?: string
  /** Name of the lock. */
  readonly on?: string
  /** RFC 3339. */
  readonly until?: string
  readonly text: string
}
export type Explanation = {
  readonly workflow: string
  readonly namespace: string
  readonly uid: string
  readonly phase: string
  readonly node?: {
    readonly id: string
    readonly name: string
    readonly displayName: string
    readonly type: string
    readonly phase: string
    readonly message?: string
  }
  readonly sentences: readonly string[]
  /** What is waited for now, for programs. */
  readonly waits: readonly Wait[]
  /** The last lines of what failed. */
  readonly log: readonly string[]
  /** The newest entries of the history that tell of it. */
  readonly history: readonly HistoryEntry[]
}

/** `uid`, or (where it is empty) the newest of the name. */
export type ArchivedIdentity = { readonly uid: string; readonly namespace: string; readonly name: string }

/** Finished workflows that the archive keeps, wherever they lie. Each method @throws ApiError NOT_FOUND */
export interface WorkflowArchive {
  workflow(identity: ArchivedIdentity): Promise<Workflow>
  delete(identity: ArchivedIdentity): Promise<void>
  /** ALREADY_EXISTS in Argo's words where another has the name by now. */
  operate(identity: ArchivedIdentity, operation: Operation): Promise<Workflow>
  resubmit(identity: ArchivedIdentity, options: ResubmitRequest): Promise<Workflow>
  preview(identity: ArchivedIdentity, operation: Operation): Promise<Preview>
  previewResubmit(identity: ArchivedIdentity, options: ResubmitRequest): Promise<Preview>
  labelKeys(): Promise<readonly string[]>
  labelValues(key: string): Promise<readonly string[]>
}

/** One content that a template has had. */
export type TemplateRevision = {
  readonly revision: number
  /** The first digits of its SHA-256. */
  readonly hash: string
  /** RFC 3339. */
  readonly createdAt: string
  /** The template has it now. */
  readonly current: boolean
  /** Workflows, finished ones that are not archived among them. */
  readonly usedBy: number
}

export interface Controller {
  /** Defaults, validation (policy included), name and uid, one commit; the answer is the stored object. */
  createWorkflow(namespace: string, workflow: Workflow, options?: CreateOptions): Promise<Workflow>
  submitFrom(namespace: string, resourceKind: string, resourceName: string, options: SubmitOptions): Promise<Workflow>
  /** `@latest` is understood. Null where there is none. `archived`: also one that was deleted and that the archive keeps. */
  workflow(
    namespace: string,
    name: string,
    options?: { readonly uid?: string; readonly nodes?: boolean; readonly archived?: boolean },
  ): Promise<Workflow | null>
  workflowByUid(uid: WorkflowUid): Promise<Workflow | null>
  /** `@latest` is understood. @throws ApiError NOT_FOUND */
  history(namespace: string, name: string): Promise<WorkflowHistory>
  /** Why the workflow, or a node of it (id, name or display name), stands where it stands. @throws ApiError NOT_FOUND */
  explain(namespace: string, name: string, node?: string): Promise<Explanation>
  listWorkflows(query: ListQuery): Promise<WorkflowPage>
  /**
   * Stops what runs, removes containers, volumes, logs and the record. `background`: where artifactGC asks for artifacts
   * to be deleted, a finished workflow is only marked and goes when they have gone.
   */
  deleteWorkflow(namespace: string, name: string, options?: DeleteOptions): Promise<void>
  operate(namespace: string, name: string, operation: Operation): Promise<Workflow>
  resubmit(namespace: string, name: string, options: ResubmitRequest): Promise<Workflow>
  /** What the operation would do; refused as it would be. `@latest` is understood. */
  preview(namespace: string, name: string, operation: Operation): Promise<Preview>
  previewResubmit(namespace: string, name: string, options: ResubmitRequest): Promise<Preview>
  /**
   * Brings a workflow to what `change` makes of it: suspend, shutdown, parallelism, priority, activeDeadlineSeconds,
   * labels and annotations may change, after its end only the last two; anything else is refused.
   */
  editWorkflow(namespace: string, name: string, change: (current: Workflow) => Workflow): Promise<Workflow>
  lintWorkflow(namespace: string, workflow: Workflow): Promise<readonly Problem[]>

  createObject(
    kind: ObjectKind,
    namespace: string,
    object: StoredObject,
    options?: { readonly dryRun?: boolean },
  ): Promise<StoredObject>
  /** `resourceVersion` in the metadata must be current where it is given (409). `upsert`: sources do not care. */
  updateObject(
    kind: ObjectKind,
    namespace: string,
    name: string,
    object: StoredObject,
    options?: { readonly upsert?: boolean },
  ): Promise<StoredObject>
  deleteObject(kind: ObjectKind, namespace: string, name: string): Promise<void>
  object(kind: ObjectKind, namespace: string, name: string): StoredObject | null
  /** By name (CronWorkflows by namespace and name); every namespace where it is empty. */
  objects(kind: ObjectKind, namespace: string): readonly StoredObject[]
  lintObject(kind: ObjectKind, namespace: string, object: StoredObject): Promise<readonly Problem[]>
  /** The revisions of a template that are kept, the newest first; also of one that was deleted. */
  templateRevisions(kind: ObjectKind, namespace: string, name: string): Promise<readonly TemplateRevision[]>
  /** The template as it was. Null where that is not kept. */
  templateRevision(kind: ObjectKind, namespace: string, name: string, revision: number): Promise<StoredObject | null>
  /** Merge-patches spec.suspend of a CronWorkflow. */
  suspendCron(namespace: string, name: string, suspend: boolean): Promise<CronWorkflow>

  /** Every change after `since` (or only new ones), in order; `expired` where the change feed no longer reaches back that far. */
  watch(
    since: number | null,
    listener: (event: WatchEvent) => void,
    /** What it reads of workflows, all of them where nothing is said; of another controller's no more is fetched. */
    interest?: 'none' | 'heads' | 'whole',
  ): { readonly expired: boolean; close(): void }
  resourceVersion(): number
  events(namespace: string): readonly FeedEvent[]
  watchEvents(listener: (event: FeedEvent) => void): { close(): void }

  logs(
    namespace: string,
    name: string,
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly podName: string; readonly content: string }>
  /** Stored bytes of an input or output artifact of a node. */
  artifact(workflow: Workflow, nodeId: string, direction: 'inputs' | 'outputs', name: string): Promise<ArtifactHandle>
  /** Stores a file under the key in the default artifact repository, for `SubmitOptions.artifacts`. */
  saveUpload(namespace: string, key: string, content: AsyncIterable<Uint8Array>): Promise<void>

  /** Receives an event for the WorkflowEventBindings of the namespace. */
  dispatchEvent(
    namespace: string,
    discriminator: string,
    payload: unknown,
    metadata: Readonly<Record<string, readonly string[]>>,
  ): Promise<void>

  readonly archive: WorkflowArchive

  syncLimit: {
    create(namespace: string, limit: SyncLimit): Promise<SyncLimit>
    get(namespace: string, key: string, type: SyncLimit['type'], cmName?: string): Promise<SyncLimit>
    update(namespace: string, limit: SyncLimit): Promise<SyncLimit>
    delete(namespace: string, key: string, type: SyncLimit['type'], cmName?: string): Promise<void>
  }

  /** Ready for work, or why not. */
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] }
}

export type SyncLimit = {
  readonly type: 'CONFIGMAP' | 'DATABASE'
  readonly cmName?: string
  readonly key: string
  readonly limit: number
}

export type ArtifactHandle = {
  readonly artifact: Artifact
  /** The key's last part. */
  readonly fileName: string
  readonly isDirectory: boolean
  list(): Promise<readonly { readonly key: string; readonly sizeBytes?: number }[]>
  open(key?: string): Promise<AsyncIterable<Uint8Array> | null>
}
