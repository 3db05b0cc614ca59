/** Lists of workflows: which rows, in which order. The SQL is shared by the SQL adapters. */
import { ownerOf } from './fleet.ts'
import type { WorkflowQuery, WorkflowRow } from './port.ts'

/** How a SQL dialect writes what the standard leaves open. */
export type Dialect = {
  readonly placeholder: (index: number) => string
  /** A condition: `text` contains `part`. */
  readonly contains: (text: string, part: string) => string
  /** What `finished` is stored as. */
  readonly bool: (value: boolean) => number | boolean
  /** The column with the owner; without one all workflows are the one controller's. */
  readonly owner?: string
}

/** What filters and order look at. */
export type ListedWorkflow = Omit<WorkflowRow, 'body' | 'internal'>

export type Sql = { readonly text: string; readonly values: readonly (string | number | boolean)[] }

/** Place in the list for what has not started: before everything that has. Fits a double and a bigint. */
export const notStarted = 9_000_000_000_000_000

/** `WHERE …` for table `workflow w` with its columns and the table `label`; empty where everything is asked for. */
export function whereOf(query: WorkflowQuery, dialect: Dialect): Sql {
  const values: (string | number | boolean)[] = []
  const put = (value: string | number | boolean): string => dialect.placeholder(values.push(value))
  const all: string[] = []
  if (query.namespace !== undefined) all.push(`w.namespace = ${put(query.namespace)}`)
  if (query.owner !== undefined && dialect.owner !== undefined) all.push(`${dialect.owner} = ${put(query.owner)}`)
  if (query.finished !== undefined) all.push(`w.finished = ${put(dialect.bool(query.finished))}`)
  if (query.phases) all.push(query.phases.length ? `w.phase IN (${query.phases.map(put).join(', ')})` : '1 = 0')
  if (query.namePrefix) all.push(`substr(w.name, 1, ${put(query.namePrefix.length)}) = ${put(query.namePrefix)}`)
  if (query.nameContains) all.push(dialect.contains('w.name', put(query.nameContains)))
  if (query.createdAfter !== undefined) all.push(`w.created_at >= ${put(query.createdAfter)}`)
  if (query.finishedBefore !== undefined)
    all.push(`(w.finished_at IS NULL OR w.finished_at <= ${put(query.finishedBefore)})`)
  for (const [key, value] of Object.entries(query.labels ?? {}))
    all.push(`w.no IN (SELECT workflow FROM label WHERE key = ${put(key)} AND value = ${put(value)})`)
  return { text: all.length ? `WHERE ${all.join(' AND ')}` : '', values }
}

/** Whether a row is one that the query asks for; what `whereOf` says in SQL. */
export function matches(row: ListedWorkflow, query: WorkflowQuery): boolean {
  if (query.namespace !== undefined && row.namespace !== query.namespace) return false
  if (query.owner !== undefined && ownerOf(row) !== query.owner) return false
  if (query.finished !== undefined && row.finished !== query.finished) return false
  if (query.phases && !query.phases.includes(row.phase)) return false
  if (query.namePrefix && !row.name.startsWith(query.namePrefix)) return false
  if (query.nameContains && !row.name.includes(query.nameContains)) return false
  if (query.createdAfter !== undefined && row.createdAt < query.createdAfter) return false
  if (query.finishedBefore !== undefined && row.finishedAt !== null && row.finishedAt > query.finishedBefore)
    return false
  return Object.entries(query.labels ?? {}).every(([key, value]) => row.labels[key] === value)
}

/** The order in which pages are cut. */
export const byStart = (a: ListedWorkflow, b: ListedWorkflow): number =>
  (b.startedAt ?? notStarted) - (a.startedAt ?? notStarted) || b.createdAt - a.createdAt || (a.uid < b.uid ? 1 : -1)

/** The order inside a page. */
export const orderPage = (rows: readonly WorkflowRow[]): readonly WorkflowRow[] =>
  rows.toSorted(
    (a, b) =>
      Number(a.finished) - Number(b.finished) ||
      (a.finished ? (b.finishedAt ?? 0) - (a.finishedAt ?? 0) : 0) ||
      b.createdAt - a.createdAt ||
      (a.uid < b.uid ? 1 : -1),
  )
