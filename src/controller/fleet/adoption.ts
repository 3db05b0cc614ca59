/** Workflows that come into memory because they are ours now, and leave it because they are another member's. */
import type { WorkflowUid } from '../../resources/index.ts'
import type { WorkflowRow } from '../../store/port.ts'
import { persevere } from '../back-off.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { whereOf } from '../live-run.ts'
import { ApiError } from '../port.ts'
import { setGoing, takeUp } from '../recovery.ts'
import { mayHavePods } from './begun.ts'
import type { SharedLocks } from './shared-locks.ts'
import type { SharedTurns } from './shared-turns.ts'

const readsAtOnce = 16

export type AdoptionParts = {
  readonly core: () => Core
  readonly name: string
  readonly locks: SharedLocks
  readonly turns: SharedTurns
  readonly signal: AbortSignal
  /** Told with what is ours in memory. */
  readonly knowLocks: () => Promise<void>
}

export class Adoption {
  readonly #parts: AdoptionParts
  #last: Promise<void> = Promise.resolve()
  /** Ours, and on their way into memory. */
  readonly #coming = new Set<WorkflowUid>()
  /** Until the controller has started, what is ours is loaded by it. */
  #isOpen = false

  constructor(parts: AdoptionParts) {
    this.#parts = parts
  }

  isComing(uid: WorkflowUid): boolean {
    return this.#coming.has(uid)
  }

  open(): void {
    this.#isOpen = true
  }

  /** Resolves when those that are ours and unfinished are in memory and go on. One batch at a time. */
  adopt(uids: readonly WorkflowUid[]): Promise<void> {
    if (!this.#isOpen || uids.length === 0) return Promise.resolve()
    const adopted = this.#last.then(() => this.#adopt(uids))
    this.#last = adopted.catch((error: unknown) => {
      if (!this.#parts.signal.aborted)
        this.#parts.core().log.error({ error: String(error) }, 'workflows could not be taken up')
    })
    return adopted
  }

  /** Everything that is ours and not in memory: after a start, or when events were missed. */
  async adoptAll(): Promise<void> {
    const { core, name, signal } = this.#parts
    const { store, clock, runs } = core()
    const look = () => store.workflows({ finished: false, owner: name })
    const rows = await persevere(look, { clock, signal })
    await this.adopt(rows.map(({ uid }) => uid).filter((uid) => runs.byUid(uid) === undefined))
  }

  async #adopt(uids: readonly WorkflowUid[]): Promise<void> {
    const core = this.#parts.core()
    const ours = (await this.#rows(uids.filter((uid) => core.runs.byUid(uid) === undefined))).filter(
      (row) => !row.finished && row.owner === this.#parts.name,
    )
    const rows = ours.filter((row) => !this.#waitsForCreation(core, row))
    if (rows.length === 0) return
    const anyMayHavePods = rows.some((row) => mayHavePods(row))
    for (const { uid } of rows) this.#coming.add(uid)
    try {
      // Before anything may look at them: a container that is not known of would be taken for one that has gone.
      if (anyMayHavePods) await this.#list(core)
      const { signal, knowLocks } = this.#parts
      const runs = await takeUp(core, rows, { clock: core.clock, signal })
      if (anyMayHavePods) await knowLocks()
      void setGoing(core, runs)
      for (const live of runs) core.log.debug(whereOf(live), 'the workflow is ours now')
    } finally {
      for (const { uid } of rows) this.#coming.delete(uid)
    }
  }

  /** One that is just being created here comes into memory by that, or is looked at again once that has ended. */
  #waitsForCreation(core: Core, { uid, namespace, name }: WorkflowRow): boolean {
    if (!core.creating.has(namespace, name)) return false
    void core.creating.settled(namespace, name).then(() => this.adopt([uid]).catch(() => undefined))
    return true
  }

  async #list(core: Core): Promise<void> {
    const { signal } = this.#parts
    const { clock } = core
    await persevere(() => core.pods.relist(), { clock, signal })
  }

  async #rows(uids: readonly WorkflowUid[]): Promise<readonly WorkflowRow[]> {
    const { core, signal } = this.#parts
    const { store, clock } = core()
    const rows: WorkflowRow[] = []
    for (let start = 0; start < uids.length; start += readsAtOnce) {
      const part = uids.slice(start, start + readsAtOnce)
      const read = (uid: WorkflowUid) => persevere(() => store.workflowByUid(uid), { clock, signal })
      for (const row of await Promise.all(part.map(read))) if (row !== null) rows.push(row)
    }
    return rows
  }

  /** Forgets it; its containers go on, and whoever asked something of it is to ask its owner. */
  letGo(live: LiveRun): void {
    const core = this.#parts.core()
    const { locks, turns } = this.#parts
    core.runs.remove(live, null)
    core.alarms.clear(`run/${live.uid}`)
    void core.pods.letGo(live.uid).catch((error: unknown) => core.log.warn({ error: String(error) }, 'not let go'))
    core.tasks.leave(live.uid)
    core.plugins.leave(live.uid)
    locks.forget(`${live.namespace}/${live.name}`)
    turns.forget(live.uid)
    for (const request of live.requests.splice(0)) request.reject(new MovedError(live.name))
    core.log.debug(whereOf(live), 'the workflow is another member’s now')
  }
}

/** The workflow changed hands while something was asked of it. */
export class MovedError extends ApiError {
  constructor(name: string) {
    super('UNAVAILABLE', `workflow ${name} has just become another controller's: try again`)
  }
}
