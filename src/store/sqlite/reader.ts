/** Reads from a connection of its own: what is committed, whole transactions only, never waiting for the writer. */
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { WorkflowUid } from '../../resources/index.ts'
import { orderPage, whereOf } from '../listing.ts'
import type { Dialect } from '../listing.ts'
import { joinLists } from '../long-lists.ts'
import type { NodePage, NodeRow, ObjectRow, WorkflowQuery, WorkflowRow } from '../port.ts'
import { jsonOf, NodeRows, objectOf, workflowColumns, workflowOf, workflowTables } from '../rows.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'

const dialect: Dialect = {
  placeholder: () => '?',
  contains: (text, part) => `instr(${text}, ${part}) > 0`,
  bool: (value) => (value ? 1 : 0),
}

/** Node rows parsed before others get a turn. */
const rowsAtOnce = 1000

export class Reader {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#path = path
    this.#db = open(path)
  }

  currentVersion(): number {
    return Number(this.#sql("SELECT value FROM counter WHERE name = 'resource_version'").get()?.['value'] ?? 0)
  }

  workflow(namespace: string, name: string): WorkflowRow | null {
    const row = this.#sql(`SELECT ${workflowColumns} ${workflowTables} WHERE w.namespace = ? AND w.name = ?`).get(
      namespace,
      name,
    )
    return row ? workflowOf(row) : null
  }

  workflowByUid(uid: WorkflowUid): WorkflowRow | null {
    const row = this.#sql(`SELECT ${workflowColumns} ${workflowTables} WHERE w.uid = ?`).get(uid)
    return row ? workflowOf(row) : null
  }

  workflows(query: WorkflowQuery): readonly WorkflowRow[] {
    const { text, values } = whereOf(query, dialect)
    const page = query.limit === undefined && query.offset === undefined ? '' : 'LIMIT ? OFFSET ?'
    const sql = `SELECT ${workflowColumns} ${workflowTables} ${text} ORDER BY w.sort_at DESC, w.created_at DESC, w.uid DESC ${page}`
    const cut = page ? [query.limit ?? -1, query.offset ?? 0] : []
    return orderPage(
      this.#sql(sql)
        .all(...values.map(plain), ...cut)
        .map(workflowOf),
    )
  }

  countByPhase(query: WorkflowQuery): ReadonlyMap<string, number> {
    const { text, values } = whereOf(query, dialect)
    const rows = this.#sql(`SELECT w.phase, count(*) AS n FROM workflow w ${text} GROUP BY w.phase`)
    return new Map(rows.all(...values.map(plain)).map((row) => [String(row['phase']), Number(row['n'])]))
  }

  /** One look at the table, so the rows belong together; others run in between. */
  async nodes(uid: WorkflowUid): Promise<readonly NodeRow[]> {
    const first = this.#firstNode(uid)
    if (first === null) return []
    const found = this.#sql(nodeRange).all(first, first + nodesPerWorkflow, rowsAtOnce)
    if (found.length === rowsAtOnce) return this.#manyNodes(first)
    const { rows, pieces } = new NodeRows(found)
    return joinLists(rows, pieces)
  }

  /** Their texts are never in memory all at once. The look is a transaction, on a connection that nobody else sees it by. */
  async #manyNodes(first: number): Promise<readonly NodeRow[]> {
    const db = open(this.#path)
    try {
      db.exec('BEGIN')
      const range = db.prepare(nodeRange)
      const read = new NodeRows()
      for (let from = first, isMore = true; isMore;) {
        const found = range.all(from, first + nodesPerWorkflow, rowsAtOnce)
        for (const row of found) read.add(row)
        from = Number(found.at(-1)?.['no'] ?? 0) + 1
        isMore = found.length === rowsAtOnce
        if (isMore) await new Promise(setImmediate)
      }
      return joinLists(read.rows, read.pieces)
    } finally {
      db.close()
    }
  }

  nodePage(uid: WorkflowUid, cursor: string | null, limit: number): NodePage {
    const first = this.#firstNode(uid)
    if (first === null) return { rows: [], pieces: [], next: null }
    const start = first + (cursor === null ? 0 : Number(cursor))
    const found = this.#sql(nodeRange).all(start, first + nodesPerWorkflow, limit + 1)
    const beyond = found.length > limit ? found.pop() : undefined
    const { rows, pieces } = new NodeRows(found)
    return { rows, pieces, next: beyond ? String(Number(beyond['no']) - first) : null }
  }

  objects(kind: string, namespace?: string): readonly ObjectRow[] {
    const where = namespace === undefined ? 'kind = ?' : 'kind = ? AND namespace = ?'
    const sql = this.#sql(`SELECT * FROM object WHERE ${where} ORDER BY namespace, name`)
    return sql.all(kind, ...(namespace === undefined ? [] : [namespace])).map(objectOf)
  }

  object(kind: string, namespace: string, name: string): ObjectRow | null {
    const row = this.#sql('SELECT * FROM object WHERE kind = ? AND namespace = ? AND name = ?').get(
      kind,
      namespace,
      name,
    )
    return row ? objectOf(row) : null
  }

  records(collection: string): ReadonlyMap<string, unknown> {
    const rows = this.#sql('SELECT key, value FROM record WHERE collection = ? ORDER BY key').all(collection)
    return new Map(rows.map((row) => [String(row['key']), jsonOf(row['value'])]))
  }

  record(collection: string, key: string): unknown {
    const row = this.#sql('SELECT value FROM record WHERE collection = ? AND key = ?').get(collection, key)
    return jsonOf(row?.['value'])
  }

  /** A statement of this connection, prepared once. */
  statement(text: string): StatementSync {
    return this.#sql(text)
  }

  close(): void {
    this.#db.close()
  }

  #firstNode(uid: WorkflowUid): number | null {
    const no = this.#sql('SELECT no FROM workflow WHERE uid = ?').get(uid)?.['no']
    return no === undefined ? null : Number(no) * nodesPerWorkflow
  }

  #sql(text: string): StatementSync {
    const prepared = this.#statements.get(text) ?? this.#db.prepare(text)
    if (this.#statements.size < 500) this.#statements.set(text, prepared)
    return prepared
  }
}

/** Of the node table, by its numbers: from, to, at most. */
export const nodeRange = 'SELECT no, id, node, internal FROM node WHERE no >= ? AND no < ? ORDER BY no LIMIT ?'

const open = (path: string): DatabaseSync => new DatabaseSync(path, { readOnly: true, timeout: 5000 })

const plain = (value: string | number | boolean): string | number =>
  typeof value === 'boolean' ? Number(value) : value
