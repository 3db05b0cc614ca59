/** Workflows on schedules (semantics-operations.md §2): one alarm per CronWorkflow, one tick at a time for each. */
import { validateCronWorkflow } from '../../admission/index.ts'
import type { Clock, CronWorkflow, Instant, Random, Workflow, WorkflowUid } from '../../resources/index.ts'
import { instant, instantOf, rfc3339 } from '../../resources/index.ts'
import type { Store } from '../../store/port.ts'
import { Alarms } from '../alarms.ts'
import type { ControllerConfig } from '../config.ts'
import type { ObjectTable } from '../objects.ts'
import type { AlongStep, Controller } from '../port.ts'
import { ApiError } from '../port.ts'
import type { RunTable } from '../run-table.ts'
import type { Log, Telemetry } from '../telemetry.ts'
import { cronIn, templateLookup } from '../world.ts'
import { cronLabel, scheduledChild } from './child.ts'
import { isStopped, outsideOf, whenHolds } from './conditions.ts'
import { missedTick, nextTick, ticksBetween, usedSchedule } from './schedule.ts'
import {
  hasStopped,
  withCondition,
  withCounted,
  withFailedTick,
  withStarted,
  withStopped,
  withoutCondition,
} from './status.ts'

/** Changes of children of other controllers are gathered for so long. */
const childLookMs = 300

const scheduleAnnotation = 'cronworkflows.argoproj.io/last-used-schedule'

export type CronParts = {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly objects: ObjectTable
  readonly runs: RunTable
  readonly config: ControllerConfig
  readonly telemetry: Telemetry
  readonly log: Log
  readonly api: Pick<Controller, 'createWorkflow' | 'operate' | 'deleteWorkflow'>
}

type Key = { readonly namespace: string; readonly name: string }

export class Cron {
  readonly #parts: CronParts
  readonly #alarms: Alarms
  readonly #busy = new Map<string, Promise<void>>()
  /** Ticks that could not be submitted. */
  readonly #failedAt = new Map<string, Instant>()
  #isOn = false

  constructor(parts: CronParts) {
    this.#parts = parts
    this.#alarms = new Alarms(parts.clock)
  }

  start(): void {
    this.#isOn = true
    for (const cron of this.#parts.objects.list('CronWorkflow', '')) {
      this.#countMissed(cron)
      this.look(cron)
    }
    this.#soon()
  }

