/** The lock table: mutexes and semaphores of all workflows of this controller, in memory; status of the workflows is its durable form. */

export type LockKind = 'Mutex' | 'ConfigMap' | 'Database'

/** One lock as a spec names it, resolved. `name` is `<ns>/Mutex/<name>`, `<ns>/ConfigMap/<map>/<key>` or `<ns>/Database/<key>`. */
export type LockRef = { readonly kind: LockKind; readonly name: string; readonly mutex: boolean }

export type LockRequest = {
  /** `<ns>/<workflow>` or `<ns>/<workflow>/<node id>`. */
  readonly holder: string
  readonly workflowUid: string
  readonly workflowKey: string
  /** Semaphores first, then mutexes; all or none are taken. */
  readonly locks: readonly LockRef[]
  readonly priority: number
  readonly createdAt: number
}

export type LockAnswer =
  | { readonly kind: 'acquired'; readonly fresh: readonly LockRef[] }
  /** `lock` is the first that failed, `holders` who has it now. */
  | { readonly kind: 'waiting'; readonly lock: LockRef; readonly message: string; readonly holders: readonly string[] }
  | { readonly kind: 'error'; readonly message: string }

export type LimitReader = (lock: LockRef) => { readonly limit: number } | { readonly error: string }

export interface Locks {
  acquire(request: LockRequest): LockAnswer
  /** Releases everything the holder has and leaves every queue; answers the workflow UIDs to look at again. */
  release(holder: string): readonly string[]
  /** The same for every holder of the workflow (`<ns>/<workflow>` and below). */
  releaseWorkflow(workflowKey: string): readonly string[]
  /**
   * As `release`, but until the workflow's `settle` only holders of the same workflow may take what is given up: others
   * would have it twice on record if the commit that gives it up is never stored.
   */
  giveUp(holder: string): readonly string[]
  giveUpWorkflow(workflowKey: string): readonly string[]
  /** What the workflow gave up is stored: answers the workflow UIDs to look at again. */
  settle(workflowKey: string): readonly string[]
  /** After a restart: what the status says is held, whatever the limit. */
  restore(holder: string, workflowUid: string, lock: LockRef): void
  holdersOf(lockName: string): readonly string[]
  /** For metrics and status pages. */
  snapshot(): readonly {
    readonly name: string
    readonly kind: LockKind
    readonly mutex: boolean
    readonly held: number
    readonly pending: number
    readonly limit: number | null
  }[]
}
