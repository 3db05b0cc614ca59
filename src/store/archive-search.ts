/**
 * How pages of the archive are found, for every adapter the same: the condition that few rows fulfil says which index is
 * walked, newest first; rows that it names are looked at in small portions until a page is full.
 */
import { notStarted } from './listing.ts'
import type { ArchivedRow, ArchivePage, ArchivePageQuery, ArchiveQuery, LabelCondition } from './archive.ts'

/** Place of a row in the order of pages. */
export type Place = { readonly sortAt: number; readonly no: number }

/** An index in the order of pages, all of it or what has one value. */
export type Stream =
  | { readonly kind: 'all' }
  | { readonly kind: 'column'; readonly column: 'namespace' | 'name' | 'phase'; readonly value: string }
  | { readonly kind: 'label'; readonly key: string; readonly value: string }

/** The summary is still text: of most rows that are looked at nobody wants it. */
export type FoundRow = Omit<ArchivedRow, 'summary'> & Place & { readonly summary: string }

export interface ArchiveTables {
  /** Places after one (`null`: from the beginning) in their order. */
  places(stream: Stream, after: Place | null, limit: number): Promise<readonly Place[]>
  /** At most `cap`. */
  size(stream: Stream, cap: number): Promise<number>
  /** Places of names that begin so, in any order; at most `cap`. */
  namedLike(prefix: string, cap: number): Promise<readonly Place[]>
  rows(numbers: readonly number[]): Promise<readonly FoundRow[]>
  /** Between two portions. */
  rest(): Promise<void>
}

/** Rows looked at before others get their turn. */
const portionMax = 1_000
/** Beyond it nobody counts how many rows a condition would leave. */
const sizeCap = 10_000
/** A prefix that more names begin with is no help. */
const prefixCap = 2_000
const streamsMax = 20

export const sortAtOf = (startedAt: number | null): number => startedAt ?? notStarted

const cursorOf = ({ sortAt, no }: Place): string => `${String(sortAt).padStart(16, '0')}${no}`
const placeOf = (cursor: string): Place => ({ sortAt: Number(cursor.slice(0, 16)), no: Number(cursor.slice(16)) })

export async function findPage(
  tables: ArchiveTables,
  query: ArchiveQuery,
  { cursor = null, offset = 0, limit }: ArchivePageQuery,
): Promise<ArchivePage> {
  const begun = await Walk.begin(tables, query, cursor === null ? null : placeOf(cursor))
  const whole = cursor === null && offset > 0 ? begun.whole() : null
  const walk = whole === null ? begun : await Walk.begin(tables, query, await skip(tables, whole, offset))
  const rows: FoundRow[] = []
  let toSkip = whole === null ? offset : 0
  while (rows.length <= limit) {
    const found = await walk.next(toSkip + limit + 1 - rows.length)
    if (found === null) break
    const skipped = found.slice(toSkip)
    toSkip = Math.max(0, toSkip - found.length)
    rows.push(...skipped)
  }
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = rows.length > limit && last !== undefined ? cursorOf(last) : null
  return { rows: page.map(withoutPlace), next, visited: walk.visited }
}

/** The place of the last row that is left out, where nobody need look at them. */
async function skip(tables: ArchiveTables, stream: Stream, offset: number): Promise<Place> {
  const places = await tables.places(stream, null, offset)
  return (places.length < offset ? null : places.at(-1)) ?? { sortAt: -1, no: -1 }
}

export async function countRows(
  tables: ArchiveTables,
  query: ArchiveQuery,
  cursor: string | null = null,
): Promise<number> {
  const walk = await Walk.begin(tables, query, cursor === null ? null : placeOf(cursor))
  const whole = cursor === null ? walk.whole() : null
  if (whole !== null) return tables.size(whole, Number.MAX_SAFE_INTEGER)
  let count = 0
  for (let found = await walk.next(portionMax); found !== null; found = await walk.next(portionMax))
    count += found.length
  return count
}

/** The same rows, looked for among all of them. */
export function passes(row: Omit<ArchivedRow, 'summary'>, query: ArchiveQuery): boolean {
  const { namespace, notNamespace, name, notName, namePrefix, nameContains, phases, labels = [], deleted } = query
  if (namespace !== undefined && row.namespace !== namespace) return false
  if (notNamespace !== undefined && row.namespace === notNamespace) return false
  if (name !== undefined && row.name !== name) return false
  if (notName !== undefined && row.name === notName) return false
  if (namePrefix && !row.name.startsWith(namePrefix)) return false
  if (nameContains && !row.name.includes(nameContains)) return false
  if (phases && !phases.includes(row.phase)) return false
  if (deleted !== undefined && row.deleted !== deleted) return false
  return isInTime(row, query) && labels.every((condition) => holds(condition, row.labels))
}

function isInTime(
  { createdAt, startedAt, finishedAt }: Pick<ArchivedRow, 'createdAt' | 'startedAt' | 'finishedAt'>,
  query: ArchiveQuery,
): boolean {
  const { createdAfter, startedAfter, startedBefore, finishedAfter, finishedBefore } = query
  if (createdAfter !== undefined && createdAt < createdAfter) return false
  if (startedAfter !== undefined && (startedAt === null || startedAt < startedAfter)) return false
  if (startedBefore !== undefined && (startedAt === null || startedAt > startedBefore)) return false
  if (finishedAfter !== undefined && (finishedAt === null || finishedAt < finishedAfter)) return false
  return finishedBefore === undefined || finishedAt === null || finishedAt <= finishedBefore
}

