/** What came of each row, in the store, read when it is wanted: a table may hold more rows than memory should. */
import type { Change, Store } from '../../store/port.ts'
import { eachAtOnce } from '../rules/each-at-once.ts'
import type { FileRecord } from '../rules/records.ts'

const readsAtOnce = 64

export class RowRecords {
  readonly #store: Store
  readonly #collection: string

  /** @param instance of the table: ids begin again in another one */
  constructor(store: Store, instance: string) {
    this.#store = store
    this.#collection = `table-rows/${instance}`
  }

  async get(ids: Iterable<string>): Promise<ReadonlyMap<string, FileRecord>> {
    const found = new Map<string, FileRecord>()
    await eachAtOnce(ids, readsAtOnce, async (id) => {
      const record = (await this.#store.record(this.#collection, id)) as FileRecord | null
      if (record !== null) found.set(id, record)
    })
    return found
  }

  async all(): Promise<ReadonlyMap<string, FileRecord>> {
    return (await this.#store.records(this.#collection)) as ReadonlyMap<string, FileRecord>
  }

  /** All or none; `null` deletes. Durable when it resolves. */
  async put(records: ReadonlyMap<string, FileRecord | null>): Promise<void> {
    const changes = [...records].map(([key, value]): Change => ({
      kind: 'putRecord',
      collection: this.#collection,
      key,
      value,
    }))
    if (changes.length > 0) await this.#store.commit(changes)
  }
}

const identities = 'identity'

/** Tells this store from every other, for as long as it lives: drawn once. */
export async function storeIdentity(store: Store, draw: () => string): Promise<string> {
  const known = await store.record(identities, 'store')
  if (typeof known === 'string') return known
  const drawn = draw()
  await store.commit([{ kind: 'putRecord', collection: identities, key: 'store', value: drawn }])
  return drawn
}
