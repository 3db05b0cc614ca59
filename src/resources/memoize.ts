/** Reuse of the outputs of an earlier run. */
import { LocalObjectReferenceSchema } from './meta.ts'
import { type Static, bool, object, text } from './schema.ts'

export const CacheSchema = object('Cache', { configMap: LocalObjectReferenceSchema }, ['configMap'])
export type Cache = Static<typeof CacheSchema>

export const MemoizeSchema = object(
  'Memoize',
  {
    key: text('Entries with the same key are the same work.'),
    cache: CacheSchema,
    maxAge: text('Older entries do not count, e.g. `24h`.'),
  },
  ['key', 'cache', 'maxAge'],
)
export type Memoize = Static<typeof MemoizeSchema>

export const MemoizationStatusSchema = object('MemoizationStatus', { hit: bool(), key: text(), cacheName: text() }, [
  'hit',
  'key',
  'cacheName',
])
export type MemoizationStatus = Static<typeof MemoizationStatusSchema>
