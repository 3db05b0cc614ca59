/** Pages of workflows, filtered as Argo filters them (rest-api.md §4). */
import { matchesLabelSelector, parseLabelSelector } from '../../expressions/index.ts'
import type { Instant, Workflow } from '../../resources/index.ts'
import { instantOf } from '../../resources/index.ts'
import type { LabelRequirement } from '../../expressions/index.ts'
import { isArchiveCursor } from '../../store/archive.ts'
import type { ArchiveQuery, LabelCondition } from '../../store/archive.ts'
import type { WorkflowQuery, WorkflowRow } from '../../store/port.ts'
import { isArchivedValue, archivingLabel, noArchive } from '../archive/policy.ts'
import { archivedItem } from '../archive/read.ts'
import type { Core } from '../core.ts'
import type { ListQuery, WorkflowPage } from '../port.ts'
import { ApiError } from '../port.ts'
import { readLive, wholeOf } from './read.ts'

const phaseLabel = 'workflows.argoproj.io/phase'

type Filters = {
  /** What the store can do by itself. */
  readonly query: WorkflowQuery
  /** The same of the archive, which can do it all. */
  readonly archive: ArchiveQuery
  /** What is left to be looked at row by row; `null` if nothing is. */
  readonly keeps: ((row: WorkflowRow) => boolean) | null
  readonly showsRemaining: boolean
}

export async function listWorkflows(core: Core, query: ListQuery): Promise<WorkflowPage> {
  // Taken first, so that a watch from here on misses nothing.
  const resourceVersion = String(core.hub.version)
  const filters = filtersOf(query)
  if (query.archive !== undefined) return { ...(await listWithArchive(core, query, filters)), resourceVersion }
  const offset = offsetOf(query.continue)
  const limit = query.limit ?? 0
  const { rows, total } = await pick(core, filters, { offset, limit })
  const items = await itemsOf(core, rows, query)
  const remaining = total - offset - rows.length
  return {
    items,
    resourceVersion,
    ...(limit > 0 && remaining > 0 ? { continue: String(offset + rows.length) } : {}),
    ...(filters.showsRemaining ? { remaining: Math.max(0, remaining) } : {}),
  }
}

/** Rows of the archive that are read at once where all are wanted. */
const archivedAtOnce = 500

/**
 * The archive comes after the hot tables. The token is how many rows came before, through both; from the archive on it is
 * a place in it, where pages follow each other without a row twice or left out, whatever happens meanwhile.
 */
async function listWithArchive(
  core: Core,
  query: ListQuery,
  filters: Filters,
): Promise<Omit<WorkflowPage, 'resourceVersion'>> {
  const hotFilters = query.archive === 'only' ? keptOnly(core, filters) : filters
  const limit = query.limit ?? 0
  const cursor = isArchiveCursor(query.continue ?? '') ? (query.continue ?? null) : null
  const offset = cursor === null ? offsetOf(query.continue) : 0
  const hot = cursor === null ? await pick(core, hotFilters, { offset, limit }) : { rows: [], total: 0 }
  const shown = await itemsOf(core, hot.rows, query)
  const items = [...shown]
  const wanted = limit > 0 ? limit - hot.rows.length : Infinity
  const hotLeft = Math.max(0, hot.total - offset - hot.rows.length)
  let next: string | null = cursor
  let skipped = Math.max(0, offset - hot.total)
  let hasMore = wanted === 0
  while (items.length - shown.length < wanted) {
    const page = await core.store.archive.page(filters.archive, {
      ...(next === null ? { offset: skipped } : { cursor: next }),
      limit: Math.min(archivedAtOnce, wanted - (items.length - shown.length)),
    })
    items.push(...page.rows.map(archivedItem))
    skipped = 0
    next = page.next
    hasMore = next !== null
    if (next === null) break
  }
  if (wanted === 0 && hotLeft === 0)
    hasMore = (await core.store.archive.page(filters.archive, { limit: 1 })).rows.length > 0
  const token = next ?? String(offset + items.length)
  return {
    items,
    ...(limit > 0 && hasMore ? { continue: token } : {}),
    ...(filters.showsRemaining
      ? {
          remaining:
            hotLeft + (await archivedAfter(core, filters, { token: hasMore ? token : null, total: hot.total })),
        }
      : {}),
  }
}

