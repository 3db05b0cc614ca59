/** The live runs by UID and by name, and the last pictures of some that have finished. */
import type { Workflow, WorkflowUid } from '../resources/index.ts'
import type { LiveRun } from './live-run.ts'

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`

export class RunTable {
  readonly #byUid = new Map<WorkflowUid, LiveRun>()
  readonly #byName = new Map<string, LiveRun>()
  /** In the order in which they finished; the oldest falls out. */
  readonly #finished = new Map<string, Workflow>()
  readonly #finishedKept: number

  constructor(options: { readonly finishedKept: number }) {
    this.#finishedKept = options.finishedKept
  }

  get size(): number {
    return this.#byUid.size
  }

  add(live: LiveRun): void {
    this.#byUid.set(live.uid, live)
    this.#byName.set(keyOf(live.namespace, live.name), live)
    this.#finished.delete(keyOf(live.namespace, live.name))
  }

  /** `picture`: kept for readers, as the workflow was at its end. */
  remove(live: LiveRun, picture: Workflow | null): void {
    this.#byUid.delete(live.uid)
    const key = keyOf(live.namespace, live.name)
    if (this.#byName.get(key) === live) this.#byName.delete(key)
    this.#finished.delete(key)
    if (picture === null || this.#finishedKept === 0) return
    this.#finished.set(key, picture)
    if (this.#finished.size <= this.#finishedKept) return
    const [oldest] = this.#finished.keys()
    if (oldest !== undefined) this.#finished.delete(oldest)
  }

  byUid(uid: WorkflowUid): LiveRun | undefined {
    return this.#byUid.get(uid)
  }

  byName(namespace: string, name: string): LiveRun | undefined {
    return this.#byName.get(keyOf(namespace, name))
  }

  finished(namespace: string, name: string): Workflow | undefined {
    return this.#finished.get(keyOf(namespace, name))
  }

  forget(namespace: string, name: string): void {
    this.#finished.delete(keyOf(namespace, name))
  }

  all(): IterableIterator<LiveRun> {
    return this.#byUid.values()
  }
}
