/**
 * Takes finished workflows out of the hot tables, deletes archived ones whose time is over, and sweeps up after large
 * ones: a little at a time, in the background, and only while live workflows do not wait for their turn.
 */
import type { Clock, WorkflowUid } from '../../resources/index.ts'
import { WorldError, instant } from '../../resources/index.ts'
import type { Store } from '../../store/port.ts'
import type { ArchivedRow } from '../../store/archive.ts'
import { isDeletionUnderWay } from '../api/deletion-under-way.ts'
import { ApiError } from '../port.ts'
import type { Log, Telemetry } from '../telemetry.ts'
import type { Holds } from './holds.ts'
import { archivingChanges, packWorkflow } from './pack.ts'
import { archivingLabel, isArchivedValue, movesByItself } from './policy.ts'
import type { ArchiveConfig } from './policy.ts'

/** Workflows that one turn moves or deletes, so many at once. */
const perTurn = 64
const atOnce = 8
const sweptAtOnce = 2_000
/** Ends of workflows that are waited for before it looks whether there are too many. */
const endsPerLook = 32
/** After an end it looks soon; without any, from time to time, for what has become old. */
const soonMs = 1_000
const nowAndThenMs = 60_000
/** How long live work may put it off, and how often it asks. */
const patienceMs = 30_000
const askAgainMs = 200
/** After a turn it rests as long as that took, or so long. */
const restMsMost = 60_000
const closeMs = 500

export type MoverParts = {
  readonly clock: Clock
  readonly store: Store
  readonly log: Log
  readonly telemetry: Telemetry
  readonly holds: Holds
  readonly config: () => ArchiveConfig
  /** Of several controllers on one store one does this. */
  readonly mayWork: () => boolean
  /** Live work waits for its turn. */
  readonly isBusy: () => boolean
  /** It has been taken up again. */
  readonly isTaken: (uid: WorkflowUid) => boolean
  /** After a move: what is remembered of it elsewhere. */
  readonly moved: (workflow: { readonly uid: WorkflowUid; readonly namespace: string; readonly name: string }) => void
  /** Removes what an archived workflow that was never deleted still has, and then itself. */
  readonly remove: (row: ArchivedRow) => Promise<void>
}

export class Mover {
  readonly #parts: MoverParts
  #ends = 0
  #timer: AbortController | null = null
  #wakesSoon = false
  #working: Promise<void> | null = null
  #isClosed = false

  constructor(parts: MoverParts) {
    this.#parts = parts
  }

  /** Also when the settings have changed. */
  start(): void {
    this.#wakesSoon = true
    if (this.#working === null) this.#wake(soonMs)
  }

  /** A workflow has ended. */
  ended(): void {
    this.#ends += 1
    const config = this.#parts.config()
    // Where few may stay, one more is already too many.
    const enough = Math.max(1, Math.min(endsPerLook, config.hotNewest ?? endsPerLook))
    if (this.#ends < enough || this.#wakesSoon || !movesByItself(config)) return
    this.start()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.abort()
    // What is under way may be broken off anywhere: it waits a little for nicer logs.
    const waiting = new AbortController()
    const enough = this.#parts.clock.sleep(closeMs, waiting.signal).catch(() => undefined)
    await Promise.race([this.#working, enough])
    waiting.abort()
  }

  #wake(inMs: number): void {
    if (this.#isClosed) return
    this.#timer?.abort()
    const timer = new AbortController()
    this.#timer = timer
    this.#parts.clock.sleep(inMs, timer.signal).then(
      () => {
        this.#wakesSoon = false
        this.#working ??= this.#work().finally(() => {
          this.#working = null
          this.#wake(this.#wakesSoon ? soonMs : nowAndThenMs)
        })
      },
      () => undefined,
    )
  }

  async #work(): Promise<void> {
    this.#ends = 0
    const { clock, log, mayWork } = this.#parts
    if (!mayWork()) return
    try {
      for (let isMore = true; isMore && !this.#isClosed;) {
        await this.#waitForQuiet()
        const begunAt = clock.now()
        isMore = await this.#turn()
        // At most half of the time is the archive's; a clock that was set meanwhile says nothing about it.
        await clock.sleep(Math.min(Math.max(1, clock.now() - begunAt), restMsMost))
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'finished workflows could not be archived; trying again')
    }
  }

