/**
 * Records of what one controller is to do later (leftovers, expiries, deletions under way) say whose they are; each
 * member reads its own, and who takes over from a member takes these over too.
 */
import type { Change, Store } from '../../store/port.ts'
import { withBulletins } from './bulletins.ts'

const collections: readonly string[] = ['leftover', 'ttl', 'deletion']
const field = 'member'

const isOwned = (change: Change): change is Extract<Change, { kind: 'putRecord' }> =>
  change.kind === 'putRecord' && collections.includes(change.collection) && change.value !== null

/** The store as the parts of a member see it: what they write of their own is marked, and others hear of the rest. */
export function memberStore(store: Store, name: string): Store {
  const mark = (change: Change): Change =>
    isOwned(change) ? { ...change, value: { ...(change.value as object), [field]: name } } : change
  const own: Pick<Store, 'commit' | 'records'> = {
    commit: (changes) => store.commit(withBulletins(changes.map(mark))),
    records: async (collection) => {
      const all = await store.records(collection)
      return collections.includes(collection) ? new Map([...all].filter(([, value]) => memberOf(value) === name)) : all
    },
  }
  const bound = new Map<PropertyKey, unknown>(Object.entries(own))
  return new Proxy(store, {
    get(target, key) {
      const known = bound.get(key)
      if (known !== undefined) return known
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const method: unknown = value.bind(target)
      bound.set(key, method)
      return method
    },
  })
}

/** What these were to do is ours to do; `null`: what nobody has, from the days of a single controller. */
export async function inheritRecords(
  store: Store,
  isMeant: (from: string | null) => boolean,
  to: string,
): Promise<void> {
  for (const collection of collections) {
    const changes = [...(await store.records(collection))].flatMap(([key, value]): Change[] =>
      isMeant(memberOf(value))
        ? [{ kind: 'putRecord', collection, key, value: { ...(value as object), [field]: to } }]
        : [],
    )
    for (let start = 0; start < changes.length; start += 500) await store.commit(changes.slice(start, start + 500))
  }
}

function memberOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !(field in value)) return null
  return typeof value.member === 'string' ? value.member : null
}
