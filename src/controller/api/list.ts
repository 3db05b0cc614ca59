/** Pages of workflows, filtered as Argo filters them (rest-api.md §4). */
import { matchesLabelSelector, parseLabelSelector } from '../../expressions/index.ts'
import type { Instant, Workflow } from '../../resources/index.ts'
import { instantOf } from '../../resources/index.ts'
import type { WorkflowQuery, WorkflowRow } from '../../store/port.ts'
import type { Core } from '../core.ts'
import type { ListQuery, WorkflowPage } from '../port.ts'
import { ApiError } from '../port.ts'
import { readLive, workflowOfRow } from './read.ts'

const phaseLabel = 'workflows.argoproj.io/phase'

type Filters = {
  /** What the store can do by itself. */
  readonly query: WorkflowQuery
  /** What is left to be looked at row by row; `null` if nothing is. */
  readonly keeps: ((row: WorkflowRow) => boolean) | null
  readonly showsRemaining: boolean
}

export async function listWorkflows(core: Core, query: ListQuery): Promise<WorkflowPage> {
  // Taken first, so that a watch from here on misses nothing.
  const resourceVersion = String(core.hub.version)
  const offset = offsetOf(query.continue)
  const filters = filtersOf(query)
  const limit = query.limit ?? 0
  const { rows, total } = await pick(core, filters, { offset, limit })
  const items = await Promise.all(rows.map((row) => itemOf(core, row, query.nodes === true)))
  const remaining = total - offset - rows.length
  return {
    items,
    resourceVersion,
    ...(limit > 0 && remaining > 0 ? { continue: String(offset + rows.length) } : {}),
    ...(filters.showsRemaining ? { remaining: Math.max(0, remaining) } : {}),
  }
}

async function pick(
  { store }: Core,
  { query, keeps }: Filters,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{ readonly rows: readonly WorkflowRow[]; readonly total: number }> {
  if (keeps === null && limit > 0) {
    const rows = await store.workflows({ ...query, limit, offset })
    return { rows, total: rows.length < limit ? offset + rows.length : await store.countWorkflows(query) }
  }
  const all = await store.workflows(query)
  const kept = keeps === null ? all : all.filter(keeps)
  return { rows: limit > 0 ? kept.slice(offset, offset + limit) : kept.slice(offset), total: kept.length }
}

async function itemOf(core: Core, row: WorkflowRow, nodes: boolean): Promise<Workflow> {
  const live = core.runs.byUid(row.uid)
  return (live === undefined ? null : await readLive(core, live, nodes)) ?? workflowOfRow(core, row, nodes)
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
  return {
    query: {
      ...(query.namespace ? { namespace: query.namespace } : {}),
      ...fields.query,
      ...(Object.keys(exact).length === 0 ? {} : { labels: exact }),
      ...(phases === undefined ? {} : { phases }),
      ...(query.createdAfter === undefined ? {} : { createdAfter: query.createdAfter }),
      ...(query.finishedBefore === undefined ? {} : { finishedBefore: query.finishedBefore }),
    },
    keeps: keeps.length === 0 ? null : (row) => keeps.every((keep) => keep(row)),
    showsRemaining: fields.showsRemaining,
  }
}

type Fields = {
  readonly query: WorkflowQuery
  readonly keeps: ((row: WorkflowRow) => boolean)[]
  readonly showsRemaining: boolean
}

function fieldsOf(query: ListQuery): Fields {
  const found: { -readonly [K in keyof WorkflowQuery]: WorkflowQuery[K] } = {}
  const keeps: ((row: WorkflowRow) => boolean)[] = []
  let showsRemaining = false
  for (const part of (query.fieldSelector ?? '').split(',').filter((text) => text !== '')) {
    const match = /^([^=!<>]+)(==|=|!=|>|<)(.*)$/.exec(part)
    const [, field = '', operator = '', value = ''] = match ?? []
    if (field === 'ext.showRemainingItemCount') showsRemaining = value === 'true'
    else if (field === 'metadata.name') byName(operator, value, query.nameFilter ?? 'Exact', found, keeps)
    else if (field === 'metadata.namespace' && operator !== '>' && operator !== '<') {
      if (operator === '!=') keeps.push((row) => row.namespace !== value)
      else if (query.namespace && value && value !== query.namespace)
        throw new ApiError(
          'INVALID_ARGUMENT',
          `'${query.namespace}' namespace doesn't match fieldselector namespace '${value}'`,
        )
      else if (value) found.namespace = value
    } else if (field === 'spec.startedAt' && (operator === '>' || operator === '<')) {
      const at = startOf(value)
      keeps.push((row) => row.startedAt !== null && (operator === '>' ? row.startedAt >= at : row.startedAt <= at))
    } else throw new ApiError('INVALID_ARGUMENT', `unsupported requirement ${part}`)
  }
  return { query: found, keeps, showsRemaining }
}

function byName(
  operator: string,
  value: string,
  filter: NonNullable<ListQuery['nameFilter']>,
  found: { namePrefix?: string; nameContains?: string },
  keeps: ((row: WorkflowRow) => boolean)[],
): void {
  if (operator === '!=' || filter === 'NotEquals') keeps.push((row) => row.name !== value)
  else if (filter === 'Prefix') found.namePrefix = value
  else if (filter === 'Contains') found.nameContains = value
  else {
    found.namePrefix = value
    keeps.push((row) => row.name === value)
  }
}

function startOf(text: string): Instant {
  const at = instantOf(text)
  if (at === null) throw new ApiError('INVALID_ARGUMENT', `parsing time "${text}" as RFC 3339 failed`)
  return at
}