/** How many archived rows come after the page. */
async function archivedAfter(
  { store }: Core,
  { archive }: Filters,
  { token, total }: { readonly token: string | null; readonly total: number },
): Promise<number> {
  if (token === null) return 0
  if (isArchiveCursor(token)) return store.archive.count(archive, token)
  return Math.max(0, (await store.archive.count(archive)) - Math.max(0, Number(token) - total))
}

/** Of the hot tables what counts as archived: where the archive is kept, what has its label and is not too old for it. */
function keptOnly({ config, clock }: Core, filters: Filters): Filters {
  const { enabled, ttlMs } = config.archive ?? noArchive
  const { query, keeps } = filters
  if (!enabled) return { ...filters, query: { ...query, finished: true } }
  const bornToo = ttlMs === null ? null : clock.now() - ttlMs
  const isYoung = (row: WorkflowRow) => bornToo === null || (row.finishedAt ?? Infinity) > bornToo
  return {
    ...filters,
    query: { ...query, finished: true, labels: { ...query.labels, [archivingLabel]: isArchivedValue } },
    keeps: bornToo === null ? keeps : (row) => isYoung(row) && (keeps === null || keeps(row)),
  }
}

async function pick(
  { store }: Core,
  { query, keeps }: Filters,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{ readonly rows: readonly WorkflowRow[]; readonly total: number }> {
  if (keeps === null && limit > 0) {
    const rows = await store.workflows({ ...query, limit, offset })
    const isLast = rows.length < limit && (rows.length > 0 || offset === 0)
    return { rows, total: isLast ? offset + rows.length : await store.countWorkflows(query) }
  }
  const all = await store.workflows(query)
  const kept = keeps === null ? all : all.filter(keeps)
  return { rows: limit > 0 ? kept.slice(offset, offset + limit) : kept.slice(offset), total: kept.length }
}

/** Without those that were deleted since the rows were read. */
async function itemsOf(
  core: Core,
  rows: readonly WorkflowRow[],
  { nodes = false }: ListQuery,
): Promise<readonly Workflow[]> {
  const items = await Promise.all(rows.map((row) => itemOf(core, row, nodes)))
  return items.filter((item) => item !== null)
}

async function itemOf(core: Core, row: WorkflowRow, nodes: boolean): Promise<Workflow | null> {
  const live = core.runs.byUid(row.uid)
  if (live !== undefined) return readLive(core, live, nodes)
  let known: WorkflowRow | null = row
  const find = async () => {
    const found = known ?? (await core.store.workflowByUid(row.uid))
    known = null
    return found
  }
  return wholeOf(core, find, nodes)
}

function offsetOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  if (!/^\d+$/.test(text)) throw new ApiError('INVALID_ARGUMENT', `listOptions.continue must be int`)
  return Number(text)
}

function filtersOf(query: ListQuery): Filters {
  const labels = parseLabelSelector(query.labelSelector ?? '')
  if (!labels.ok) throw new ApiError('INVALID_ARGUMENT', labels.error)
  const fields = fieldsOf(query)
  const keeps: ((row: WorkflowRow) => boolean)[] = [...fields.keeps]
  const exact: Record<string, string> = {}
  let phases: readonly string[] | undefined
  for (const requirement of labels.value) {
    const [only] = requirement.values
    if ((requirement.operator === '=' || requirement.operator === '==') && only !== undefined)
      exact[requirement.key] = only
    else if (requirement.key === phaseLabel && requirement.operator === 'in') phases = requirement.values
    else keeps.push((row) => matchesLabelSelector([requirement], row.labels))
  }
  const common = {
    ...(query.namespace ? { namespace: query.namespace } : {}),
    ...(phases === undefined ? {} : { phases }),
    ...(query.createdAfter === undefined ? {} : { createdAfter: query.createdAfter }),
    ...(query.finishedBefore === undefined ? {} : { finishedBefore: query.finishedBefore }),
  }
  const conditions = labels.value.flatMap((requirement) => conditionOf(requirement) ?? [])
  return {
    query: { ...common, ...fields.query, ...(Object.keys(exact).length === 0 ? {} : { labels: exact }) },
    archive: { ...common, ...fields.archive, ...(conditions.length === 0 ? {} : { labels: conditions }) },
    keeps: keeps.length === 0 ? null : (row) => keeps.every((keep) => keep(row)),
    showsRemaining: fields.showsRemaining,
  }
}

