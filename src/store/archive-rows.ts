/** Rows of the SQL tables of the archive in the words of the port. */
import { instant, workflowUid } from '../resources/index.ts'
import type { ArchivedRow } from './archive.ts'
import { withoutPlace } from './archive-search.ts'
import type { FoundRow } from './archive-search.ts'
import { instantOrNull, jsonOf } from './rows.ts'
import type { SqlRow } from './rows.ts'

export function foundRowOf(row: SqlRow): FoundRow {
  return {
    no: Number(row['no']),
    sortAt: Number(row['sort_at']),
    uid: workflowUid(String(row['uid'])),
    namespace: String(row['namespace']),
    name: String(row['name']),
    phase: String(row['phase']),
    createdAt: instant(Number(row['created_at'])),
    startedAt: instantOrNull(row['started_at']),
    finishedAt: instantOrNull(row['finished_at']),
    archivedAt: instant(Number(row['archived_at'])),
    labels: jsonOf(row['labels']) as Record<string, string>,
    summary: String(row['summary']),
    parts: Number(row['parts']),
    nodes: Number(row['nodes']),
    bytes: Number(row['bytes']),
    deleted: Boolean(row['deleted']),
    resourceVersion: Number(row['resource_version']),
  }
}

export function archivedOf(row: SqlRow | undefined): ArchivedRow | null {
  if (row === undefined) return null
  return withoutPlace(foundRowOf(row))
}

export const hotRefOf = (row: SqlRow) => ({
  uid: workflowUid(String(row['uid'])),
  namespace: String(row['namespace']),
  name: String(row['name']),
})
