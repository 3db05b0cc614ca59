/** What a list of workflows is asked for. */
import type { ListQuery } from '../../controller/port.ts'
import { invalid } from '../http/faults.ts'
import type { Fields } from '../http/fields.ts'
import { wants } from '../http/fields.ts'
import type { Query } from '../http/query.ts'
import { labelSelectorFrom } from '../objects/selectors.ts'

const nameFilters = ['Exact', 'Contains', 'Prefix', 'NotEquals'] as const

/** @throws HttpFault 400 for selectors, numbers and times that cannot be read */
export function listQuery(query: Query, namespace: string, fields: Fields | null): ListQuery {
  const labelSelector = query.text('listOptions.labelSelector')
  labelSelectorFrom(labelSelector)
  const limit = query.integer('listOptions.limit')
  if (limit !== undefined && limit < 0) throw invalid('listOptions.limit must not be negative')
  const nameFilter = nameFilters.find((known) => known === query.text('nameFilter'))
  return {
    namespace,
    nodes: wants(fields, 'items.status.nodes'),
    ...(labelSelector !== undefined && { labelSelector }),
    ...optional('fieldSelector', query.text('listOptions.fieldSelector')),
    ...optional('nameFilter', nameFilter),
    ...optional('createdAfter', query.instant('createdAfter')),
    ...optional('finishedBefore', query.instant('finishedBefore')),
    ...optional('limit', limit === 0 ? undefined : limit),
    ...optional('continue', continueToken(query)),
  }
}

/** A decimal offset, or digits that are a place in the archive; other texts are refused. */
export function continueToken(query: Query): string | undefined {
  const token = query.text('listOptions.continue')
  if (token !== undefined && !/^\d{1,32}$/.test(token))
    throw invalid(`listOptions.continue must be an integer, not "${token}"`)
  return token
}

export const asksForRemaining = (query: Query): boolean =>
  /(^|,)\s*ext\.showRemainingItemCount==?true\s*(,|$)/.test(query.text('listOptions.fieldSelector') ?? '')

const optional = <K extends string, V>(key: K, value: V | undefined) =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>)
