/** One controller's side of the fleet: its membership, its share of the work and what it hears of the others. */
import { hostname } from 'node:os'
import type { LimitReader } from '../../engine/index.ts'
import type { Workflow, WorkflowUid } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import type { RuntimeInfo } from '../../runtime/port.ts'
import type { Fleet, Member } from '../../store/fleet.ts'
import type { Store } from '../../store/port.ts'
import { admit } from '../admit.ts'
import { persevere } from '../back-off.ts'
import type { ControllerConfig } from '../config.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { driversUidOf } from '../plugins/artifact-drivers.ts'
import { Adoption } from './adoption.ts'
import { Fence } from './fence.ts'
import { Follower } from './follower.ts'
import { Forwarding } from './forwarding.ts'
import { Grants } from './grants.ts'
import { HandOver } from './hand-over.ts'
import { LockDesk } from './lock-desk.ts'
import { Membership } from './membership.ts'
import { OwnEngines } from './own-engines.ts'
import { memberStore } from './own-records.ts'
import { heirOf, ownerFor } from './placement.ts'
import { SharedLocks } from './shared-locks.ts'
import { SharedTurns } from './shared-turns.ts'
import { Succession } from './succession.ts'

export type FleetConfig = {
  /** A member whose lease nobody holds for so long loses its workflows to another. */
  readonly takeOverAfterMs: number
  /** Where our API answers the other members; `null`: nowhere. */
  readonly url: () => string | null
}

export type FleetFigures = {
  readonly name: string
  readonly members: readonly Member[]
  readonly owned: number
  readonly takeOvers: number
  readonly takenOver: number
  readonly handedOver: number
  readonly forwarded: number
  readonly placedElsewhere: number
  /** Unfinished workflows of members that have gone and whose engines nobody here reaches. */
  readonly orphans: number
}

export type FleetSideParts = {
  readonly core: () => Core
  readonly port: Fleet
  readonly config: FleetConfig
  readonly controller: ControllerConfig
  readonly store: Store
  readonly limits: LimitReader
}

const housekeepingMs = 5_000
const catchUpMsMost = 300
const catchUpLookMs = 10

export class FleetSide {
  readonly port: Fleet
  readonly name: string
  /** The store as the other parts are to use it. */
  readonly store: Store
  readonly locks: SharedLocks
  readonly turns: SharedTurns
  readonly grants: Grants
  readonly membership: Membership
  readonly adoption: Adoption
  readonly follower: Follower
  readonly forwarding: Forwarding
  readonly #parts: FleetSideParts
  readonly #desk: LockDesk
  readonly #fence: Fence
  readonly #engines: OwnEngines
  readonly #succession: Succession
  readonly #handOver: HandOver
  readonly #ending = new AbortController()
  #following: { close(): void } | null = null
  #role: { readonly isOurs: boolean; close(): Promise<void> } | null = null
  #isLeading = false
  /** Given to others since their figures were read. */
  readonly #placed = new Map<string, number>()
  readonly #figures = { forwarded: 0, placedElsewhere: 0 }
  /** Workflows that are not in memory and whose containers here are ours to keep or remove. */
  readonly #kept = new Set<WorkflowUid>()
  readonly #drivers: WorkflowUid

