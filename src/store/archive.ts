/**
 * The port to archived workflows: finished ones that have left the tables of live work. One row each, searchable, and
 * packed parts: the first is the document (the workflow less its nodes), the others are its nodes. What the parts look
 * like is the controller's affair. Everything is written by `Store.commit`. Contract: archive.contract.ts.
 */
import type { Instant, WorkflowUid } from '../resources/index.ts'

export type ArchiveChange =
  /** Parts of a workflow that is to be archived; nobody sees them before it is. Again under the same number: replaced. */
  | {
      readonly kind: 'stageParts'
      readonly uid: WorkflowUid
      readonly first: number
      readonly parts: readonly Uint8Array[]
    }
  /**
   * The finished workflow leaves the hot tables for the archive, with the parts that were staged. STORE_CONFLICT where
   * it is not there, has not finished, has another version by now, or lacks parts. A workflow with many nodes leaves
   * its node rows behind, where nobody finds them, as one that is deleted does: `sweepNodes` takes them away.
   */
  | {
      readonly kind: 'archiveWorkflow'
      readonly uid: WorkflowUid
      readonly resourceVersion: number
      readonly archivedAt: Instant
      readonly parts: number
      readonly nodes: number
      /** Bytes of all parts. */
      readonly bytes: number
      /** JSON text: what lists show. */
      readonly summary: string
      /** For users the workflow is deleted by this, and only the archive has it; gets a version, as any deletion. */
      readonly deleted: boolean
    }
  /** One that was only moved is deleted for users now; gets a version. Where it is not there, nothing happens. */
  | { readonly kind: 'markArchived'; readonly uid: WorkflowUid; readonly namespace: string; readonly name: string }
  | { readonly kind: 'deleteArchived'; readonly uid: WorkflowUid }
  /** Takes away at most so many node rows of workflows that are archived or deleted. */
  | { readonly kind: 'sweepNodes'; readonly most: number }

/** Workflows with more nodes leave them to `sweepNodes`. */
export const nodesAtOnceMax = 2_000

export type ArchivedRow = {
  readonly uid: WorkflowUid
  readonly namespace: string
  readonly name: string
  readonly phase: string
  readonly createdAt: Instant
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  readonly archivedAt: Instant
  readonly labels: Readonly<Record<string, string>>
  readonly summary: unknown
  readonly parts: number
  readonly nodes: number
  readonly bytes: number
  /** Only the archive has it; else it was merely moved, and is a finished workflow like any other. */
  readonly deleted: boolean
  readonly resourceVersion: number
}

export type LabelCondition = {
  readonly key: string
  readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt'
  readonly values: readonly string[]
}

export type ArchiveQuery = {
  readonly namespace?: string
  readonly notNamespace?: string
  readonly name?: string
  readonly notName?: string
  readonly namePrefix?: string
  readonly nameContains?: string
  readonly phases?: readonly string[]
  readonly labels?: readonly LabelCondition[]
  /** Each bound is inclusive. */
  readonly createdAfter?: Instant
  readonly startedAfter?: Instant
  readonly startedBefore?: Instant
  readonly finishedAfter?: Instant
  readonly finishedBefore?: Instant
  readonly deleted?: boolean
}

export type ArchivePageQuery = {
  /** `next` of the page before; whatever is archived or deleted meanwhile, no row comes twice and none is left out. */
  readonly cursor?: string | null
  /** Rows left out at the beginning. */
  readonly offset?: number
  readonly limit: number
}
/** Whether a text is a `cursor`, and not a number of rows to leave out. */
export const isArchiveCursor = (text: string): boolean => /^\d{17,32}$/.test(text)

export type ArchivePage = {
  readonly rows: readonly ArchivedRow[]
  /** Decimal digits, at least 17 of them. */
  readonly next: string | null
  /** Rows that were looked at. */
  readonly visited: number
}

/** Node rows as they are stored: id, node, internal; again and again. */
export type NodeTexts = { readonly cells: readonly (string | null)[]; readonly next: string | null }

export type Oldest = {
  /** How many of the newest are left alone; absent: none. By the time of their end, or by creation where a phase is named. */
  readonly keep?: number
  readonly phase?: string
  readonly finishedBefore?: Instant
  readonly limit: number
}

export interface StoreArchive {
  /** Started last first; what never started comes before all. */
  page(query: ArchiveQuery, page: ArchivePageQuery): Promise<ArchivePage>
  /** @param cursor only what comes after it */
  count(query: ArchiveQuery, cursor?: string | null): Promise<number>
  byUid(uid: WorkflowUid): Promise<ArchivedRow | null>
  /** The one of that name that started last; of every namespace where it is empty. @param deleted also what is deleted */
  named(namespace: string, name: string, options: { readonly deleted: boolean }): Promise<ArchivedRow | null>
  part(uid: WorkflowUid, number: number): Promise<Uint8Array | null>
  /** Labels of archived workflows and of finished ones that are not archived yet. */
  labelKeys(): Promise<readonly string[]>
  labelValues(key: string): Promise<readonly string[]>

  /** Finished workflows of the hot tables, the one that ended first in front. */
  finished(
    oldest: Omit<Oldest, 'phase'> & {
      /** Only those with this label. */
      readonly label?: readonly [string, string]
    },
  ): Promise<readonly { readonly uid: WorkflowUid; readonly namespace: string; readonly name: string }[]>
  /** Archived workflows, the oldest in front. */
  oldest(oldest: Oldest): Promise<readonly ArchivedRow[]>
  /** Pages through the nodes of a hot workflow without reading what is in them. */
  nodeTexts(uid: WorkflowUid, cursor: string | null, limit: number): Promise<NodeTexts>
  /** Workflows, archived or deleted, whose node rows are still to be swept. */
  sweeps(): Promise<number>
}
