/** Changes as texts and numbers, ready for SQL and for another thread. */
import type { ArchiveChange } from './archive.ts'
import { splitBody } from './body.ts'
import type { StoreFault } from './fault.ts'
import { pieceId, storedNode } from './long-lists.ts'
import type { Change } from './port.ts'

export type WireWorkflow = {
  readonly kind: 'putWorkflow'
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly phase: string
  readonly finished: boolean
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly labels: string
  readonly internal: string | null
  readonly head: string
  readonly fixed: string
  readonly fixedToken: string
  /** Named by the commit; else who commits. */
  readonly owner?: string
}

export type WireChange =
  | WireWorkflow
  /** `cells`: id, node, internal; again and again. */
  | { readonly kind: 'putNodes'; readonly uid: string; readonly cells: readonly (string | null)[] }
  | { readonly kind: 'deleteNodes'; readonly uid: string; readonly ids: readonly string[] }
  | { readonly kind: 'deleteWorkflow'; readonly uid: string }
  | {
      readonly kind: 'putObject'
      readonly objectKind: string
      readonly namespace: string
      readonly name: string
      readonly body: string
      readonly expected?: number
    }
  | {
      readonly kind: 'deleteObject'
      readonly objectKind: string
      readonly namespace: string
      readonly name: string
      readonly expected?: number
    }
  | { readonly kind: 'putRecord'; readonly collection: string; readonly key: string; readonly value: string | null }
  | ArchiveChange

export type WireCommit = readonly WireChange[]

export type Outcome =
  | { readonly ok: true; readonly resourceVersion: number; readonly versions: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly fault: StoreFault }

export const encode = (changes: readonly Change[]): WireCommit => changes.map(encodeChange)

function encodeChange(change: Change): WireChange {
  switch (change.kind) {
    case 'putWorkflow': {
      const { row } = change
      return {
        kind: 'putWorkflow',
        uid: row.uid,
        namespace: row.namespace,
        name: row.name,
        phase: row.phase,
        finished: row.finished,
        createdAt: row.createdAt,
        startedAt: row.startedAt,
        finishedAt: row.finishedAt,
        labels: JSON.stringify(row.labels),
        internal: textOf(row.internal),
        ...splitBody(row.body),
        ...(row.owner === undefined ? {} : { owner: row.owner }),
      }
    }
    case 'putNodes': {
      const cells: (string | null)[] = []
      for (const row of change.nodes) cells.push(row.id, JSON.stringify(storedNode(row)), textOf(row.internal))
      return { kind: 'putNodes', uid: change.uid, cells }
    }
    case 'putIds': {
      const cells = change.pieces.flatMap((piece) => [pieceId(piece), JSON.stringify(piece.ids), null])
      return { kind: 'putNodes', uid: change.uid, cells }
    }
    case 'putObject': {
      const { kind: objectKind, namespace, name, body } = change.row
      const put = { kind: 'putObject', objectKind, namespace, name, body: JSON.stringify(body ?? null) } as const
      return change.expected === undefined ? put : { ...put, expected: change.expected }
    }
    case 'putRecord':
      return { kind: 'putRecord', collection: change.collection, key: change.key, value: textOf(change.value) }
    default:
      return change
  }
}

const textOf = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

/** About how many bytes a commit keeps in memory while it waits. */
export const sizeOf = (commit: WireCommit): number => commit.reduce((sum, change) => sum + sizeOfChange(change), 0)

function sizeOfChange(change: WireChange): number {
  switch (change.kind) {
    case 'putWorkflow':
      return change.head.length + change.fixed.length + (change.internal?.length ?? 0) + 500
    case 'putNodes':
      return change.cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 100)
    case 'putObject':
      return change.body.length + 200
    case 'putRecord':
      return (change.value?.length ?? 0) + 200
    case 'stageParts':
      return change.parts.reduce((sum, part) => sum + part.length, 200)
    case 'archiveWorkflow':
      return change.summary.length + 500
    default:
      return 200
  }
}