  constructor(parts: FleetSideParts) {
    const { core, port, config, controller, store, limits } = parts
    this.#parts = parts
    this.port = port
    this.name = port.name
    this.#drivers = driversUidOf(port.name)
    this.store = memberStore(store, port.name)
    const { clock, log, monotonicMs } = lateOf(core)
    this.#desk = new LockDesk({
      locks: port.locks,
      clock,
      log,
      signal: this.#ending.signal,
      onGranted: (grants) => this.grants.hear(grants),
      onStanding: (standing) => this.locks.stand(standing),
    })
    this.locks = new SharedLocks({
      limits,
      desk: this.#desk,
      monotonicMs,
      isLive: (uid) => core().runs.byUid(uid) !== undefined,
      wake: (uid) => core().reconciler.observe(uid, { kind: 'lookAgain' }),
    })
    this.turns = new SharedTurns({
      desk: this.#desk,
      admit: (uid) => admit(core(), uid),
      limits: { limit: controller.parallelism, namespaceLimit: controller.namespaceParallelism },
    })
    const { locks, turns } = this
    this.grants = new Grants({
      ...{ core, store: this.store, port: port.locks, desk: this.#desk, locks, turns },
      signal: this.#ending.signal,
    })
    this.membership = new Membership({
      fleet: port,
      clock,
      log,
      host: `${hostname()}, process ${process.pid}`,
      url: config.url,
      takeOverAfterMs: config.takeOverAfterMs,
      onGone: (member) => this.#succession.onGone(member),
      onRefreshed: () => {
        this.#placed.clear()
        this.#succession.noteLeft()
        this.#engines.look()
        this.#fence.reached()
      },
    })
    this.adoption = new Adoption({
      core,
      name: port.name,
      locks: this.locks,
      turns: this.turns,
      signal: this.#ending.signal,
      knowLocks: () => this.grants.know(),
    })
    this.#engines = new OwnEngines({ core, port, membership: this.membership, config: controller })
    this.#succession = new Succession({
      core,
      port,
      store,
      membership: this.membership,
      adoption: this.adoption,
      takeOverAfterMs: config.takeOverAfterMs,
      signal: this.#ending.signal,
      isLeading: () => this.#isLeading,
      knowLocks: () => this.grants.know(),
    })
    this.#handOver = new HandOver({
      core,
      port,
      desk: this.#desk,
      membership: this.membership,
      choose: (workflow, members) => this.#choose(workflow, members),
      letGo: (live) => this.letGo(live),
    })
    this.#fence = new Fence({
      core,
      clock,
      takeOverAfterMs: config.takeOverAfterMs,
      // Who was away when we last looked may be back by now.
      hasHeirs: () => this.membership.others().length > 0,
      signal: this.#ending.signal,
    })
    this.follower = new Follower(core, this.#ending.signal)
    this.forwarding = new Forwarding({
      core,
      fleet: port,
      clock,
      membership: this.membership,
      adoption: this.adoption,
      onForwarded: () => (this.#figures.forwarded += 1),
    })
  }

  /** Whether timers that must tick once tick here. */
  get isLeading(): boolean {
    return this.#isLeading
  }

  /** What is in memory is not to be shown: see fence.ts. */
  get isFenced(): boolean {
    return this.#fence.isUp
  }

  /** It is ours and will be in memory in a moment: what is seen of its containers is not for nobody. */
  isComing(uid: WorkflowUid): boolean {
    return this.adoption.isComing(uid)
  }

  /** Whether containers of the workflow are ours to look after, where others work on the same engine. */
  isOurs(uid: WorkflowUid): boolean {
    const { runs, leftovers } = this.#parts.core()
    return (
      runs.byUid(uid) !== undefined ||
      this.adoption.isComing(uid) ||
      leftovers.isClearing(uid) ||
      this.#kept.has(uid) ||
      uid === this.#drivers
    )
  }

  letGo(live: LiveRun): void {
    this.adoption.letGo(live)
  }

  /** Before anything is loaded: tells the others, and begins to hear them. */
  async begin(since: number): Promise<void> {
    this.#engines.begin()
    await this.membership.start()
    await this.#succession.inheritFromNobody()
    this.#following = this.port.follow(since, {
      changes: (events) => this.follower.hear(events),
      owned: (uids) => void this.adoption.adopt(uids).catch(() => undefined),
      granted: (grants) => this.grants.hear(grants),
      commands: (commands) => this.forwarding.heard(commands),
      members: () => void this.membership.refresh().catch(() => undefined),
      capacity: () => this.#engines.look(),
      lostTrack: (reason) => void this.#lostTrack(reason),
    })
  }

  /** Everything is loaded and goes on. */
  open(): void {
    this.adoption.open()
    this.grants.open()
    void this.adoption.adoptAll().catch(() => undefined)
    this.#role = this.port.role('cron', (isOurs) => this.#lead(isOurs))
    if (this.#role.isOurs) this.#lead(true)
    this.#keepHouse()
  }

  /** What the container engine is. */
  engineKnown(info: RuntimeInfo): Promise<void> {
    return this.#engines.known(info)
  }

  /** Our engine answers, or does not: nothing new is given to whom it does not. */
  engineHealth(isUp: boolean): void {
    this.#engines.health(isUp)
  }

  /** What other members had stored by now is known here when it resolves, or some time has passed. */
  async catchUp(): Promise<void> {
    const { clock } = this.#parts.core()
    const until = clock.now() + catchUpMsMost
    const version = await this.store.currentVersion()
    while (this.follower.version < version && clock.now() < until) await clock.sleep(catchUpLookMs)
    await Promise.race([this.follower.settled(), clock.sleep(Math.max(0, until - clock.now()))])
  }

  /** Whose a new workflow is to be. */
  ownerOf(workflow: Workflow): string {
    const owner = this.#choose(this.#whole(workflow), this.membership.members)
    if (owner !== this.name) this.#figures.placedElsewhere += 1
    return owner
  }

  #choose(workflow: Pick<Workflow, 'spec'>, among: readonly Member[]): string {
    const owner = ownerFor(workflow, among, this.name, this.#placed)
    this.#placed.set(owner, (this.#placed.get(owner) ?? 0) + 1)
    return owner
  }

  /** With the spec of the template that it refers to, which may say where it is to run. */
  #whole(workflow: Workflow): Workflow {
    const reference = workflow.spec?.workflowTemplateRef
    if (!reference?.name) return workflow
    const { objects } = this.#parts.core()
    const { namespace = '' } = workflow.metadata
    const template =
      reference.clusterScope === true
        ? objects.get('ClusterWorkflowTemplate', '', reference.name)
        : objects.get('WorkflowTemplate', namespace, reference.name)
    return template === null ? workflow : { ...workflow, spec: { ...template.spec, ...workflow.spec } }
  }

  figures(): FleetFigures {
    const { runs } = this.#parts.core()
    const { members } = this.membership
    const orphans = members.filter((member) => !member.isLive && heirOf(member, members) === null)
    return {
      ...this.#figures,
      ...this.#succession.figures,
      handedOver: this.#handOver.count,
      name: this.name,
      members,
      owned: runs.size,
      orphans: orphans.reduce((sum, { workflows }) => sum + workflows, 0),
    }
  }

  /** Takes nothing new any more. */
  async drain(): Promise<void> {
    await this.#role?.close()
    this.#lead(false)
    await this.membership.drain().catch(() => undefined)
  }

  /** Nothing is decided any more: gives what is ours to those who can go on with it. */
  handOver(): Promise<void> {
    return this.#handOver.run()
  }

  close(): void {
    this.#following?.close()
    this.#engines.close()
    this.#fence.close()
    this.membership.close()
    this.#ending.abort(new Error('the controller is stopping'))
  }

  #lead(isOurs: boolean): void {
    const { cron, log, expiry } = this.#parts.core()
    if (isOurs === this.#isLeading) return
    this.#isLeading = isOurs
    log.info({ member: this.name }, isOurs ? 'schedules tick here' : 'schedules tick elsewhere')
    if (isOurs) {
      cron.start()
      expiry.trim()
      this.#succession.lead()
    } else void cron.stop()
  }

  #keepHouse(): void {
    const { clock, alarms } = this.#parts.core()
    alarms.set('fleet/house', instant(clock.now() + housekeepingMs), () => {
      void this.#house().finally(() => {
        if (!this.#ending.signal.aborted) this.#keepHouse()
      })
    })
  }

  async #house(): Promise<void> {
    const { log, expiry } = this.#parts.core()
    try {
      this.locks.sweep()
      this.locks.stand(await this.port.locks.standing(), { all: true })
      if (this.#isLeading) expiry.trim()
      await this.membership.tellAgain()
    } catch (error) {
      if (!this.#ending.signal.aborted) log.debug({ error: String(error) }, 'the shared locks could not be read')
    }
  }

  async #lostTrack(reason: string): Promise<void> {
    const core = this.#parts.core()
    core.log.warn({ reason }, 'changes of other members were missed: everything is read anew')
    const read = async () => {
      await core.objects.rereadAll()
      await Promise.all([core.memos.load(core.store), core.limits.load(), core.owners.load(core.store)])
      core.hub.skip(await core.store.currentVersion())
      await this.adoption.adoptAll()
      await this.grants.know()
      await this.membership.refresh()
    }
    const patience = { clock: core.clock, signal: this.#ending.signal }
    await persevere(read, patience).catch((error: unknown) => {
      if (!this.#ending.signal.aborted) core.log.error({ error: String(error) }, 'what was missed could not be read')
    })
    this.locks.askAgain()
    this.turns.askAgain()
  }

  /** Of the containers that stand in the engine: which workflows' are ours to look after, though they are over. */
  async learnKept(): Promise<void> {
    const { runtime, runs } = this.#parts.core()
    const uids = (await runtime.workflows?.(this.#ending.signal)) ?? []
    for (const uid of uids) {
      if (runs.byUid(uid) !== undefined) continue
      const row = await this.store.workflowByUid(uid)
      const isOther = row !== null && row.owner !== this.name
      if (!isOther) this.#kept.add(uid)
    }
  }
}

/** Parts of the core that is being built. */
const lateOf = (core: () => Core) => ({
  clock: {
    now: () => core().clock.now(),
    sleep: (ms: number, signal?: AbortSignal) => core().clock.sleep(ms, signal),
  },
  log: {
    debug: (...line: Parameters<Core['log']['debug']>) => core().log.debug(...line),
    info: (...line: Parameters<Core['log']['info']>) => core().log.info(...line),
    warn: (...line: Parameters<Core['log']['warn']>) => core().log.warn(...line),
    error: (...line: Parameters<Core['log']['error']>) => core().log.error(...line),
  },
  monotonicMs: () => core().telemetry.monotonicMs(),
})
