/** Reads of the archive, from the connection that reads; searches let others run in between. */
import type { StatementSync } from 'node:sqlite'
import type { WorkflowUid } from '../../resources/index.ts'
import type {
  ArchivedRow,
  ArchivePage,
  ArchivePageQuery,
  ArchiveQuery,
  NodeTexts,
  Oldest,
  StoreArchive,
} from '../archive.ts'
import { archivedOf, foundRowOf, hotRefOf } from '../archive-rows.ts'
import { countRows, findPage } from '../archive-search.ts'
import type { ArchiveTables, FoundRow, Place, Stream } from '../archive-search.ts'
import { nodesPerWorkflow, partsPerWorkflow } from '../row-numbers.ts'
import { nodeRange } from './reader.ts'

export type Look = <T>(work: (sql: (text: string) => StatementSync) => T | Promise<T>) => Promise<T>

/** @param look gives statements of the connection; errors become the port's there */
export function sqliteArchive(look: Look): StoreArchive {
  return {
    page: (query: ArchiveQuery, page: ArchivePageQuery): Promise<ArchivePage> =>
      look((sql) => findPage(tables(sql), query, page)),
    count: (query, cursor) => look((sql) => countRows(tables(sql), query, cursor)),
    byUid: (uid) => look((sql) => archivedOf(sql('SELECT * FROM archive WHERE uid = ?').get(uid))),
    named: (namespace, name, { deleted }) =>
      look((sql) => {
        const where = `${namespace === '' ? '' : ' AND namespace = ?'}${deleted ? '' : ' AND deleted = 0'}`
        const text = `SELECT * FROM archive WHERE name = ?${where} ORDER BY sort_at DESC, no DESC LIMIT 1`
        return archivedOf(sql(text).get(name, ...(namespace === '' ? [] : [namespace])))
      }),
    part: (uid, number) => portion(look, (sql) => partOf(sql, uid, number)),
    labelKeys: () => look((sql) => sql(labelKeys).all().map(firstText)),
    labelValues: (key) => look((sql) => sql(labelValues).all(key, key, key).map(firstText)),
    finished: (oldest) => look((sql) => finishedOf(sql, oldest)),
    oldest: (oldest) => look((sql) => oldestOf(sql, oldest)),
    nodeTexts: (uid, cursor, limit) => portion(look, (sql) => nodeTextsOf(sql, uid, cursor, limit)),
    sweeps: () => look((sql) => Number(sql('SELECT count(*) AS n FROM sweep').get()?.['n'])),
  }
}

type Sql = (text: string) => StatementSync

const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Of something large: others get their turn before whoever reads it has done with it and asks for the next. */
async function portion<T>(look: Look, work: (sql: Sql) => T): Promise<T> {
  const found = await look(work)
  await rest()
  return found
}

const firstText = (row: Readonly<Record<string, unknown>>): string => String(row['text'])

function tables(sql: Sql): ArchiveTables {
  const from = (stream: Stream) => {
    switch (stream.kind) {
      case 'all':
        return { table: 'archive', no: 'no', where: '1 = 1', values: [] }
      case 'column':
        return { table: 'archive', no: 'no', where: `${stream.column} = ?`, values: [stream.value] }
      case 'label':
        return {
          ...{ table: 'archive_label', no: 'archive', where: 'key = ? AND value = ?' },
          values: [stream.key, stream.value],
        }
    }
  }
  const placeOf = (row: Readonly<Record<string, unknown>>): Place => ({
    sortAt: Number(row['sort_at']),
    no: Number(row['no']),
  })
  return {
    places: async (stream, after, limit) => {
      const { table, no, where, values } = from(stream)
      const beyond = after === null ? '' : ` AND (sort_at, ${no}) < (?, ?)`
      const text = `SELECT sort_at, ${no} AS no FROM ${table} WHERE ${where}${beyond} ORDER BY sort_at DESC, ${no} DESC LIMIT ?`
      const bounds = after === null ? [] : [after.sortAt, after.no]
      return sql(text)
        .all(...values, ...bounds, limit)
        .map(placeOf)
    },
    size: async (stream, cap) => {
      const { table, where, values } = from(stream)
      const text = `SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ?)`
      return Number(sql(text).get(...values, cap)?.['n'])
    },
    namedLike: async (prefix, cap) =>
      sql('SELECT sort_at, no FROM archive WHERE name >= ? AND name < ? LIMIT ?')
        .all(prefix, `${prefix}\u{10ffff}`, cap)
        .map(placeOf),
    rows: async (numbers): Promise<readonly FoundRow[]> =>
      sql('SELECT * FROM archive WHERE no IN (SELECT value FROM json_each(?))')
        .all(JSON.stringify(numbers))
        .map(foundRowOf),
    rest,
  }
}

