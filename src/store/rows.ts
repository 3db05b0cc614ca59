/** Rows of the SQL tables in the words of the port. */
import { instant, nodeIdOf, workflowUid } from '../resources/index.ts'
import type { Instant } from '../resources/index.ts'
import { joinBody } from './body.ts'
import { isPieceId, readNode, readPiece } from './long-lists.ts'
import type { IdPiece } from './long-lists.ts'
import type { NodeRow, ObjectRow, WorkflowRow } from './port.ts'

/** Numbers may come as texts (Postgres' bigint), booleans as numbers (SQLite). */
export type SqlRow = Readonly<Record<string, unknown>>

/** What `workflowOf` needs, of `workflow w` and `workflow_fixed f`. */
export const workflowColumns = `w.uid, w.namespace, w.name, w.phase, w.finished, w.created_at, w.started_at, w.finished_at,
  w.resource_version, w.labels, w.internal, w.head, f.body AS fixed`
export const workflowTables = 'FROM workflow w LEFT JOIN workflow_fixed f ON f.no = w.no'

export const jsonOf = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : null)
export const instantOrNull = (value: unknown): Instant | null =>
  value === null || value === undefined ? null : instant(Number(value))

export const workflowOf = (row: SqlRow): WorkflowRow => ({
  uid: workflowUid(String(row['uid'])),
  namespace: String(row['namespace']),
  name: String(row['name']),
  phase: String(row['phase']),
  finished: Boolean(row['finished']),
  createdAt: instant(Number(row['created_at'])),
  startedAt: instantOrNull(row['started_at']),
  finishedAt: instantOrNull(row['finished_at']),
  labels: jsonOf(row['labels']) as Record<string, string>,
  body: joinBody(String(row['head']), typeof row['fixed'] === 'string' ? row['fixed'] : '{}'),
  internal: jsonOf(row['internal']),
  resourceVersion: Number(row['resource_version']),
})

const nodeOf = (row: SqlRow): NodeRow => {
  const id = nodeIdOf(String(row['id']))
  const node = readNode(jsonOf(row['node']))
  return row['internal'] === null ? { id, ...node } : { id, ...node, internal: jsonOf(row['internal']) }
}

/** Rows of the node table: nodes, and pieces of their lists. */
export class NodeRows {
  readonly rows: NodeRow[] = []
  readonly pieces: IdPiece[] = []

  constructor(found: Iterable<SqlRow> = []) {
    for (const row of found) this.add(row)
  }

  add(row: SqlRow): void {
    const id = String(row['id'])
    if (isPieceId(id)) this.pieces.push(readPiece(id, jsonOf(row['node'])))
    else this.rows.push(nodeOf(row))
  }
}

export const objectOf = (row: SqlRow): ObjectRow => ({
  kind: String(row['kind']),
  namespace: String(row['namespace']),
  name: String(row['name']),
  body: jsonOf(row['body']),
  resourceVersion: Number(row['resource_version']),
})
