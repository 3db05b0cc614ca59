/** The port to durable state. One `commit` is one transaction: whole or not at all, durable when it resolves. */
import type { NodeStatus, NodeId, WorkflowUid, Instant } from '../resources/index.ts'

/** A workflow without its nodes. `body` is the whole object (metadata, spec, status less nodes) as JSON. */
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
}

export type NodeRow = { readonly id: NodeId; readonly node: NodeStatus; /** Beside Argo's fields; JSON. */ readonly internal?: unknown }

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
  | { readonly kind: 'deleteNodes'; readonly uid: WorkflowUid; readonly ids: readonly NodeId[] }
  | { readonly kind: 'deleteWorkflow'; readonly uid: WorkflowUid }
  | { readonly kind: 'putObject'; readonly row: Omit<ObjectRow, 'resourceVersion'> }
  | { readonly kind: 'deleteObject'; readonly objectKind: string; readonly namespace: string; readonly name: string }
  /** Free records of the controller and the sources (what a file came to, cron ticks, volumes, locks, sync limits): `value: null` deletes. */
  | { readonly kind: 'putRecord'; readonly collection: string; readonly key: string; readonly value: unknown }

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
  readonly createdAfter?: Instant
  readonly finishedBefore?: Instant
  readonly limit?: number
  readonly offset?: number
}

/**
 * Every method rejects with `WorldError` (STORE_BUSY, STORE_DOWN: retryable; STORE_FULL, STORE_NEWER_SCHEMA: not).
 * Contract: store.contract.ts.
 */
export interface Store {
  /** Applies all changes or none and resolves with the store's version after them; each changed object gets a version of its own, growing by one. Durable when it resolves (fsync), also against `kill -9`. */
  commit(changes: readonly Change[]): Promise<{ readonly resourceVersion: number; readonly versions: ReadonlyMap<string, number> }>
  currentVersion(): Promise<number>

  workflow(namespace: string, name: string): Promise<WorkflowRow | null>
  workflowByUid(uid: WorkflowUid): Promise<WorkflowRow | null>
  /** Newest first: unfinished before finished, as rest-api.md §4 orders pages. */
  workflows(query: WorkflowQuery): Promise<readonly WorkflowRow[]>
  countWorkflows(query: WorkflowQuery): Promise<number>
  nodes(uid: WorkflowUid): Promise<readonly NodeRow[]>
  /** Pages through nodes in the order of their ids; for workflows too big for one answer. */
  nodePage(uid: WorkflowUid, after: NodeId | null, limit: number): Promise<readonly NodeRow[]>

  objects(kind: string, namespace?: string): Promise<readonly ObjectRow[]>
  object(kind: string, namespace: string, name: string): Promise<ObjectRow | null>

  records(collection: string): Promise<ReadonlyMap<string, unknown>>
  record(collection: string, key: string): Promise<unknown>

  close(): Promise<void>
}
/** Keys of `versions`: `<kind>/<namespace>/<name>`. */
export const objectKey = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`
