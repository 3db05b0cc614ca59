/** The port to durable state. One `commit` is one transaction: whole or not at all, durable when it resolves. */
import type { NodeStatus, NodeId, WorkflowUid, Instant } from '../resources/index.ts'
import type { ArchiveChange, StoreArchive } from './archive.ts'
import type { IdPiece, LongLists } from './long-lists.ts'

/**
 * A workflow without its nodes. `body` is the whole object (metadata, spec, status less nodes) as JSON.
 * The adapters know `spec.templates`, `status.storedTemplates` and `status.storedWorkflowTemplateSpec` again by
 * reference and write them only when they are another object: they must not be changed in place once committed.
 */
export type WorkflowRow = {
  readonly uid: WorkflowUid
  readonly namespace: string
  readonly name: string
  readonly phase: string
  /** Finished runs are not loaded at start-up. */
  readonly finished: boolean
  readonly createdAt: Instant
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  readonly labels: Readonly<Record<string, string>>
  readonly body: unknown
  /** What the engine must remember beside Argo's fields (generation, per-node facts); JSON. */
  readonly internal: unknown
  readonly resourceVersion: number
  /** Name of the controller whose it is, where several share the store (fleet.ts). A commit that makes a workflow may name another; absent: the one who commits. */
  readonly owner?: string
}

export type NodeRow = {
  readonly id: NodeId
  readonly node: NodeStatus
  /** Beside Argo's fields; JSON. */ readonly internal?: unknown
  /** Its lists that are stored in pieces (`putIds`). Where this is written, what `node` has of them is not. */
  readonly long?: LongLists
}

/** Pieces count as rows. Lists in pieces are empty in `rows`: `joinLists`, with the pieces of all pages. */
export type NodePage = {
  readonly rows: readonly NodeRow[]
  readonly pieces: readonly IdPiece[]
  readonly next: string | null
}

/** Objects other than workflows: templates, cron workflows, bindings, ConfigMaps, Secrets, claims. */
export type ObjectRow = {
  readonly kind: string
  /** Empty for cluster-wide kinds. */
  readonly namespace: string
  readonly name: string
  readonly body: unknown
  readonly resourceVersion: number
}

export type Change =
  | { readonly kind: 'putWorkflow'; readonly row: Omit<WorkflowRow, 'resourceVersion'> }
  | { readonly kind: 'putNodes'; readonly uid: WorkflowUid; readonly nodes: readonly NodeRow[] }
  /** Pieces of long lists: they count once a row says so (`long`), which may be in a later commit. */
  | { readonly kind: 'putIds'; readonly uid: WorkflowUid; readonly pieces: readonly IdPiece[] }
  | { readonly kind: 'deleteNodes'; readonly uid: WorkflowUid; readonly ids: readonly NodeId[] }
  | { readonly kind: 'deleteWorkflow'; readonly uid: WorkflowUid }
  /** `expected`: the version that it must still have (0: it must not be there), else the commit is refused with STORE_CONFLICT. */
  | { readonly kind: 'putObject'; readonly row: Omit<ObjectRow, 'resourceVersion'>; readonly expected?: number }
  | {
      readonly kind: 'deleteObject'
      readonly objectKind: string
      readonly namespace: string
      readonly name: string
      readonly expected?: number
    }
  /** Free records of the controller and the sources (what a file came to, cron ticks, volumes, locks, sync limits): `value: null` deletes. */
  | { readonly kind: 'putRecord'; readonly collection: string; readonly key: string; readonly value: unknown }
  | ArchiveChange

/** A change to an object, in the order of resource versions; the feed that watches are made of. */
export type StoreEvent = {
  readonly resourceVersion: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: WorkflowUid
}

export type WorkflowQuery = {
  readonly namespace?: string
  readonly finished?: boolean
  readonly phases?: readonly string[]
  /** Exact label values that must all match; finer selectors are applied by the caller. */
  readonly labels?: Readonly<Record<string, string>>
  readonly namePrefix?: string
  readonly nameContains?: string
  /** Created then or later. */
  readonly createdAfter?: Instant
  /** Finished then or earlier; what has not finished passes, as in Argo. */
  readonly finishedBefore?: Instant
  readonly limit?: number
  readonly offset?: number
  /** Those of one controller. */
  readonly owner?: string
}

