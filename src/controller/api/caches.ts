/** Memo caches as people see them: ConfigMaps of the controller's namespace whose data are the entries. */
import type { MemoEntry } from '../../engine/index.ts'
import type { ConfigMap } from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'
import type { Change } from '../../store/port.ts'
import type { Core } from '../core.ts'
import { cacheTypeLabel, entryOf, entryText, isCacheMap } from '../memos.ts'
import type { ObjectKind, StoredObject } from '../port.ts'

/** A ConfigMap with what its cache holds; any other object as it is. */
export function withEntries<T extends StoredObject | null>(core: Core, kind: ObjectKind, object: T): T {
  const map = cacheOf(core, kind, object)
  if (map === null) return object
  const entries = [...core.memos.entries(map.metadata?.name ?? '')].map(
    ([key, entry]) => [key, entryText(entry)] as const,
  )
  return { ...map, data: { ...map.data, ...Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) } } as T
}

function cacheOf(core: Core, kind: ObjectKind, object: StoredObject | null): ConfigMap | null {
  if (kind !== 'ConfigMap' || object === null) return null
  const map = object as ConfigMap
  return map.metadata?.namespace === core.config.engine.controllerNamespace && isCacheMap(map) ? map : null
}

/**
 * Writes an object; the entries of a cache become records in the same commit.
 * @param keepsOthers entries that are not named stay, as for a file that only declares the cache
 */
export async function writeWithEntries(
  core: Core,
  {
    kind,
    object,
    keepsOthers,
  }: { readonly kind: ObjectKind; readonly object: StoredObject; readonly keepsOthers: boolean },
  write: (object: StoredObject, changes: readonly Change[]) => Promise<StoredObject>,
): Promise<StoredObject> {
  const map = cacheOf(core, kind, object)
  if (map === null) return write(object, [])
  const entries = new Map<string, MemoEntry>()
  const others: Record<string, string> = {}
  for (const [key, text] of Object.entries(map.data ?? {})) {
    const entry = entryOf(text)
    if (entry === null) others[key] = text
    else entries.set(key, entry)
  }
  const stored = await core.memos.edit(core.store, map.metadata?.name ?? '', { entries, keepsOthers }, (changes) =>
    write({ ...map, data: others }, changes),
  )
  return withEntries(core, kind, stored)
}

/** Deletes an object; with a cache go its entries. */
export async function deleteWithEntries(
  core: Core,
  { kind, namespace, name }: { readonly kind: ObjectKind; readonly namespace: string; readonly name: string },
): Promise<StoredObject | null> {
  const key = { kind, namespace, name }
  if (cacheOf(core, kind, core.objects.get(kind, namespace, name)) === null) return core.objects.delete(key)
  return core.memos.edit(core.store, name, { entries: new Map(), keepsOthers: false }, (changes) =>
    core.objects.delete(key, changes),
  )
}

/** Gives caches that only have entries the ConfigMap that Argo would have made for them. */
export async function ensureCacheMap(core: Core, name: string): Promise<void> {
  const namespace = core.config.engine.controllerNamespace
  try {
    await core.objects.update({ kind: 'ConfigMap', namespace, name }, (current) => {
      if (current !== null || core.memos.entries(name).size === 0) return null
      return {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name,
          namespace,
          labels: { [cacheTypeLabel]: 'Cache' },
          uid: core.random.uuid(),
          creationTimestamp: rfc3339(core.clock.now()),
          generation: 1,
        },
      }
    })
  } catch (error) {
    core.log.warn(
      { cache: name, error: String(error) },
      'the ConfigMap of a cache could not be stored; the next write tries again',
    )
  }
}