  async #waitForQuiet(): Promise<void> {
    const { clock, isBusy } = this.#parts
    for (let waitedMs = 0; isBusy() && waitedMs < patienceMs && !this.#isClosed; waitedMs += askAgainMs)
      await clock.sleep(askAgainMs)
  }

  /** `true`: there may be more to do. */
  async #turn(): Promise<boolean> {
    const moved = await this.#moveOld()
    const purged = await this.#purge()
    const swept = await this.#sweep()
    return moved || purged || swept
  }

  async #moveOld(): Promise<boolean> {
    const { clock, store } = this.#parts
    const { enabled, hotNewest, hotAgeMs } = this.#parts.config()
    const which = { limit: perTurn, ...(enabled ? { label: [archivingLabel, isArchivedValue] as const } : {}) }
    const byNumber = hotNewest === null ? [] : await store.archive.finished({ ...which, keep: hotNewest })
    const finishedBefore = instant(clock.now() - (hotAgeMs ?? 0))
    const byAge = hotAgeMs === null ? [] : await store.archive.finished({ ...which, finishedBefore })
    const all = new Map([...byNumber, ...byAge].map((one) => [one.uid, one]))
    let moved = 0
    const left = [...all.values()]
    const workers = Array.from({ length: Math.min(atOnce, left.length) }, async () => {
      for (let next = left.shift(); next !== undefined && !this.#isClosed; next = left.shift())
        if (await this.#move(next.uid)) moved += 1
    })
    await Promise.all(workers)
    return moved > 0
  }

  /** `false`: not now. */
  async #move(uid: WorkflowUid): Promise<boolean> {
    const { holds, isTaken, store, telemetry, log } = this.#parts
    if (holds.isHeld(uid)) return false
    return holds.alone(uid, async () => {
      try {
        if (isTaken(uid)) return false
        const begunAt = telemetry.monotonicMs()
        const archived = await archiveNow(this.#parts, uid)
        if (archived === null) return false
        telemetry.workflowsArchived({ moved: 1, seconds: (telemetry.monotonicMs() - begunAt) / 1000 })
        this.#parts.moved(archived)
        return true
      } catch (error) {
        // Somebody else was faster, or the answer was lost: the next turn sees.
        if (!(error instanceof WorldError && error.code === 'STORE_CONFLICT')) throw error
        log.debug({ uid, error: error.message }, 'a workflow was not archived')
        return (await store.workflowByUid(uid)) === null
      }
    })
  }

  async #purge(): Promise<boolean> {
    const { clock, store } = this.#parts
    const { ttlMs, newest } = this.#parts.config()
    const overNumber = newest === null ? [] : await store.archive.oldest({ keep: newest, limit: perTurn })
    const finishedBefore = instant(clock.now() - (ttlMs ?? 0))
    const overAge = ttlMs === null ? [] : await store.archive.oldest({ finishedBefore, limit: perTurn })
    const rows = new Map([...overNumber, ...overAge].map((row) => [row.uid, row]))
    let purged = 0
    for (const row of rows.values()) {
      if (this.#isClosed) return false
      if (await this.#remove(row)) purged += 1
    }
    this.#parts.telemetry.workflowsArchived({ purged })
    return purged > 0
  }

  /** `false`: not now; what keeps one, such as its artifacts, keeps no other. */
  async #remove(row: ArchivedRow): Promise<boolean> {
    const { remove, log } = this.#parts
    const { uid, name, namespace } = row
    try {
      await remove(row)
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      log.warn({ uid, workflow: name, namespace, error: error.message }, 'an archived workflow could not be deleted')
      return false
    }
  }

  async #sweep(): Promise<boolean> {
    const { store } = this.#parts
    if ((await store.archive.sweeps()) === 0) return false
    await store.commit([{ kind: 'sweepNodes', most: sweptAtOnce }])
    return true
  }
}

/** `null`: there is no finished workflow with that UID, or somebody is about to delete it. */
async function archiveNow({ store, clock }: Pick<MoverParts, 'store' | 'clock'>, uid: WorkflowUid) {
  const row = await store.workflowByUid(uid)
  if (row === null || !row.finished || (await isDeletionUnderWay(store, row))) return null
  const packed = await packWorkflow(store, row)
  await store.commit(archivingChanges(packed, { archivedAt: clock.now(), deleted: false }))
  const { namespace, name } = row
  return { uid, namespace, name }
}