/**
 * What a method rejects with is a `WorldError` with one of these codes. Retryable: STORE_BUSY (somebody else holds
 * the database, or too much waits), STORE_DOWN (input/output error, server gone, outcome of a commit unknown),
 * FLEET_UNANSWERED.
 */
export type StoreErrorCode =
  | 'STORE_BUSY'
  | 'STORE_DOWN'
  /** No space left, or the size limit is reached. */
  | 'STORE_FULL'
  | 'STORE_NEWER_SCHEMA'
  /** Migrations are due and may not be applied without being asked for. */
  | 'STORE_OLD_SCHEMA'
  /** A migration that was applied reads otherwise than ours, or the file is not Drydock's. */
  | 'STORE_FOREIGN_SCHEMA'
  /** Another daemon works on this data directory or database. */
  | 'STORE_LOCKED'
  | 'STORE_CORRUPT'
  | 'STORE_READONLY'
  /** The commit contradicts what is stored: a name taken by another UID, nodes of a workflow that is not there, an object that has changed. */
  | 'STORE_CONFLICT'
  /** A workflow of the commit belongs to another controller. */
  | 'STORE_NOT_OWNER'
  /** The owner of a workflow did not answer in time. */
  | 'FLEET_UNANSWERED'

/** `versions`: what each object that changed (or was deleted) became, by `objectKey`; workflows have kind `Workflow`. */
export type Committed = { readonly resourceVersion: number; readonly versions: ReadonlyMap<string, number> }

/** `reason`: why nothing can be written now, for people. While it is down commits wait, reads fail after a while. */
export type StoreHealth = { readonly isUp: true } | { readonly isUp: false; readonly reason: string }

/** Contract: store.contract.ts. */
export interface Store {
  /**
   * Applies all changes in their order, or none, and resolves with the store's version after them. Each object that
   * changed gets one version of its own, growing by one; a workflow with its nodes is one object, records are none.
   * Durable when it resolves (fsync): against `kill -9` and against power loss. The arguments are read before it
   * returns. Concurrent commits share a transaction; each has its own outcome. Deleting what is not there is fine.
   */
  commit(changes: readonly Change[]): Promise<Committed>
  /**
   * Before anything is begun outside that others would begin as well: resolves when the right to write was certainly ours a
   * moment ago, however long this process stood still. Absent where nobody can take it.
   * @throws WorldError STORE_LOCKED where it is another's
   */
  confirm?(): Promise<void>
  currentVersion(): Promise<number>

  workflow(namespace: string, name: string): Promise<WorkflowRow | null>
  workflowByUid(uid: WorkflowUid): Promise<WorkflowRow | null>
  /**
   * Pages are cut from `startedAt` descending, not started first; inside a page unfinished ones come first by
   * creation descending, then finished ones by `finishedAt` descending (rest-api.md §4).
   */
  workflows(query: WorkflowQuery): Promise<readonly WorkflowRow[]>
  countWorkflows(query: WorkflowQuery): Promise<number>
  /** How many workflows each phase has; `limit` and `offset` do not count. */
  countByPhase(query: WorkflowQuery): Promise<ReadonlyMap<string, number>>
  /** In the order in which they were first put. */
  nodes(uid: WorkflowUid): Promise<readonly NodeRow[]>
  /** Pages through nodes, first put first; for workflows too big for one answer. `cursor`: `next` of the page before. */
  nodePage(uid: WorkflowUid, cursor: string | null, limit: number): Promise<NodePage>

  /** By namespace and name. */
  objects(kind: string, namespace?: string): Promise<readonly ObjectRow[]>
  object(kind: string, namespace: string, name: string): Promise<ObjectRow | null>

  records(collection: string): Promise<ReadonlyMap<string, unknown>>
  /** `null` where there is none. */
  record(collection: string, key: string): Promise<unknown>

  /** Finished workflows that have left the hot tables, and the way there. */
  readonly archive: StoreArchive

  health(): StoreHealth

  close(): Promise<void>
}
/** Keys of `versions`: `<kind>/<namespace>/<name>`. */
export const objectKey = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`
