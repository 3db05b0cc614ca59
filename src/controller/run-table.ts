/** The live runs by UID and by name, and the last pictures of some that have finished. */
import type { Workflow, WorkflowUid } from '../resources/index.ts'
import type { LiveRun } from './live-run.ts'
import type { Picture } from './picture.ts'

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`

/** Nodes of all pictures together. */
const finishedNodesMax = 50_000

export class RunTable {
  readonly #byUid = new Map<WorkflowUid, LiveRun>()
  readonly #byName = new Map<string, LiveRun>()
  /** In the order in which they finished; the oldest falls out. */
  readonly #finished = new Map<string, Picture>()
  #finishedNodes = 0
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
    this.forget(live.namespace, live.name)
  }

  /** `picture`: kept for readers, as the workflow was at its end. */
  remove(live: LiveRun, picture: Picture | null): void {
    this.#byUid.delete(live.uid)
    const key = keyOf(live.namespace, live.name)
    if (this.#byName.get(key) === live) this.#byName.delete(key)
    this.#drop(key)
    if (picture === null || this.#finishedKept === 0) return
    this.#finished.set(key, picture)
    this.#finishedNodes += picture.size
    for (const oldest of this.#finished.keys()) {
      if (this.#finished.size <= this.#finishedKept && this.#finishedNodes <= finishedNodesMax) return
      this.#drop(oldest)
    }
  }

  byUid(uid: WorkflowUid): LiveRun | undefined {
    return this.#byUid.get(uid)
  }

  byName(namespace: string, name: string): LiveRun | undefined {
    return this.#byName.get(keyOf(namespace, name))
  }

  finished(namespace: string, name: string): Workflow | undefined {
    return this.#finished.get(keyOf(namespace, name))?.read()
  }

  forget(namespace: string, name: string): void {
    this.#drop(keyOf(namespace, name))
  }

  /** Somebody else may have changed what has finished: it is read in the store. */
  forgetFinished(): void {
    for (const key of [...this.#finished.keys()]) this.#drop(key)
  }

  #drop(key: string): void {
    const picture = this.#finished.get(key)
    if (picture === undefined) return
    this.#finished.delete(key)
    this.#finishedNodes -= picture.size
    picture.dropNodes()
  }

  all(): IterableIterator<LiveRun> {
    return this.#byUid.values()
  }
}
