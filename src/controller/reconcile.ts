/**
 * The loop: takes runs that have something to hear, lets the engine decide, commits, and only then acts.
 *
 * Each run is decided about by itself, one decision at a time; while its commit is under way new observations gather in
 * its inbox. The store shares one transaction among the commits that come together, so under load many runs pay for one
 * sync, and an idle controller waits for nobody.
 */
import { setImmediate as afterTurn } from 'node:timers'
import type { Decision, Effect, Observation, Operation } from '../engine/index.ts'
import { advance, isFinished, operate } from '../engine/index.ts'
import type { Clock, Instant, Workflow, WorkflowUid } from '../resources/index.ts'
import type { Change, Store } from '../store/port.ts'
import { objectKey } from '../store/port.ts'
import type { Alarms } from './alarms.ts'
import { backOffMs, quickBackOff } from './back-off.ts'
import { changesOf, isEmpty, joined } from './commit.ts'
import type { History } from './history/history.ts'
import type { LiveRun, OperationRequest } from './live-run.ts'
import { isRefusal, shownOf, whereOf } from './live-run.ts'
import type { LongListConfig } from './long-lists.ts'
import type { Memos } from './memos.ts'
import { memoChanges } from './memos.ts'
import { ApiError } from './port.ts'
import { notFound, refusalError } from './refusals.ts'
import type { RunTable } from './run-table.ts'
import type { Log, Telemetry } from './telemetry.ts'
import { Workqueue } from './workqueue.ts'

/** Runs looked at in one turn, before the event loop gets to hear the world again. */
const runsPerTurnMax = 256
/** Of one run: observations told to the engine, and effects carried out, before others get a turn. */
const portion = 256
/** A decision that has changed so many nodes is committed before more is told. */
const changedMost = 4_000

/** The nodes of a decision are read before the next one is made. */
const lent = { lends: true } as const

export type ReconcilerParts = {
  readonly clock: Clock
  readonly store: Store
  readonly telemetry: Telemetry
  readonly log: Log
  readonly runs: RunTable
  readonly memos: Memos
  readonly alarms: Alarms
  readonly history: History
  readonly longLists: LongListConfig
  /** Begins what an effect asks for; must not throw and not wait. */
  readonly perform: (live: LiveRun, effect: Effect, endSeenAt: number | null) => void
  /** What must be stored together with a decision beside its own changes. */
  readonly alongside: (live: LiveRun, decision: Decision, finished: boolean) => readonly Change[]
  /** After a commit: watches, events, metrics. */
  readonly report: (live: LiveRun, decision: Decision) => void
  /** Whether the limits on workflows at once let it begin; else it waits for its turn. */
  readonly mayBegin: (live: LiveRun) => boolean
  /** Whether the archive keeps it, once it has ended. */
  readonly isToBeArchived: (live: LiveRun) => boolean
  /** What the run gave up is for others now: answers whom to wake. */
  readonly settleLocks: (live: LiveRun) => readonly string[]
  /** The run has ended, is stored, and has nothing outstanding. */
  readonly leave: (live: LiveRun) => void
  /** Opens the run anew from the store; `false` if it is no longer there. */
  readonly reopen: (live: LiveRun) => Promise<boolean>
  /** The engine broke on it: store it as `Error` and clean up. */
  readonly abandon: (live: LiveRun, error: unknown) => Promise<void>
}

export class Reconciler {
  readonly #parts: ReconcilerParts
  readonly #queue: Workqueue<WorkflowUid>
  #scheduled = false
  #stopped = false
  readonly #ending = new AbortController()
  readonly #stepping = new Set<Promise<void>>()
  /** Runs that have just been taken up, until the engine has looked at them. */
  readonly #takenUp = new Map<WorkflowUid, () => void>()

  constructor(parts: ReconcilerParts) {
    this.#parts = parts
    this.#queue = new Workqueue('workflow_queue', parts.telemetry)
  }

  get depth(): number {
    return this.#queue.size
  }
  /** Milliseconds that the run has waited for its turn which has waited longest. */
  get lagMs(): number {
    return this.#queue.lagMs
  }