/** In the words of the archive; the phase is a column there. */
function conditionOf({ key, operator, values }: LabelRequirement): LabelCondition | null {
  if (key === phaseLabel && operator === 'in') return null
  switch (operator) {
    case '=':
    case '==':
      return { key, operator: 'in', values }
    case '!=':
      return { key, operator: 'notin', values }
    case '!':
      return { key, operator: 'absent', values }
    default:
      return { key, operator, values }
  }
}

type Fields = {
  readonly query: WorkflowQuery
  readonly archive: ArchiveQuery
  readonly keeps: ((row: WorkflowRow) => boolean)[]
  readonly showsRemaining: boolean
}

function fieldsOf(query: ListQuery): Fields {
  const found: { -readonly [K in keyof WorkflowQuery]: WorkflowQuery[K] } = {}
  const archive: { -readonly [K in keyof ArchiveQuery]: ArchiveQuery[K] } = {}
  const keeps: ((row: WorkflowRow) => boolean)[] = []
  let showsRemaining = false
  for (const part of (query.fieldSelector ?? '').split(',').filter((text) => text !== '')) {
    const match = /^([^=!<>]+)(==|=|!=|>|<)(.*)$/.exec(part)
    const [, field = '', operator = '', value = ''] = match ?? []
    if (field === 'ext.showRemainingItemCount') showsRemaining = value === 'true'
    else if (field === 'metadata.name') byName(operator, value, query.nameFilter ?? 'Exact', { found, keeps, archive })
    else if (field === 'metadata.namespace' && operator !== '>' && operator !== '<') {
      if (operator === '!=') {
        keeps.push((row) => row.namespace !== value)
        archive.notNamespace = value
      } else if (query.namespace && value && value !== query.namespace)
        throw new ApiError(
          'INVALID_ARGUMENT',
          `'${query.namespace}' namespace doesn't match fieldselector namespace '${value}'`,
        )
      else if (value) found.namespace = archive.namespace = value
    } else if (field === 'spec.startedAt' && (operator === '>' || operator === '<')) {
      const at = startOf(value)
      archive[operator === '>' ? 'startedAfter' : 'startedBefore'] = at
      keeps.push((row) => row.startedAt !== null && (operator === '>' ? row.startedAt >= at : row.startedAt <= at))
    } else throw new ApiError('INVALID_ARGUMENT', `unsupported requirement ${part}`)
  }
  return { query: found, archive, keeps, showsRemaining }
}

function byName(
  operator: string,
  value: string,
  filter: NonNullable<ListQuery['nameFilter']>,
  {
    found,
    keeps,
    archive,
  }: {
    readonly found: { namePrefix?: string; nameContains?: string }
    readonly keeps: ((row: WorkflowRow) => boolean)[]
    readonly archive: { -readonly [K in keyof ArchiveQuery]: ArchiveQuery[K] }
  },
): void {
  if (operator === '!=' || filter === 'NotEquals') {
    keeps.push((row) => row.name !== value)
    archive.notName = value
  } else if (filter === 'Prefix') found.namePrefix = archive.namePrefix = value
  else if (filter === 'Contains') found.nameContains = archive.nameContains = value
  else {
    found.namePrefix = value
    archive.name = value
    keeps.push((row) => row.name === value)
  }
}

function startOf(text: string): Instant {
  const at = instantOf(text)
  if (at === null) throw new ApiError('INVALID_ARGUMENT', `parsing time "${text}" as RFC 3339 failed`)
  return at
}