function partOf(sql: Sql, uid: WorkflowUid, number: number): Uint8Array | null {
  const no = sql('SELECT no FROM archive WHERE uid = ?').get(uid)?.['no']
  if (no === undefined) return null
  const data = sql('SELECT data FROM archive_part WHERE no = ?').get(Number(no) * partsPerWorkflow + number)?.['data']
  return data instanceof Uint8Array ? data : null
}

function finishedOf(sql: Sql, { keep = 0, finishedBefore, limit, label }: Parameters<StoreArchive['finished']>[0]) {
  const labelled = label === undefined ? '' : ' AND no IN (SELECT workflow FROM label WHERE key = ? AND value = ?)'
  const of = label ?? []
  const total = Number(sql(`SELECT count(*) AS n FROM workflow WHERE finished = 1${labelled}`).get(...of)?.['n'])
  const most = Math.min(limit, finishedBefore === undefined ? total - keep : limit)
  if (most <= 0) return []
  const before = finishedBefore === undefined ? '' : ' AND finished_at <= ?'
  const bound = finishedBefore === undefined ? [] : [finishedBefore]
  const text = `SELECT uid, namespace, name FROM workflow WHERE finished = 1${before}${labelled} ORDER BY finished_at LIMIT ?`
  return sql(text)
    .all(...bound, ...of, most)
    .map(hotRefOf)
}

function oldestOf(sql: Sql, { keep = 0, phase, finishedBefore, limit }: Oldest): readonly ArchivedRow[] {
  const of = phase === undefined ? [] : [phase]
  const where = phase === undefined ? '1 = 1' : 'phase = ?'
  let most = limit
  if (keep > 0 || finishedBefore === undefined)
    most = Math.min(limit, Number(sql(`SELECT count(*) AS n FROM archive WHERE ${where}`).get(...of)?.['n']) - keep)
  if (most <= 0) return []
  const before = finishedBefore === undefined ? '' : ' AND finished_at <= ?'
  const bound = finishedBefore === undefined ? [] : [finishedBefore]
  const order = phase === undefined ? 'finished_at' : 'created_at'
  return sql(`SELECT * FROM archive WHERE ${where}${before} ORDER BY ${order} LIMIT ?`)
    .all(...of, ...bound, most)
    .flatMap((row) => archivedOf(row) ?? [])
}

function nodeTextsOf(sql: Sql, uid: WorkflowUid, cursor: string | null, limit: number): NodeTexts {
  const no = sql('SELECT no FROM workflow WHERE uid = ?').get(uid)?.['no']
  if (no === undefined) return { cells: [], next: null }
  const first = Number(no) * nodesPerWorkflow
  const start = cursor === null ? first : first + Number(cursor)
  const rows = sql(nodeRange).all(start, first + nodesPerWorkflow, limit + 1)
  const beyond = rows.length > limit ? rows.pop() : undefined
  const cells: (string | null)[] = []
  for (const { id, node, internal } of rows)
    cells.push(String(id), String(node), typeof internal === 'string' ? internal : null)
  return { cells, next: beyond === undefined ? null : String(Number(beyond['no']) - first) }
}

/** From one value of an index to the next, however many rows have it. */
const labelKeys = `WITH RECURSIVE k (text) AS (
    SELECT min(key) FROM archive_label
    UNION ALL SELECT (SELECT min(key) FROM archive_label WHERE key > text) FROM k WHERE text IS NOT NULL
  ), h (text) AS (
    SELECT min(key) FROM label
    UNION ALL SELECT (SELECT min(key) FROM label WHERE key > text) FROM h WHERE text IS NOT NULL
  ) SELECT text FROM k WHERE text IS NOT NULL
    UNION SELECT text FROM h WHERE text IS NOT NULL
      AND EXISTS (SELECT 1 FROM label l JOIN workflow w ON w.no = l.workflow WHERE l.key = text AND w.finished = 1)
  ORDER BY text`
const labelValues = `WITH RECURSIVE k (text) AS (
    SELECT min(value) FROM archive_label WHERE key = ?
    UNION ALL SELECT (SELECT min(value) FROM archive_label WHERE key = ? AND value > text) FROM k WHERE text IS NOT NULL
  ) SELECT text FROM k WHERE text IS NOT NULL
    UNION SELECT l.value AS text FROM label l JOIN workflow w ON w.no = l.workflow
      WHERE l.key = ? AND w.finished = 1
  ORDER BY text`