  observe(uid: WorkflowUid, observation: Observation): void {
    const live = this.#parts.runs.byUid(uid)
    if (live === undefined) return
    live.inbox.push(observation)
    if (observation.kind === 'podFinished') live.endSeenAt ??= this.#parts.telemetry.monotonicMs()
    this.look(uid)
  }

  /** Has the engine look at a run, whether or not something was observed. */
  look(uid: WorkflowUid): void {
    if (this.#stopped) return
    this.#queue.add(uid)
    this.#schedule()
  }

  request(live: LiveRun, operation: Operation): Promise<Workflow> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(new ApiError('UNAVAILABLE', 'the daemon is stopping'))
      if (live.deleting) return reject(notFound('Workflow', live.name))
      live.requests.push({ operation, resolve, reject })
      this.look(live.uid)
    })
  }

  /** Takes up nothing more and waits for the commits under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#ending.abort()
    for (const uid of [...this.#takenUp.keys()]) this.#lookedAt(uid)
    await Promise.all(this.#stepping)
  }

  /** Has the engine look at them. Resolves when each has said what it wants, or is gone; they may be under way for days. */
  async lookFirst(uids: readonly WorkflowUid[]): Promise<void> {
    const first = (uid: WorkflowUid) =>
      new Promise<void>((resolve) => {
        this.#takenUp.set(uid, resolve)
        this.look(uid)
      })
    if (!this.#stopped) await Promise.all(uids.map(first))
  }

  #lookedAt(uid: WorkflowUid): void {
    if (this.#takenUp.size === 0) return
    this.#takenUp.get(uid)?.()
    this.#takenUp.delete(uid)
  }

  /** Resolves when no step is under way for the run. */
  async settled(live: LiveRun): Promise<void> {
    while (live.busy) await Promise.race(this.#stepping)
  }

  /** Opens the run anew from the store, between two steps. `false`: it is no longer there, or no longer ours. */
  async anew(live: LiveRun): Promise<boolean> {
    while (live.busy) await this.settled(live)
    live.busy = true
    const opening = this.#parts.reopen(live).finally(() => {
      live.busy = false
      this.#stepping.delete(step)
      this.look(live.uid)
    })
    const step = opening.then(
      () => undefined,
      () => undefined,
    )
    this.#stepping.add(step)
    return opening
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    afterTurn(() => {
      this.#scheduled = false
      this.#turn()
    })
  }

  #turn(): void {
    if (this.#stopped) return
    const { runs, telemetry } = this.#parts
    const startedAt = telemetry.monotonicMs()
    const uids = this.#queue.take(runsPerTurnMax, (uid) => runs.byUid(uid)?.busy !== true)
    for (const uid of uids) {
      const live = runs.byUid(uid)
      if (live === undefined || live.deleting) {
        this.#lookedAt(uid)
        continue
      }
      const step = this.#step(live).finally(() => {
        this.#stepping.delete(step)
        if (live.inbox.length > 0 || live.requests.length > 0) this.#queue.add(uid)
        if (this.#queue.size > 0) this.#schedule()
      })
      this.#stepping.add(step)
    }
    if (uids.length > 0) telemetry.loopPassed({ runs: uids.length, decideMs: telemetry.monotonicMs() - startedAt })
    if (uids.length === runsPerTurnMax) this.#schedule()
  }

  async #step(live: LiveRun): Promise<void> {
    const { telemetry, log } = this.#parts
    live.busy = true
    live.stored ??= live.run.workflow
    const { promise, resolve: settle } = Promise.withResolvers<void>()
    live.settling = promise
    const startedAt = telemetry.monotonicMs()
    const { inbox, requests, endSeenAt } = live
    live.inbox = []
    live.requests = []
    live.endSeenAt = null
    try {
      const accepted: OperationRequest[] = []
      const decided = this.#decide(live, { inbox, requests, accepted })
      const decision = decided instanceof Promise ? await decided : decided
      if (decision === null) {
        live.stored = null
        this.#lookedAt(live.uid)
        return
      }
      expectOutcomes(live, decision)
      const finished = isFinished(live.run) && live.outstanding.size === 0
      try {
        await this.#commit(live, decision, { finished, inbox, accepted })
      } catch (error) {
        for (const request of accepted) request.reject(unavailable(error))
        const isGone = !(await this.#recover(live, { inbox, error, wakes: decision.wakes }))
        if (isGone) this.#lookedAt(live.uid)
        return
      }
      live.stored = null
      if (decision.effects.length > portion) await this.#performMany(live, decision.effects, endSeenAt)
      else for (const effect of decision.effects) this.#parts.perform(live, effect, endSeenAt)
      this.#lookedAt(live.uid)
      this.#follow(live, decision)
      for (const request of accepted) request.resolve(shownOf(live))
      if (finished && live.requests.length === 0) this.#parts.leave(live)
    } catch (error) {
      log.error({ ...whereOf(live), error: String(error) }, 'the engine failed on this workflow')
      telemetry.errorCounted('OperationPanic')
      for (const request of requests) request.reject(new ApiError('INTERNAL', messageOf(error)))
      await this.#parts.abandon(live, error)
      live.stored = null
      this.#lookedAt(live.uid)
    } finally {
      live.busy = false
      settle()
      const seconds = (telemetry.monotonicMs() - startedAt) / 1000
      telemetry.operationTook(seconds)
      telemetry.queueWorked('workflow_queue', seconds)
    }
  }

  /**
   * `null`: it may not begin yet and nobody asked anything of it. Much that was observed is told in portions, and where
   * these change very much, the rest goes back from the inbox that is given to that of the run.
   */
  #decide(
    live: LiveRun,
    told: {
      readonly inbox: Observation[]
      readonly requests: readonly OperationRequest[]
      readonly accepted: OperationRequest[]
    },
  ): Decision | null | Promise<Decision> {
    const now = this.#parts.clock.now()
    const decisions: Decision[] = []
    for (const request of told.requests) {
      const { operation } = request
      const isHeld = (): boolean => {
        // What has ended has no turn any more: it waits for one as if it were new.
        if (operation.kind === 'retry') live.held = !this.#parts.mayBegin(live)
        return live.held
      }
      const answer = operate(live.run, operation, now, isHeld)
      if (isRefusal(answer)) {
        request.reject(refusalError(answer))
        continue
      }
      decisions.push(answer)
      told.accepted.push(request)
    }
    if (!live.held && told.inbox.length > portion) return this.#decideMany(live, told.inbox, { now, decisions })
    if (!live.held) decisions.push(advance(live.run, told.inbox, now, lent))
    noteOutcomes(live, told.inbox)
    return decisions.length === 0 ? null : joined(decisions)
  }

  async #decideMany(
    live: LiveRun,
    inbox: Observation[],
    { now, decisions }: { readonly now: Instant; readonly decisions: Decision[] },
  ): Promise<Decision> {
    let changed = 0
    for (let from = 0; from < inbox.length; from += portion) {
      if (from > 0) await othersTurn()
      if (changed > changedMost) {
        live.inbox = [...inbox.splice(from), ...live.inbox]
        break
      }
      const part = inbox.slice(from, from + portion)
      const decision = advance(live.run, part, now, lent)
      noteOutcomes(live, part)
      changed += decision.changed.length
      decisions.push(decision)
    }
    return joined(decisions)
  }

  async #commit(
    live: LiveRun,
    decision: Decision,
    {
      finished,
      inbox,
      accepted,
    }: {
      readonly finished: boolean
      readonly inbox: readonly Observation[]
      readonly accepted: readonly OperationRequest[]
    },
  ): Promise<void> {
    const { store, telemetry, memos, clock, history, longLists } = this.#parts
    const stamped = memos.stamped(decision.memos, clock)
    const alongside = this.#parts.alongside(live, decision, finished)
    if (isEmpty(decision) && alongside.length === 0 && finished === live.storedFinished) return
    const operations = accepted.map(({ operation }) => operation)
    const told = history.changesFor(live, decision, { observations: inbox, operations })
    const extra = [...memoChanges(stamped), ...alongside, ...told]
    live.isArchived = finished && this.#parts.isToBeArchived(live)
    const row = { finished, extra, history: history.keptOf(live), longLists }
    const { ahead, changes } = changesOf(live, decision, row)
    const startedAt = telemetry.monotonicMs()
    for (const first of ahead) await store.commit(first)
    const { versions } = await store.commit(changes)
    telemetry.committed(telemetry.monotonicMs() - startedAt, changes.length)
    live.commitFailures = 0
    live.storedFinished = finished
    live.resourceVersion = versions.get(objectKey('Workflow', live.namespace, live.name)) ?? live.resourceVersion
    memos.apply(stamped)
    // They are everybody's now, and whoever deletes one there means it.
    live.run.ownMemos.clear()
  }

  async #performMany(live: LiveRun, effects: readonly Effect[], endSeenAt: number | null): Promise<void> {
    for (let from = 0; from < effects.length; from += portion) {
      if (from > 0) await othersTurn()
      for (const effect of effects.slice(from, from + portion)) this.#parts.perform(live, effect, endSeenAt)
    }
  }

  #follow(live: LiveRun, decision: Decision): void {
    const wakes = new Set([...decision.wakes, ...this.#parts.settleLocks(live)])
    for (const uid of wakes) if (uid !== live.uid) this.observe(uid as WorkflowUid, { kind: 'lookAgain' })
    if (decision.wakes.includes(live.uid)) live.inbox.push({ kind: 'lookAgain' })
    const alarm = `run/${live.uid}`
    if (decision.wakeAt === null) this.#parts.alarms.clear(alarm)
    else this.#parts.alarms.set(alarm, decision.wakeAt, () => this.look(live.uid))
    try {
      this.#parts.report(live, decision)
    } catch (error) {
      this.#parts.log.error({ ...whereOf(live), error: String(error) }, 'a decision could not be reported')
    }
  }

  /**
   * Nothing was performed: what was observed is told again to a run that is opened from what the store has.
   * `false`: it is no longer there.
   */
  async #recover(
    live: LiveRun,
    failed: {
      readonly inbox: readonly Observation[]
      readonly error: unknown
      /** Who waits for locks that were given up, which may be stored. */
      readonly wakes: readonly string[]
    },
  ): Promise<boolean> {
    const { clock, log, telemetry } = this.#parts
    for (let known = false; !known && !this.#stopped;) {
      live.commitFailures += 1
      const code = codeOf(failed.error)
      telemetry.commitFailed(code)
      log.warn({ ...whereOf(live), code, error: messageOf(failed.error) }, 'a commit failed; trying again')
      try {
        await clock.sleep(backOffMs(quickBackOff, live.commitFailures), this.#ending.signal)
        known = true
        if (!(await this.#parts.reopen(live))) return false
        live.stored = null
      } catch {
        known = false
      }
    }
    live.inbox = [...failed.inbox, ...live.inbox, { kind: 'lookAgain' }]
    for (const uid of failed.wakes) if (uid !== live.uid) this.observe(uid as WorkflowUid, { kind: 'lookAgain' })
    return true
  }
}

const othersTurn = (): Promise<void> => new Promise((resolve) => afterTurn(resolve))

function noteOutcomes(live: LiveRun, observations: readonly Observation[]): void {
  for (const observation of observations)
    if (observation.kind === 'artifactsDeleted') live.outstanding.delete(`${observation.node}/${observation.name}`)
}

/** A run that has ended stays until the engine has heard what came of its artifacts. */
function expectOutcomes(live: LiveRun, decision: Decision): void {
  for (const effect of decision.effects)
    if (effect.kind === 'deleteArtifacts')
      for (const { node, artifact } of effect.artifacts) live.outstanding.add(`${node}/${artifact.name}`)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNKNOWN'
const unavailable = (error: unknown): ApiError => new ApiError('UNAVAILABLE', messageOf(error))