  /** What should have fired while no daemon ran. The one that is caught up with is late, not missed. */
  #countMissed(cron: CronWorkflow): void {
    const { clock, telemetry } = this.#parts
    const last = instantOf(cron.status?.lastScheduledTime)
    const isForbidden = cron.spec.concurrencyPolicy === 'Forbid' && (cron.status?.active?.length ?? 0) > 0
    if (last === null || isForbidden || hasStopped(cron) || cron.spec.suspend === true) return
    if (cron.metadata.annotations?.[scheduleAnnotation] !== usedSchedule(cron)) return
    const now = clock.now()
    const caughtUp = missedTick(cron, now, this.#timezone()) === null ? 0 : 1
    const missed = ticksBetween(cron, last, now, this.#timezone()) - caughtUp
    const { namespace, name } = keyOf(cron)
    if (missed > 0) telemetry.cronMissed(namespace, name, missed)
  }

  async stop(): Promise<void> {
    this.#isOn = false
    this.#alarms.clearAll()
    await Promise.all(this.#busy.values())
  }

  /** The object is new or has changed: set its alarm, and catch up with what was missed. */
  look(cron: CronWorkflow): void {
    const key = keyOf(cron)
    this.#inTurn(key, async () => {
      const current = this.#current(key)
      if (current === null) return
      const isNew = current.metadata.annotations?.[scheduleAnnotation] !== usedSchedule(current)
      const now = this.#parts.clock.now()
      const isQuiet = isNew || hasStopped(current) || current.spec.suspend === true
      const found = isQuiet ? null : missedTick(current, now, this.#timezone())
      // What failed changes the object, which must not make it fail again at once.
      const missed = found === this.#failedAt.get(textOf(key)) ? null : found
      if (isNew) await this.#noteSchedule(key)
      if (missed !== null) await this.#tick(key, missed)
      if (isNew || hasStopped(current) || !this.#alarms.has(textOf(key))) this.#setAlarm(key)
    })
  }

  /** A workflow of another controller has changed: whoever started it may count it. */
  childChanged(uid: WorkflowUid): void {
    if (!this.#isOn) return
    for (const cron of this.#parts.objects.list('CronWorkflow', '')) {
      if (cron.status?.active?.some((child) => child.uid === uid) !== true) continue
      const alarm = `//child/${textOf(keyOf(cron))}`
      const at = instant(this.#parts.clock.now() + childLookMs)
      if (!this.#alarms.has(alarm))
        this.#alarms.set(alarm, at, () => this.#inTurn(keyOf(cron), () => this.#sync(keyOf(cron))))
    }
  }

  forget({ namespace, name }: Key): void {
    this.#alarms.clear(`${namespace}/${name}`)
    this.#failedAt.delete(`${namespace}/${name}`)
  }

  /** A workflow has ended: its CronWorkflow counts it. */
  workflowEnded({ metadata }: Workflow): void {
    const name = metadata.labels?.[cronLabel]
    if (!name) return
    const key = { namespace: metadata.namespace ?? '', name }
    this.#inTurn(key, () => this.#sync(key))
  }

  #timezone(): string {
    return this.#parts.config.engine.timezone
  }

  #current({ namespace, name }: Key): CronWorkflow | null {
    return cronIn(this.#parts.objects, namespace, name)
  }

  #setAlarm(key: Key): void {
    const cron = this.#current(key)
    const alarm = `${key.namespace}/${key.name}`
    const at =
      cron === null || !this.#isOn || hasStopped(cron)
        ? null
        : nextTick(cron, this.#parts.clock.now(), this.#timezone())
    if (at === null) return this.#alarms.clear(alarm)
    this.#alarms.set(alarm, at, () => {
      this.#inTurn(key, async () => {
        // Where the alarm came late (a machine that slept), others may have passed meanwhile.
        const current = this.#current(key)
        const passed = current === null ? 0 : ticksBetween(current, at, this.#parts.clock.now(), this.#timezone())
        if (passed > 0) this.#parts.telemetry.cronMissed(key.namespace, key.name, passed)
        await this.#tick(key, at)
        this.#setAlarm(key)
      })
    })
  }

  /** §2.3, in its order. */
  async #tick(key: Key, scheduledAt: Instant): Promise<void> {
    const { clock, random, objects, config } = this.#parts
    await this.#noteSchedule(key)
    const cron = this.#current(key)
    if (cron === null) return
    const [problem] = validateCronWorkflow(cron, {
      lookup: templateLookup(objects),
      workflowDefaults: config.engine.workflowDefaults,
    })
    if (problem !== undefined) return this.#specError(key, problem.message, scheduledAt)
    if (cron.status?.conditions?.some(({ type }) => type === 'SpecError') === true)
      await this.#change(key, (now) => withoutCondition(now, 'SpecError'))
    const outside = outsideOf(() => clock.now(), random)
    const stopped = isStopped(cron, outside)
    if (!stopped.ok) return this.#specError(key, stopped.error, scheduledAt)
    if (stopped.value) return this.#change(key, withStopped)
    if (cron.spec.suspend === true || hasStopped(cron)) return
    const due = whenHolds(cron, outside)
    if (!due.ok) return this.#failedTick(key, `run policy error: ${due.error}`, scheduledAt)
    if (!due.value) return
    try {
      if (!(await this.#mayStart(key, cron))) return
    } catch (error) {
      return this.#notSubmitted(key, error, scheduledAt)
    }
    await this.#submit(key, scheduledAt)
  }

  /** @throws where the store cannot tell which children there are */
  async #mayStart(key: Key, { spec }: CronWorkflow): Promise<boolean> {
    const { api, telemetry, log } = this.#parts
    const { namespace, name } = key
    const policy = spec.concurrencyPolicy
    if (policy !== 'Forbid' && policy !== 'Replace') return true
    // One that was created though nobody could note it (a crash, a full disk) counts too.
    await this.#countChildren(key)
    const active = this.#current(key)?.status?.active ?? []
    if (active.length === 0) return true
    telemetry.cronPolicyApplied(namespace, name, policy)
    if (policy === 'Forbid') return false
    for (const { name: child = '' } of active)
      await api.operate(namespace, child, { kind: 'terminate' }).catch((error: unknown) => {
        log.debug({ cron: name, workflow: child, error: String(error) }, 'an active workflow could not be terminated')
      })
    return true
  }

  async #submit(key: Key, scheduledAt: Instant): Promise<void> {
    const cron = this.#current(key)
    if (cron === null) return
    try {
      const child = scheduledChild(cron, scheduledAt)
      await this.#parts.api.createWorkflow(key.namespace, child, { along: startedWith(cron, scheduledAt) })
      this.#parts.telemetry.cronLate(Math.max(0, this.#parts.clock.now() - scheduledAt) / 1000)
    } catch (error) {
      const code = error instanceof ApiError ? error.code : null
      if (code === 'FAILED_PRECONDITION') return this.#tickAnew(key, scheduledAt)
      if (code === 'ALREADY_EXISTS') await this.#change(key, (now) => withLast(now, scheduledAt))
      else await this.#notSubmitted(key, error, scheduledAt)
    }
    this.#parts.telemetry.cronTriggered(key.namespace, key.name)
  }

