/** Reuse of the outputs of an earlier run. */
import { LocalObjectReferenceSchema } from './meta.ts'
import { type Static, bool, object, text } from './schema.ts'

export const CacheSchema = object('Cache', { configMap: LocalObjectReferenceSchema }, {})
export type Cache = Static<typeof CacheSchema>

export const MemoizeSchema = object(
  'Memoize',
  {
    cache: CacheSchema,
    key: text('Entries with the same key are the same work.'),
    maxAge: text('Older entries do not count, e.g. `24h`.'),
  },
  {},
)
export type Memoize = Static<typeof MemoizeSchema>

export const MemoizationStatusSchema = object('MemoizationStatus', { cacheName: text(), hit: bool(), key: text() }, {})
export type MemoizationStatus = Static<typeof MemoizationStatusSchema>
