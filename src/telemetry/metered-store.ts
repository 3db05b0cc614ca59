/** A store that is timed, counted, and known to be up or down even while nobody asks anything of it. */
import type { Store } from '../store/index.ts'
import type { Metrics } from './metrics.ts'

export type WatchedStore = {
  /** Its `health` also says so when reading failed last. */
  readonly store: Store
  /** Does something small, so that health is known although nobody asks anything of the store. Never rejects. */
  probe(): Promise<void>
}

/** @param counters asked for each time: the store is there before the metrics are */
export function watchedStore(store: Store, counters: () => Pick<Metrics, 'storeOperation'> | null): WatchedStore {
  let readFault: string | null = null
  let probing: Promise<void> | null = null
  const timed = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const begunAt = performance.now()
    let code: string | null = null
    try {
      const answer = await work()
      if (operation !== 'commit') readFault = null
      return answer
    } catch (error) {
      code = codeOf(error)
      if (operation !== 'commit') readFault = error instanceof Error ? error.message : String(error)
      throw error
    } finally {
      counters()?.storeOperation({ operation, seconds: (performance.now() - begunAt) / 1000, code })
    }
  }
  const watched: Store = {
    commit: (changes) => timed('commit', () => store.commit(changes)),
    ...(store.confirm === undefined ? {} : { confirm: () => store.confirm?.() ?? Promise.resolve() }),
    currentVersion: () => timed('read', () => store.currentVersion()),
    workflow: (namespace, name) => timed('read', () => store.workflow(namespace, name)),
    workflowByUid: (uid) => timed('read', () => store.workflowByUid(uid)),
    workflows: (query) => timed('list', () => store.workflows(query)),
    countWorkflows: (query) => timed('count', () => store.countWorkflows(query)),
    countByPhase: (query) => timed('count', () => store.countByPhase(query)),
    nodes: (uid) => timed('nodes', () => store.nodes(uid)),
    nodePage: (uid, cursor, limit) => timed('nodes', () => store.nodePage(uid, cursor, limit)),
    objects: (kind, namespace) => timed('list', () => store.objects(kind, namespace)),
    object: (kind, namespace, name) => timed('read', () => store.object(kind, namespace, name)),
    records: (collection) => timed('list', () => store.records(collection)),
    record: (collection, key) => timed('read', () => store.record(collection, key)),
    archive: store.archive,
    health: () => {
      const health = store.health()
      return health.isUp && readFault !== null ? { isUp: false, reason: readFault } : health
    },
    close: () => store.close(),
  }
  // Whether it takes commits again is only known from one.
  const look = (): Promise<unknown> =>
    store.health().isUp
      ? watched.record('health', 'probe')
      : watched.commit([{ kind: 'putRecord', collection: 'health', key: 'probe', value: new Date().toISOString() }])
  return {
    store: watched,
    // A commit may wait for as long as the store is away: one at a time.
    probe: () =>
      (probing ??= look()
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => {
          probing = null
        })),
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNKNOWN'