  /** Another controller has changed it: it may have ticked itself, or there may be nothing left to tick. */
  async #tickAnew(key: Key, scheduledAt: Instant): Promise<void> {
    await this.#parts.objects.reread({ kind: 'CronWorkflow', ...key })
    const last = instantOf(this.#current(key)?.status?.lastScheduledTime) ?? 0
    if (this.#isOn && last < scheduledAt) await this.#tick(key, scheduledAt)
  }

  #notSubmitted(key: Key, error: unknown, scheduledAt: Instant): Promise<void> {
    this.#parts.telemetry.errorCounted('CronWorkflowSubmissionError')
    const reason = error instanceof Error ? error.message : String(error)
    return this.#failedTick(key, `Failed to submit Workflow: ${reason}`, scheduledAt)
  }

  async #specError(key: Key, message: string, scheduledAt: Instant): Promise<void> {
    this.#failedAt.set(textOf(key), scheduledAt)
    this.#parts.telemetry.errorCounted('CronWorkflowSpecError')
    this.#parts.telemetry.cronMissed(key.namespace, key.name, 1)
    await this.#change(key, (now) => withCondition(now, 'SpecError', message))
  }

  #failedTick(key: Key, message: string, scheduledAt: Instant): Promise<void> {
    this.#failedAt.set(textOf(key), scheduledAt)
    this.#parts.telemetry.cronMissed(key.namespace, key.name, 1)
    return this.#change(key, (now) => withFailedTick(now, message))
  }

  #noteSchedule(key: Key): Promise<void> {
    return this.#change(key, (cron) => {
      const used = usedSchedule(cron)
      if (cron.metadata.annotations?.[scheduleAnnotation] === used) return cron
      return {
        ...cron,
        metadata: { ...cron.metadata, annotations: { ...cron.metadata.annotations, [scheduleAnnotation]: used } },
      }
    })
  }

  /** Counts ended children, adopts others, keeps the history short, and looks whether it is to stop. */
  async #sync(key: Key): Promise<void> {
    const { clock, random } = this.#parts
    if (this.#current(key) === null) return
    await this.#countChildren(key)
    await this.#change(key, (now) => {
      const stopped = isStopped(
        now,
        outsideOf(() => clock.now(), random),
      )
      return stopped.ok && stopped.value && !hasStopped(now) ? withStopped(now) : now
    })
    await this.#trim(key)
  }

  /** Those that have ended are counted, and unfinished ones of the store that nobody noted are active. */
  async #countChildren(key: Key): Promise<void> {
    const { store, runs } = this.#parts
    const cron = this.#current(key)
    if (cron === null) return
    const phases = new Map<string, string>()
    for (const { uid = '' } of cron.status?.active ?? []) {
      const live = runs.byUid(uid as never)
      const phase = live === undefined ? (await store.workflowByUid(uid as never))?.phase : live.phase
      if (phase !== undefined) phases.set(uid, phase)
    }
    const rows = await store.workflows({ namespace: key.namespace, finished: false, labels: { [cronLabel]: key.name } })
    const unfinished = rows
      .map(({ body }) => body as Workflow)
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === cron.metadata.uid) === true)
      .filter(
        ({ metadata }) => !['Succeeded', 'Failed', 'Error'].includes(runs.byUid(metadata.uid as never)?.phase ?? ''),
      )
    await this.#change(key, (now) => withCounted(now, (uid) => phases.get(uid), unfinished))
  }

  /** The oldest by time of finishing go first. */
  async #trim(key: Key): Promise<void> {
    const cron = this.#current(key)
    if (cron === null) return
    const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cron.spec
    const groups = [
      { phases: ['Succeeded'], limit: successfulJobsHistoryLimit },
      { phases: ['Failed', 'Error'], limit: failedJobsHistoryLimit },
    ]
    for (const { phases, limit } of groups) {
      const rows = await this.#parts.store.workflows({
        namespace: key.namespace,
        finished: true,
        phases,
        labels: { [cronLabel]: key.name },
      })
      const oldest = [...rows].sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0)).slice(limit)
      for (const { name } of oldest) await this.#parts.api.deleteWorkflow(key.namespace, name).catch(() => {})
    }
  }

  async #change(key: Key, step: (cron: CronWorkflow) => CronWorkflow): Promise<void> {
    await this.#parts.objects.update({ kind: 'CronWorkflow', ...key }, (current) => {
      if (current === null) return null
      const next = step(current)
      return next === current ? null : next
    })
  }

  /** Every so often, in case an end was missed. */
  #soon(): void {
    this.#alarms.set('//sync', instant(this.#parts.clock.now() + this.#parts.config.cronSyncMs), () => {
      for (const cron of this.#parts.objects.list('CronWorkflow', ''))
        if ((cron.status?.active?.length ?? 0) > 0) this.#inTurn(keyOf(cron), () => this.#sync(keyOf(cron)))
      if (this.#isOn) this.#soon()
    })
  }

  #inTurn(key: Key, work: () => Promise<void>): void {
    const text = `${key.namespace}/${key.name}`
    const before = this.#busy.get(text) ?? Promise.resolve()
    const mine = before
      .then(() => (this.#isOn ? work() : undefined))
      .catch((error: unknown) =>
        this.#parts.log.warn(
          { cron: key.name, namespace: key.namespace, error: String(error) },
          'a cron workflow could not be handled',
        ),
      )
      .finally(() => {
        if (this.#busy.get(text) === mine) this.#busy.delete(text)
      })
    this.#busy.set(text, mine)
  }
}

const textOf = ({ namespace, name }: Key): string => `${namespace}/${name}`

const keyOf = ({ metadata }: CronWorkflow): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })

/** A tick is stored with its child, and only if nobody else has ticked, changed or deleted the CronWorkflow meanwhile. */
const startedWith = (cron: CronWorkflow, scheduledAt: Instant): AlongStep => ({
  ...{ kind: 'CronWorkflow', ...keyOf(cron) },
  resourceVersion: Number(cron.metadata.resourceVersion ?? 0),
  step: (current, child) => withStarted(current as CronWorkflow, child, scheduledAt),
})

function withLast(cron: CronWorkflow, scheduledAt: Instant): CronWorkflow {
  if ((instantOf(cron.status?.lastScheduledTime) ?? 0) >= scheduledAt) return cron
  return { ...cron, status: { ...cron.status, lastScheduledTime: rfc3339(scheduledAt) } }
}
