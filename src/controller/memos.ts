/** The memo caches: entries by cache and key, kept as records; ConfigMaps that a user labelled as caches are read too. */
import type { MemoEntry, MemoWrite } from '../engine/index.ts'
import type { Clock, ConfigMap } from '../resources/index.ts'
import { rfc3339 } from '../resources/index.ts'
import type { Change, Store } from '../store/port.ts'

const collection = 'memo'
const keyOf = (cache: string, key: string): string => `${cache}/${key}`
const typeLabel = 'workflows.argoproj.io/configmap-type'

export class Memos {
  readonly #entries = new Map<string, MemoEntry>()
  readonly #cacheMap: (cacheName: string) => ConfigMap | null

  constructor(cacheMap: (cacheName: string) => ConfigMap | null) {
    this.#cacheMap = cacheMap
  }

  async load(store: Store): Promise<void> {
    for (const [key, value] of await store.records(collection)) this.#entries.set(key, value as MemoEntry)
  }

  read(cacheName: string, key: string): MemoEntry | null | 'refused' {
    const map = this.#cacheMap(cacheName)
    if (map !== null && map.metadata?.labels?.[typeLabel] !== 'Cache') return 'refused'
    const known = this.#entries.get(keyOf(cacheName, key))
    if (known !== undefined) return known
    return entryOf(map?.data?.[key])
  }

  /** To be called in the same turn as the engine's decision, so that the next run already sees it. */
  stamped(writes: readonly MemoWrite[], clock: Clock): readonly StampedMemo[] {
    const now = rfc3339(clock.now())
    return writes.flatMap((write): StampedMemo[] => {
      const known = this.#entries.get(keyOf(write.cacheName, write.key))
      const entry: MemoEntry | null =
        write.hitOnly === true
          ? known === undefined
            ? null
            : { ...known, lastHitTimestamp: now }
          : { nodeID: write.nodeID, outputs: write.outputs, creationTimestamp: now, lastHitTimestamp: now }
      if (entry === null) return []
      return [{ cacheName: write.cacheName, key: write.key, entry }]
    })
  }

  apply(memos: readonly StampedMemo[]): void {
    for (const { cacheName, key, entry } of memos) this.#entries.set(keyOf(cacheName, key), entry)
  }
}

export type StampedMemo = { readonly cacheName: string; readonly key: string; readonly entry: MemoEntry }

export const memoChanges = (memos: readonly StampedMemo[]): Change[] =>
  memos.map(({ cacheName, key, entry }) => ({
    kind: 'putRecord',
    collection,
    key: keyOf(cacheName, key),
    value: entry,
  }))

function entryOf(text: string | undefined): MemoEntry | null {
  if (text === undefined) return null
  try {
    const value = JSON.parse(text) as {
      nodeID?: unknown
      outputs?: unknown
      creationTimestamp?: unknown
      lastHitTimestamp?: unknown
    }
    return {
      nodeID: String(value.nodeID ?? ''),
      outputs: value.outputs ?? undefined,
      creationTimestamp: String(value.creationTimestamp ?? ''),
      lastHitTimestamp: String(value.lastHitTimestamp ?? ''),
    }
  } catch {
    return null
  }
}
