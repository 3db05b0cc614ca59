/** Reads of the archive over the pool. */
import type { ArchivedRow, NodeTexts, Oldest, StoreArchive } from '../archive.ts'
import { archivedOf, foundRowOf, hotRefOf } from '../archive-rows.ts'
import { countRows, findPage } from '../archive-search.ts'
import type { ArchiveTables, Place, Stream } from '../archive-search.ts'
import type { SqlRow } from '../rows.ts'
import { partsPerWorkflow } from '../row-numbers.ts'
import { nodePage } from './node-page.ts'

export type Rows = (text: string, ...values: readonly unknown[]) => Promise<readonly SqlRow[]>

export function postgresArchive(rows: Rows): StoreArchive {
  const search = tables(rows)
  return {
    page: (query, page) => findPage(search, query, page),
    count: (query, cursor) => countRows(search, query, cursor),
    byUid: async (uid) => archivedOf((await rows('SELECT * FROM archive WHERE uid = $1', uid))[0]),
    named: async (namespace, name, { deleted }) => {
      const where = `${namespace === '' ? '' : ' AND namespace = $2'}${deleted ? '' : ' AND NOT deleted'}`
      const text = `SELECT * FROM archive WHERE name = $1${where} ORDER BY sort_at DESC, no DESC LIMIT 1`
      return archivedOf((await rows(text, name, ...(namespace === '' ? [] : [namespace])))[0])
    },
    part: async (uid, number) => {
      const text = `SELECT p.data FROM archive a JOIN archive_part p ON p.no = a.no * ${partsPerWorkflow} + $2 WHERE a.uid = $1`
      const data = (await rows(text, uid, number))[0]?.['data']
      return data instanceof Uint8Array ? data : null
    },
    labelKeys: async () => (await rows(labelKeys)).map(firstText),
    labelValues: async (key) => (await rows(labelValues, key)).map(firstText),
    finished: (oldest) => finishedOf(rows, oldest),
    oldest: (oldest) => oldestOf(rows, oldest),
    nodeTexts: async (uid, cursor, limit): Promise<NodeTexts> => {
      const found = await rows(nodePage, uid, cursor ?? 0, limit + 1)
      const cells: (string | null)[] = []
      for (const { id, node, internal } of found.slice(0, limit))
        cells.push(String(id), String(node), typeof internal === 'string' ? internal : null)
      return { cells, next: found.length > limit ? String(found[limit]?.['offset_no']) : null }
    },
    sweeps: async () => Number((await rows('SELECT count(*) AS n FROM sweep'))[0]?.['n'] ?? 0),
  }
}

const firstText = (row: SqlRow): string => String(row['text'])
const placeOf = (row: SqlRow): Place => ({ sortAt: Number(row['sort_at']), no: Number(row['no']) })

function tables(rows: Rows): ArchiveTables {
  const from = (stream: Stream) => {
    switch (stream.kind) {
      case 'all':
        return { table: 'archive', no: 'no', where: 'true', values: [] }
      case 'column':
        return { table: 'archive', no: 'no', where: `${stream.column} = $1`, values: [stream.value] }
      case 'label':
        return {
          ...{ table: 'archive_label', no: 'archive', where: 'key = $1 AND value = $2' },
          values: [stream.key, stream.value],
        }
    }
  }
  return {
    places: async (stream, after, limit) => {
      const { table, no, where, values } = from(stream)
      const n = values.length
      const beyond = after === null ? '' : ` AND (sort_at, ${no}) < ($${n + 2}, $${n + 3})`
      const text = `SELECT sort_at, ${no} AS no FROM ${table} WHERE ${where}${beyond}
        ORDER BY sort_at DESC, ${no} DESC LIMIT $${n + 1}`
      const bounds = after === null ? [] : [after.sortAt, after.no]
      return (await rows(text, ...values, limit, ...bounds)).map(placeOf)
    },
    size: async (stream, cap) => {
      const { table, where, values } = from(stream)
      const text = `SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT $${values.length + 1}) AS s`
      return Number((await rows(text, ...values, cap))[0]?.['n'])
    },
    namedLike: async (prefix, cap) =>
      (
        await rows(
          'SELECT sort_at, no FROM archive WHERE name >= $1 AND name < $2 LIMIT $3',
          ...[prefix, `${prefix}\u{10ffff}`, cap],
        )
      ).map(placeOf),
    rows: async (numbers) =>
      (await rows('SELECT * FROM archive WHERE no = ANY($1::bigint[])', numbers)).map(foundRowOf),
    rest: () => Promise.resolve(),
  }
}

