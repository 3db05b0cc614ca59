/** Finished workflows that are deleted after a while: ttlStrategy, and the newest N of each phase (semantics-templates.md §11.2). */
import type { Clock, Instant, Workflow, WorkflowSpec, WorkflowUid } from '../resources/index.ts'
import { instant, instantOf } from '../resources/index.ts'
import type { ArchivedRow } from '../store/archive.ts'
import type { Change, Store } from '../store/port.ts'
import { Alarms } from './alarms.ts'
import type { ControllerConfig } from './config.ts'
import { ApiError } from './port.ts'
import type { Log } from './telemetry.ts'

const collection = 'ttl'
export type Doomed = { readonly uid: WorkflowUid; readonly namespace: string; readonly name: string }
type Due = { readonly at: number; readonly namespace: string; readonly name: string }

const retryMs = 10_000
const trimAlarm = 'trim'
const trimmedAtOnce = 100
/** A workflow that may go at once stays long enough for those who wait for its end to see it. */
const leastMs = 2_000

/** When a finished workflow is to go, or `null` for never. Phase `Error` goes by completion only. */
function expiresAt(workflow: Workflow, spec: WorkflowSpec): Instant | null {
  const ttl = spec.ttlStrategy
  const finishedAt = instantOf(workflow.status?.finishedAt)
  if (ttl === undefined || ttl === null || finishedAt === null) return null
  const { phase } = workflow.status ?? {}
  const byPhase =
    phase === 'Failed' ? ttl.secondsAfterFailure : phase === 'Succeeded' ? ttl.secondsAfterSuccess : undefined
  const seconds = byPhase ?? ttl.secondsAfterCompletion
  return seconds === undefined || seconds === null ? null : instant(finishedAt + Math.max(leastMs, seconds * 1000))
}

export class Expiry {
  readonly #clock: Clock
  readonly #store: Store
  readonly #log: Log
  #retention: ControllerConfig['retention']
  readonly #delete: (doomed: Doomed) => Promise<void>
  readonly #mayTrim: () => boolean
  readonly #deleteArchived: (row: ArchivedRow) => Promise<void>
  readonly #keepsDeleted: () => boolean
  readonly #alarms: Alarms
  readonly #known = new Set<WorkflowUid>()
  #trimming: Promise<void> | null = null
  #trimsAgain = false

  constructor(parts: {
    readonly clock: Clock
    readonly store: Store
    readonly log: Log
    readonly retention: ControllerConfig['retention']
    /** This one where it has finished, not another of that name. @throws ApiError NOT_FOUND where it is gone */
    readonly delete: (doomed: Doomed) => Promise<void>
    readonly deleteArchived: (row: ArchivedRow) => Promise<void>
    /** What is deleted stays in the archive, by rules of its own. */
    readonly keepsDeleted: () => boolean
    /** Of several controllers one trims. */
    readonly mayTrim?: () => boolean
  }) {
    this.#clock = parts.clock
    this.#store = parts.store
    this.#log = parts.log
    this.#retention = parts.retention
    this.#delete = parts.delete
    this.#deleteArchived = parts.deleteArchived
    this.#keepsDeleted = parts.keepsDeleted
    this.#mayTrim = parts.mayTrim ?? (() => true)
    this.#alarms = new Alarms(parts.clock)
  }

  async start(): Promise<void> {
    for (const [uid, value] of await this.#store.records(collection)) this.#arm(uid as WorkflowUid, value as Due)
    this.trim()
  }

  setRetention(retention: ControllerConfig['retention']): void {
    this.#retention = retention
    this.trim()
  }

  close(): void {
    this.#alarms.clearAll()
  }

  /** To be stored with the commit that finishes (or begins again, or deletes) a workflow. */
  changesFor(workflow: Workflow, spec: WorkflowSpec, finished: boolean): Change[] {
    const uid = (workflow.metadata?.uid ?? '') as WorkflowUid
    const at = finished ? expiresAt(workflow, spec) : null
    if (at === null) return this.#known.has(uid) ? [{ kind: 'putRecord', collection, key: uid, value: null }] : []
    return [{ kind: 'putRecord', collection, key: uid, value: dueOf(workflow, at) }]
  }

  /** After that commit. */
  apply(workflow: Workflow, spec: WorkflowSpec, finished: boolean): void {
    const uid = (workflow.metadata?.uid ?? '') as WorkflowUid
    const at = finished ? expiresAt(workflow, spec) : null
    if (at !== null) return this.#arm(uid, dueOf(workflow, at))
    if (!this.#known.delete(uid)) return
    this.#alarms.clear(uid)
  }

  /** Deletes the oldest of each phase beyond what is to be kept; one pass at a time, and one more for what ended in it. */
  trim(): void {
    if (this.#retention === null || !this.#mayTrim()) return
    this.#trimsAgain = this.#trimming !== null
    if (this.#trimsAgain) return
    this.#trimming = this.#trimAll()
      .catch((error: unknown) => {
        this.#log.warn({ error: String(error) }, 'old workflows could not be deleted; trying again')
        this.#alarms.set(trimAlarm, instant(this.#clock.now() + retryMs), () => this.trim())
      })
      .finally(() => {
        this.#trimming = null
        if (this.#trimsAgain) this.trim()
      })
  }

  async #trimAll(): Promise<void> {
    const { completed = 0, failed = 0, errored = 0 } = this.#retention ?? {}
    const limits = { Succeeded: completed, Failed: failed, Error: errored }
    for (const [phase, limit] of Object.entries(limits)) {
      const query = { finished: true, phases: [phase] }
      const hot = await this.#store.countWorkflows(query)
      await this.#trimMoved(phase, Math.max(0, limit - hot))
      if (hot <= limit) continue
      const rows = [...(await this.#store.workflows(query))].sort((a, b) => b.createdAt - a.createdAt)
      for (const { uid, namespace, name } of rows.slice(limit))
        await this.#delete({ uid, namespace, name }).catch(ignoreMissing)
    }
  }

  /** Those that have only left the hot tables count as well: they are the older ones. */
  async #trimMoved(phase: string, limit: number): Promise<void> {
    if (this.#keepsDeleted()) return
    for (let over = (await this.#store.archive.count({ phases: [phase] })) - limit; over > 0;) {
      const rows = await this.#store.archive.oldest({ phase, limit: Math.min(over, trimmedAtOnce) })
      for (const row of rows) await this.#deleteArchived(row)
      over = rows.length === 0 ? 0 : over - rows.length
    }
  }

  #arm(uid: WorkflowUid, due: Due): void {
    this.#known.add(uid)
    this.#alarms.set(uid, instant(due.at), () => void this.#expire(uid, due))
  }

  async #expire(uid: WorkflowUid, due: Due): Promise<void> {
    const { namespace, name } = due
    try {
      // Another controller may have deleted it, or have had it begin again.
      const now = (await this.#store.record(collection, uid)) as Due | null
      if (now?.at !== due.at) return void this.#known.delete(uid)
      await this.#delete({ uid, namespace, name }).catch(ignoreMissing)
      if (!this.#known.delete(uid)) return
      await this.#store.commit([{ kind: 'putRecord', collection, key: uid, value: null }])
    } catch (error) {
      this.#known.add(uid)
      this.#log.warn({ workflow: name, namespace, error: String(error) }, 'an expired workflow could not be deleted')
      this.#alarms.set(uid, instant(this.#clock.now() + retryMs), () => void this.#expire(uid, due))
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'NOT_FOUND')) throw error
}

const dueOf = ({ metadata }: Workflow, at: Instant): Due => ({
  at,
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
})
