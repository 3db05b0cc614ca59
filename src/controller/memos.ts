/**
 * The memo caches: entries by cache and key, each a record of its own, so that a cache of any size costs one row a write.
 * People see a cache as the ConfigMap that it is in Argo (`api/caches.ts`).
 */
import type { MemoEntry, MemoWrite } from '../engine/index.ts'
import type { Clock, ConfigMap } from '../resources/index.ts'
import { WorldError, rfc3339 } from '../resources/index.ts'
import type { Change, Store } from '../store/port.ts'

const collection = 'memo'
const keyOf = (cache: string, key: string): string => `${cache}/${key}`
export const cacheTypeLabel = 'workflows.argoproj.io/configmap-type'

/** Whether a ConfigMap may be used as a cache. */
export const isCacheMap = (map: ConfigMap): boolean => map.metadata?.labels?.[cacheTypeLabel] === 'Cache'

export type MemoParts = {
  readonly cacheMap: (cacheName: string) => ConfigMap | null
  /** Entries were written to a cache that has no ConfigMap yet. */
  readonly mapMissing: (cacheName: string) => void
}

export class Memos {
  readonly #caches = new Map<string, Map<string, MemoEntry>>()
  /** Caches that somebody is editing, with how many do. */
  readonly #editing = new Map<string, number>()
  readonly #parts: MemoParts

  constructor(parts: MemoParts) {
    this.#parts = parts
  }

  async load(store: Store): Promise<void> {
    const records = await store.records(collection)
    this.#caches.clear()
    for (const [key, value] of records) {
      const cut = key.lastIndexOf('/')
      this.#put(key.slice(0, cut), key.slice(cut + 1), value as MemoEntry)
    }
  }

  /** Another controller has written or deleted the entry. */
  heard(recordKey: string, value: unknown): void {
    const cut = recordKey.lastIndexOf('/')
    const [cacheName, key] = [recordKey.slice(0, cut), recordKey.slice(cut + 1)]
    if (value !== null) return this.#put(cacheName, key, value as MemoEntry)
    const entries = this.#caches.get(cacheName)
    entries?.delete(key)
    if (entries?.size === 0) this.#caches.delete(cacheName)
  }

  read(cacheName: string, key: string): MemoEntry | null | 'refused' {
    const map = this.#parts.cacheMap(cacheName)
    if (map !== null && !isCacheMap(map)) return 'refused'
    return this.#caches.get(cacheName)?.get(key) ?? entryOf(map?.data?.[key])
  }

  /** Names of the caches that have entries. */
  names(): readonly string[] {
    return [...this.#caches.keys()]
  }

  entries(cacheName: string): ReadonlyMap<string, MemoEntry> {
    return this.#caches.get(cacheName) ?? new Map()
  }

  /** To be called in the same turn as the engine's decision, so that the next run already sees it. */
  stamped(writes: readonly MemoWrite[], clock: Clock): readonly StampedMemo[] {
    const now = rfc3339(clock.now())
    return writes.flatMap((write): StampedMemo[] => {
      const { cacheName, key, nodeID, outputs } = write
      if (write.hitOnly !== true)
        return [{ cacheName, key, entry: { nodeID, outputs, creationTimestamp: now, lastHitTimestamp: now } }]
      // The time of a hit is not worth bringing back an entry that is being deleted.
      const known = this.#editing.has(cacheName) ? undefined : this.#caches.get(cacheName)?.get(key)
      return known === undefined ? [] : [{ cacheName, key, entry: { ...known, lastHitTimestamp: now } }]
    })
  }

  apply(memos: readonly StampedMemo[]): void {
    for (const { cacheName, key, entry } of memos) this.#put(cacheName, key, entry)
    for (const cacheName of new Set(memos.map((memo) => memo.cacheName)))
      if (this.#parts.cacheMap(cacheName) === null) this.#parts.mapMissing(cacheName)
  }

  /**
   * Entries as somebody wants them.
   * @param commit stores the changes, with what belongs to them; if it rejects, the caches are as the store has them
   */
  async edit<T>(
    store: Store,
    cacheName: string,
    wanted: MemoEdit,
    commit: (changes: readonly Change[]) => Promise<T>,
  ): Promise<T> {
    this.#editing.set(cacheName, (this.#editing.get(cacheName) ?? 0) + 1)
    try {
      const known = this.entries(cacheName)
      const gone = wanted.keepsOthers ? [] : [...known.keys()].filter((key) => !wanted.entries.has(key))
      const put = [...wanted.entries].map(([key, entry]): StampedMemo => ({ cacheName, key, entry }))
      const drops = gone.map((key): Change => ({
        kind: 'putRecord',
        collection,
        key: keyOf(cacheName, key),
        value: null,
      }))
      const answer = await commit([...drops, ...memoChanges(put)])
      const entries = this.#caches.get(cacheName)
      for (const key of gone) entries?.delete(key)
      if (entries?.size === 0) this.#caches.delete(cacheName)
      for (const { key, entry } of put) this.#put(cacheName, key, entry)
      return answer
    } catch (error) {
      if (error instanceof WorldError) await this.load(store).catch(() => undefined) // the caller hears of the commit's failure
      throw error
    } finally {
      const left = (this.#editing.get(cacheName) ?? 1) - 1
      if (left > 0) this.#editing.set(cacheName, left)
      else this.#editing.delete(cacheName)
    }
  }

  #put(cacheName: string, key: string, entry: MemoEntry): void {
    let entries = this.#caches.get(cacheName)
    if (entries === undefined) this.#caches.set(cacheName, (entries = new Map()))
    entries.set(key, entry)
  }
}

export type MemoEdit = {
  readonly entries: ReadonlyMap<string, MemoEntry>
  /** Entries that are not named stay; else they go. */
  readonly keepsOthers: boolean
}

export type StampedMemo = { readonly cacheName: string; readonly key: string; readonly entry: MemoEntry }

export const memoChanges = (memos: readonly StampedMemo[]): Change[] =>
  memos.map(({ cacheName, key, entry }) => ({
    kind: 'putRecord',
    collection,
    key: keyOf(cacheName, key),
    value: entry,
  }))

/** An entry as it stands in a ConfigMap; `null` for a text that is none. */
export function entryOf(text: string | undefined): MemoEntry | null {
  if (text === undefined) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    const { nodeID, outputs, creationTimestamp, lastHitTimestamp } = value as Readonly<Record<string, unknown>>
    return {
      nodeID: String(nodeID ?? ''),
      ...(typeof outputs === 'object' && outputs !== null ? { outputs } : {}),
      creationTimestamp: String(creationTimestamp ?? ''),
      lastHitTimestamp: String(lastHitTimestamp ?? ''),
    }
  } catch {
    return null
  }
}

/** As Argo writes it into the ConfigMap. */
export const entryText = ({ nodeID, outputs, creationTimestamp, lastHitTimestamp }: MemoEntry): string =>
  JSON.stringify({ nodeID, outputs: outputs ?? null, creationTimestamp, lastHitTimestamp })