async function finishedOf(
  rows: Rows,
  { keep = 0, finishedBefore, limit, label }: Parameters<StoreArchive['finished']>[0],
) {
  const values: unknown[] = []
  const put = (value: unknown): string => `$${values.push(value)}`
  const conditions = ['w.finished']
  if (label !== undefined)
    conditions.push(`w.no IN (SELECT workflow FROM label WHERE key = ${put(label[0])} AND value = ${put(label[1])})`)
  let most = limit
  if (finishedBefore === undefined) {
    const counted = await rows(`SELECT count(*) AS n FROM workflow w WHERE ${conditions.join(' AND ')}`, ...values)
    most = Math.min(limit, Number(counted[0]?.['n']) - keep)
  } else conditions.push(`w.finished_at <= ${put(finishedBefore)}`)
  if (most <= 0) return []
  const text = `SELECT w.uid, w.namespace, w.name FROM workflow w WHERE ${conditions.join(' AND ')}
    ORDER BY w.finished_at LIMIT ${put(most)}`
  return (await rows(text, ...values)).map(hotRefOf)
}

async function oldestOf(
  rows: Rows,
  { keep = 0, phase, finishedBefore, limit }: Oldest,
): Promise<readonly ArchivedRow[]> {
  const values: unknown[] = []
  const put = (value: unknown): string => `$${values.push(value)}`
  const conditions = ['true']
  if (phase !== undefined) conditions.push(`phase = ${put(phase)}`)
  let most = limit
  if (keep > 0 || finishedBefore === undefined) {
    const counted = await rows(`SELECT count(*) AS n FROM archive WHERE ${conditions.join(' AND ')}`, ...values)
    most = Math.min(limit, Number(counted[0]?.['n']) - keep)
  }
  if (most <= 0) return []
  if (finishedBefore !== undefined) conditions.push(`finished_at <= ${put(finishedBefore)}`)
  const order = phase === undefined ? 'finished_at' : 'created_at'
  const text = `SELECT * FROM archive WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${put(most)}`
  return (await rows(text, ...values)).flatMap((row) => archivedOf(row) ?? [])
}

/** From one value of an index to the next, however many rows have it. */
const labelKeys = `WITH RECURSIVE k (text) AS (
    SELECT min(key) FROM archive_label
    UNION ALL SELECT (SELECT min(l.key) FROM archive_label l WHERE l.key > k.text) FROM k WHERE k.text IS NOT NULL
  ), h (text) AS (
    SELECT min(key) FROM label
    UNION ALL SELECT (SELECT min(l.key) FROM label l WHERE l.key > h.text) FROM h WHERE h.text IS NOT NULL
  ) SELECT text FROM k WHERE text IS NOT NULL
    UNION SELECT text FROM h WHERE text IS NOT NULL
      AND EXISTS (SELECT 1 FROM label l JOIN workflow w ON w.no = l.workflow WHERE l.key = h.text AND w.finished)
  ORDER BY text`
const labelValues = `WITH RECURSIVE k (text) AS (
    SELECT min(value) FROM archive_label WHERE key = $1
    UNION ALL SELECT (SELECT min(l.value) FROM archive_label l WHERE l.key = $1 AND l.value > k.text)
      FROM k WHERE k.text IS NOT NULL
  ) SELECT text FROM k WHERE text IS NOT NULL
    UNION SELECT l.value FROM label l JOIN workflow w ON w.no = l.workflow WHERE l.key = $1 AND w.finished
  ORDER BY text`
