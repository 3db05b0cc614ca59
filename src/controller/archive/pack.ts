/**
 * Packed workflows: the document (workflow, what the engine remembers beside it, its history) and portions of its nodes,
 * each JSON in a zstd frame. Nodes go from the store into their portions as text: nobody reads what is in them.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Instant, Workflow, WorkflowUid } from '../../resources/index.ts'
import { nodeIdOf } from '../../resources/index.ts'
import { isPieceId, joinLists, readNode, readPiece } from '../../store/long-lists.ts'
import type { IdPiece } from '../../store/long-lists.ts'
import type { Change, NodeRow, Store, WorkflowRow } from '../../store/port.ts'
import { collectionOf } from '../history/history.ts'
import { useChanges } from '../revisions/uses.ts'

/** Nodes in a portion: some 2 ms of work, 500 KB of text. */
const nodesPerPart = 1_000
/** Bytes that are gathered before they are staged. */
const stagedBytesMax = 2 * 1024 * 1024

export type Packed = {
  readonly row: WorkflowRow
  /** To be committed together with what archives or deletes it. */
  readonly changes: readonly Change[]
  readonly parts: number
  readonly nodes: number
  readonly bytes: number
  readonly summary: string
}

export type Unpacked = {
  readonly body: Workflow
  readonly internal: unknown
  /** Pages of the history, by key. */
  readonly history: readonly (readonly [string, unknown])[]
}

/** Stages what is large on the way. @param row of a workflow that has finished */
export async function packWorkflow(store: Store, row: WorkflowRow): Promise<Packed> {
  const { uid } = row
  const history = [...(await store.records(collectionOf(uid)))]
  const document: Unpacked = { body: row.body as Workflow, internal: row.internal, history }
  let waiting: Uint8Array[] = [packed(JSON.stringify(document))]
  let [first, nodes, bytes, waitingBytes] = [0, 0, waiting[0]?.length ?? 0, 0]
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: { readonly cells: readonly (string | null)[]; readonly next: string | null } =
      await store.archive.nodeTexts(uid, cursor, nodesPerPart)
    cursor = page.next
    if (page.cells.length === 0) break
    const part = packed(nodesText(page.cells))
    nodes += page.cells.length / 3
    bytes += part.length
    waitingBytes += part.length
    waiting.push(part)
    if (waitingBytes < stagedBytesMax || cursor === null) continue
    await store.commit([{ kind: 'stageParts', uid, first, parts: waiting }])
    first += waiting.length
    waiting = []
    waitingBytes = 0
  }
  const changes: Change[] = [
    ...(waiting.length > 0 ? [{ kind: 'stageParts' as const, uid, first, parts: waiting }] : []),
    ...history.map(([key]): Change => ({ kind: 'putRecord', collection: collectionOf(uid), key, value: null })),
    ...useChanges(document.body, false),
  ]
  return { row, changes, parts: first + waiting.length, nodes, bytes, summary: JSON.stringify(summaryOf(row)) }
}

/** The commit that archives it. */
export function archivingChanges(
  { row, changes, ...packed }: Packed,
  how: { readonly archivedAt: Instant; readonly deleted: boolean },
): readonly Change[] {
  const { uid, resourceVersion } = row
  return [...changes, { kind: 'archiveWorkflow', uid, resourceVersion, ...packed, ...how }]
}

/** What lists show of an archived workflow. */
export type ArchiveSummary = {
  readonly metadata: Pick<Workflow['metadata'], 'annotations' | 'generateName'>
  readonly spec: Workflow['spec']
  readonly status: Workflow['status']
}

function summaryOf({ body }: WorkflowRow): ArchiveSummary {
  const { metadata, spec, status } = body as Workflow
  return {
    metadata: picked(metadata, ['annotations', 'generateName', 'creationTimestamp', 'ownerReferences']),
    spec: picked(spec ?? {}, ['suspend', 'arguments', 'entrypoint', 'workflowTemplateRef', 'priority']),
    status: picked(status ?? {}, [
      ...(['phase', 'startedAt', 'finishedAt', 'progress', 'message', 'estimatedDuration'] as const),
      ...(['resourcesDuration', 'conditions'] as const),
    ]),
  }
}

function picked<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Pick<T, K>
}

export async function unpackDocument(store: Store, uid: WorkflowUid): Promise<Unpacked | null> {
  const part = await store.archive.part(uid, 0)
  return part === null ? null : (JSON.parse(unpacked(part)) as Unpacked)
}

/** All of them. @param row of the archived workflow */
export async function allUnpacked(store: Store, row: ArchivedParts): Promise<readonly NodeRow[]> {
  const nodes: NodeRow[] = []
  const lists: IdPiece[] = []
  for await (const { rows, pieces } of unpackNodes(store, row)) {
    for (const one of rows) nodes.push(one)
    lists.push(...pieces)
  }
  return joinLists(nodes, lists)
}

/** `parts`: how many it has, its document among them. */
type ArchivedParts = { readonly uid: WorkflowUid; readonly parts: number }
type Portion = { readonly rows: readonly NodeRow[]; readonly pieces: readonly IdPiece[] }

/** Portion by portion; lists in pieces are empty in the rows. */
export async function* unpackNodes(store: Store, { uid, parts }: ArchivedParts): AsyncGenerator<Portion> {
  for (let number = 1; number < parts; number++) {
    const part = await store.archive.part(uid, number)
    if (part === null) return
    const cells = JSON.parse(unpacked(part)) as readonly (readonly [string, unknown, unknown])[]
    const rows: NodeRow[] = []
    const pieces: IdPiece[] = []
    for (const [id, stored, internal] of cells)
      if (isPieceId(id)) pieces.push(readPiece(id, stored))
      else rows.push({ id: nodeIdOf(id), ...readNode(stored), ...(internal === null ? {} : { internal }) })
    yield { rows, pieces }
  }
}

/** `[[id, node, internal], …]` of texts that are JSON already. */
function nodesText(cells: readonly (string | null)[]): string {
  const rows: string[] = []
  for (let i = 0; i + 2 < cells.length; i += 3)
    rows.push(`[${JSON.stringify(cells[i])},${cells[i + 1] ?? 'null'},${cells[i + 2] ?? 'null'}]`)
  return `[${rows.join(',')}]`
}

const packed = (text: string): Uint8Array => zstdCompressSync(Buffer.from(text))
const unpacked = (data: Uint8Array): string => zstdDecompressSync(data).toString()
