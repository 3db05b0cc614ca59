/** The archive of a memory store: what the disk keeps of it, how changes are applied, and how it is read. */
import type { WorkflowUid } from '../../resources/index.ts'
import type { ArchiveChange, ArchivedRow, StoreArchive } from '../archive.ts'
import { countRows, findPage, isAfter, byPlace, sortAtOf, withoutPlace } from '../archive-search.ts'
import type { ArchiveTables, FoundRow, Stream } from '../archive-search.ts'
import type { MemoryDisk, StoredWorkflow } from './disk.ts'

export class ArchiveShelf {
  readonly rows = new Map<WorkflowUid, FoundRow>()
  /** Of archived workflows, and what is staged for others. */
  readonly parts = new Map<WorkflowUid, Map<number, Uint8Array>>()
  last = 0

  /** Why the change cannot be, or `null`. @param found the hot workflow as it is before this commit */
  refusal(change: ArchiveChange, found: StoredWorkflow | undefined): string | null {
    if (change.kind === 'stageParts')
      return found === undefined ? `parts of workflow ${change.uid}, which is not there` : null
    if (change.kind !== 'archiveWorkflow') return null
    if (found?.row.finished !== true) return `workflow ${change.uid} has not finished, or is not there`
    if (found.row.resourceVersion !== change.resourceVersion) return `workflow ${change.uid} has changed meanwhile`
    return null
  }

  /** Whether all parts are there that are staged before or in this commit. */
  lacksParts(change: Extract<ArchiveChange, { kind: 'archiveWorkflow' }>, staged: ReadonlySet<number>): boolean {
    const before = this.parts.get(change.uid)
    return Array.from({ length: change.parts }, (_, i) => i).some((i) => before?.has(i) !== true && !staged.has(i))
  }

  stage({ uid, first, parts }: Extract<ArchiveChange, { kind: 'stageParts' }>): void {
    const known = this.parts.get(uid) ?? new Map<number, Uint8Array>()
    this.parts.set(uid, known)
    parts.forEach((part, i) => known.set(first + i, part))
  }

  put({ row }: StoredWorkflow, change: Extract<ArchiveChange, { kind: 'archiveWorkflow' }>): void {
    const { uid, archivedAt, parts, nodes, bytes, summary, deleted } = change
    for (const part of this.parts.get(uid)?.keys() ?? []) if (part >= parts) this.parts.get(uid)?.delete(part)
    const { namespace, name, phase, createdAt, startedAt, finishedAt, labels, resourceVersion } = row
    this.rows.set(uid, {
      ...{ uid, namespace, name, phase, createdAt, startedAt, finishedAt, archivedAt, labels, summary, parts, nodes },
      ...{ bytes, deleted, resourceVersion, no: ++this.last, sortAt: sortAtOf(startedAt) },
    })
  }

  /** Answers whether it was there and counted as a workflow. */
  mark(uid: WorkflowUid): boolean {
    const row = this.rows.get(uid)
    if (row === undefined || row.deleted) return false
    this.rows.set(uid, { ...row, deleted: true })
    return true
  }

  delete(uid: WorkflowUid): void {
    if (this.rows.delete(uid)) this.parts.delete(uid)
  }
}

export function memoryArchive(look: <T>(work: (disk: MemoryDisk) => T | Promise<T>) => Promise<T>): StoreArchive {
  return {
    page: (query, page) => look((disk) => findPage(tables(disk), query, page)),
    count: (query, cursor) => look((disk) => countRows(tables(disk), query, cursor)),
    byUid: (uid) => look(({ archive }) => archivedOf(archive.rows.get(uid))),
    named: (namespace, name, { deleted }) =>
      look(({ archive }) => {
        const found = [...archive.rows.values()].filter(
          (row) => row.name === name && (namespace === '' || row.namespace === namespace) && (deleted || !row.deleted),
        )
        return archivedOf(found.sort(byPlace)[0])
      }),
    part: (uid, number) =>
      look(({ archive }) => (archive.rows.has(uid) ? (archive.parts.get(uid)?.get(number) ?? null) : null)),
    labelKeys: () => look((disk) => sorted(allLabels(disk).flatMap((labels) => Object.keys(labels)))),
    labelValues: (key) => look((disk) => sorted(allLabels(disk).flatMap((labels) => labels[key] ?? []))),
    finished: ({ keep = 0, finishedBefore, limit, label }) =>
      look(({ workflows }) => {
        const all = [...workflows.values()]
          .map(({ row }) => row)
          .filter((row) => row.finished && (label === undefined || row.labels[label[0]] === label[1]))
          .sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))
        const old = finishedBefore === undefined ? all.slice(0, Math.max(0, all.length - keep)) : all
        return old
          .filter(({ finishedAt }) => finishedBefore === undefined || (finishedAt ?? 0) <= finishedBefore)
          .slice(0, limit)
          .map(({ uid, namespace, name }) => ({ uid, namespace, name }))
      }),
    oldest: ({ keep = 0, phase, finishedBefore, limit }) =>
      look(({ archive }) => {
        const ageOf = (row: FoundRow) => (phase === undefined ? (row.finishedAt ?? 0) : row.createdAt)
        const all = [...archive.rows.values()]
          .filter((row) => phase === undefined || row.phase === phase)
          .sort((a, b) => ageOf(a) - ageOf(b))
        return all
          .slice(0, Math.max(0, all.length - keep))
          .filter(({ finishedAt }) => finishedBefore === undefined || (finishedAt ?? 0) <= finishedBefore)
          .slice(0, limit)
          .map(withoutPlace)
      }),
    nodeTexts: (uid, cursor, limit) =>
      look(({ workflows }) => {
        const all = [...(workflows.get(uid)?.nodes ?? [])]
        const start = cursor === null ? 0 : Number(cursor)
        const cells = all.slice(start, start + limit).flatMap(([id, { node, internal }]) => [id, node, internal])
        return { cells, next: start + limit < all.length ? String(start + limit) : null }
      }),
    sweeps: () => look(() => 0),
  }
}

const archivedOf = (row: FoundRow | undefined): ArchivedRow | null => (row === undefined ? null : withoutPlace(row))

const sorted = (words: readonly string[]): string[] => [...new Set(words)].sort()

const allLabels = ({ archive, workflows }: MemoryDisk): Readonly<Record<string, string>>[] => [
  ...[...archive.rows.values()].map(({ labels }) => labels),
  ...[...workflows.values()].flatMap(({ row }) => (row.finished ? [row.labels] : [])),
]

function tables({ archive }: MemoryDisk): ArchiveTables {
  const all = () => [...archive.rows.values()]
  return {
    places: async (stream, after, limit) =>
      all()
        .filter((row) => isIn(row, stream) && isAfter(row, after))
        .sort(byPlace)
        .slice(0, limit),
    size: async (stream, cap) => Math.min(cap, all().filter((row) => isIn(row, stream)).length),
    namedLike: async (prefix, cap) =>
      all()
        .filter(({ name }) => name.startsWith(prefix))
        .slice(0, cap),
    rows: async (numbers) => {
      const wanted = new Set(numbers)
      return all().filter(({ no }) => wanted.has(no))
    },
    rest: () => Promise.resolve(),
  }
}

function isIn(row: FoundRow, stream: Stream): boolean {
  switch (stream.kind) {
    case 'all':
      return true
    case 'column':
      return row[stream.column] === stream.value
    case 'label':
      return row.labels[stream.key] === stream.value
  }
}
