/** A store that is timed, counted, and known to be up or down: by what its last operations came to, and by a probe. */
import type { Store } from '../store/index.ts'
import type { Metrics } from './metrics.ts'

export type WatchedStore = {
  readonly store: Store
  /** `reason`: empty where it answers. */
  health(): { readonly ok: boolean; readonly reason: string }
  /** Does something small, so that health is known although nobody asks anything of the store. Never rejects. */
  probe(): Promise<void>
}

/** A commit that failed for one of these says nothing about the store. */
const faultsOfOthers: ReadonlySet<string> = new Set(['STORE_CONFLICT'])

/** @param counters asked for each time: the store is there before the metrics are */
export function watchedStore(store: Store, counters: () => Pick<Metrics, 'storeOperation'> | null): WatchedStore {
  const faults = { read: '', write: '' }
  const timed = async <T>(operation: string, side: 'read' | 'write', work: () => Promise<T>): Promise<T> => {
    const begunAt = performance.now()
    let code: string | null = null
    try {
      const answer = await work()
      faults[side] = ''
      return answer
    } catch (error) {
      code = codeOf(error)
      if (!faultsOfOthers.has(code)) faults[side] = `${code}: ${error instanceof Error ? error.message : String(error)}`
      throw error
    } finally {
      counters()?.storeOperation({ operation, seconds: (performance.now() - begunAt) / 1000, code })
    }
  }
  const watched: Store = {
    commit: (changes) => timed('commit', 'write', () => store.commit(changes)),
    currentVersion: () => timed('read', 'read', () => store.currentVersion()),
    workflow: (namespace, name) => timed('read', 'read', () => store.workflow(namespace, name)),
    workflowByUid: (uid) => timed('read', 'read', () => store.workflowByUid(uid)),
    workflows: (query) => timed('list', 'read', () => store.workflows(query)),
    countWorkflows: (query) => timed('count', 'read', () => store.countWorkflows(query)),
    countByPhase: (query) => timed('count', 'read', () => store.countByPhase(query)),
    nodes: (uid) => timed('nodes', 'read', () => store.nodes(uid)),
    nodePage: (uid, cursor, limit) => timed('nodes', 'read', () => store.nodePage(uid, cursor, limit)),
    objects: (kind, namespace) => timed('list', 'read', () => store.objects(kind, namespace)),
    object: (kind, namespace, name) => timed('read', 'read', () => store.object(kind, namespace, name)),
    records: (collection) => timed('list', 'read', () => store.records(collection)),
    record: (collection, key) => timed('read', 'read', () => store.record(collection, key)),
    close: () => store.close(),
  }
  return {
    store: watched,
    health: () => {
      const reason = faults.write || faults.read
      return { ok: reason === '', reason }
    },
    probe: async () => {
      // Whether it takes commits again is only known from one.
      const look =
        faults.write === ''
          ? watched.record('health', 'probe')
          : watched.commit([{ kind: 'putRecord', collection: 'health', key: 'probe', value: new Date().toISOString() }])
      await Promise.resolve(look).then(
        () => undefined,
        () => undefined,
      )
    },
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNKNOWN'