function holds({ key, operator, values }: LabelCondition, labels: ArchivedRow['labels']): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value)
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    default: {
      const [left, right] = [integer(value), integer(values[0])]
      if (left === null || right === null) return false
      return operator === 'gt' ? left > right : left < right
    }
  }
}

const integer = (text: string | undefined): bigint | null =>
  text !== undefined && /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : null

/** Newest first. */
export const byPlace = (a: Place, b: Place): number => b.sortAt - a.sortAt || b.no - a.no
export const isAfter = (place: Place, after: Place | null): boolean => after === null || byPlace(after, place) < 0

/** Goes through the rows that pass, in their order. */
class Walk {
  readonly #tables: ArchiveTables
  readonly #query: ArchiveQuery
  readonly #streams: readonly Stream[]
  /** Instead of streams: the few that come into question, in their order. */
  readonly #few: readonly Place[] | null
  #after: Place | null
  #portion = 0
  #isOver = false
  visited = 0

  private constructor(
    tables: ArchiveTables,
    query: ArchiveQuery,
    from: {
      readonly after: Place | null
      readonly streams: readonly Stream[]
      readonly few: readonly Place[] | null
    },
  ) {
    this.#tables = tables
    this.#query = query
    this.#streams = from.streams
    this.#few = from.few
    this.#after = from.after
  }

  static async begin(tables: ArchiveTables, query: ArchiveQuery, after: Place | null): Promise<Walk> {
    let best: { readonly streams: readonly Stream[]; readonly size: number } | null = null
    for (const streams of choices(query)) {
      let size = 0
      for (const stream of streams) size += await tables.size(stream, sizeCap)
      if (best === null || size < Math.min(best.size, sizeCap)) best = { streams, size }
    }
    const { streams, size } = best ?? { streams: [], size: 0 }
    const { namePrefix } = query
    if (namePrefix && size > prefixCap) {
      const named = await tables.namedLike(namePrefix, prefixCap)
      if (named.length < prefixCap) {
        const few = named.filter((place) => isAfter(place, after)).sort(byPlace)
        return new Walk(tables, query, { after, streams: [], few })
      }
    }
    return new Walk(tables, query, { after, streams, few: null })
  }

  /** The stream whose rows pass one and all, where there is one: nobody need look at them. */
  whole(): Stream | null {
    const [only, another] = this.#streams
    if (this.#few !== null || only === undefined || another !== undefined) return null
    return residual(this.#query, only) ? null : only
  }

  /** Rows that pass among the next ones, perhaps none of them; `null`: there are no more. */
  async next(wanted: number): Promise<readonly FoundRow[] | null> {
    if (this.#isOver) return null
    if (this.#portion > 0) await this.#tables.rest()
    this.#portion = Math.min(portionMax, Math.max(wanted, this.#portion * 4))
    const places = await this.#places(this.#portion)
    this.#isOver = places.length < this.#portion
    this.#after = places.at(-1) ?? this.#after
    this.visited += places.length
    if (places.length === 0) return null
    const rows = await this.#tables.rows(places.map(({ no }) => no))
    return rows.filter((row) => passes(row, this.#query)).sort(byPlace)
  }

  async #places(limit: number): Promise<readonly Place[]> {
    if (this.#few !== null) return this.#few.slice(this.visited, this.visited + limit)
    const found: Place[] = []
    for (const stream of this.#streams) found.push(...(await this.#tables.places(stream, this.#after, limit)))
    return found.sort(byPlace).slice(0, limit)
  }
}

/** Indexes that could be walked, those that leave little first. */
function choices({ namespace, name, phases, labels = [] }: ArchiveQuery): readonly (readonly Stream[])[] {
  const found: (readonly Stream[])[] = []
  if (name !== undefined) found.push([{ kind: 'column', column: 'name', value: name }])
  for (const { key, operator, values } of labels)
    if (operator === 'in' && values.length <= streamsMax)
      found.push([...new Set(values)].map((value) => ({ kind: 'label', key, value })))
  if (phases && phases.length <= streamsMax)
    found.push([...new Set(phases)].map((value) => ({ kind: 'column', column: 'phase', value })))
  if (namespace !== undefined) found.push([{ kind: 'column', column: 'namespace', value: namespace }])
  found.push([{ kind: 'all' }])
  return found
}

/** Whether the query asks for more than that a row is in the stream. */
function residual(query: ArchiveQuery, stream: Stream): boolean {
  const { labels = [], phases, ...rest } = query
  const asked = Object.keys(rest).length + labels.length + (phases ? 1 : 0)
  return asked > (stream.kind === 'all' ? 0 : 1)
}

export function withoutPlace({ sortAt: _sortAt, no: _no, summary, ...row }: FoundRow): ArchivedRow {
  return { ...row, summary: JSON.parse(summary) as unknown }
}
