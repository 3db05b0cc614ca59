/** One controller's side of the fleet: its membership, its share of the work and what it hears of the others. */
import { hostname } from 'node:os'
import type { LimitReader } from '../../engine/index.ts'
import type { Workflow, WorkflowUid } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import type { RuntimeInfo } from '../../runtime/port.ts'
import { isTurn } from '../../store/fleet.ts'
import type { Fleet, FleetEngine, LockGrant, Member } from '../../store/fleet.ts'
import type { Store } from '../../store/port.ts'
import { admit } from '../admit.ts'
import { goOnDeleting } from '../api/delete.ts'
import { persevere, quickBackOff } from '../back-off.ts'
import type { ControllerConfig } from '../config.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { driversUidOf } from '../plugins/artifact-drivers.ts'
import { Adoption } from './adoption.ts'
import { enginesOf } from './engines.ts'
import { Fence } from './fence.ts'
import { Follower } from './follower.ts'
import { Forwarding } from './forwarding.ts'
import { LockDesk } from './lock-desk.ts'
import { returnLostClaims } from './lost-claims.ts'
import { Membership } from './membership.ts'
import { inheritRecords, memberStore } from './own-records.ts'
import { heirOf, ownerFor, reachesAllOf } from './placement.ts'
import { SharedCapacity } from './shared-capacity.ts'
import { SharedLocks } from './shared-locks.ts'
import { SharedTurns } from './shared-turns.ts'

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
/** How long the end waits for what is on its way to the store. */
const endMs = 3_000
/** How long what is on its way to the engine is waited for. */
const quietMs = 6_000
const pause = (core: Core, ms: number): Promise<void> => core.clock.sleep(ms)

export class FleetSide {
  readonly port: Fleet
  readonly name: string
  /** The store as the other parts are to use it. */
  readonly store: Store
  readonly locks: SharedLocks
  readonly turns: SharedTurns
  readonly membership: Membership
  readonly adoption: Adoption
  readonly follower: Follower
  readonly forwarding: Forwarding
  readonly #parts: FleetSideParts
  readonly #desk: LockDesk
  readonly #fence: Fence
  readonly #ending = new AbortController()
  #following: { close(): void } | null = null
  #role: { readonly isOurs: boolean; close(): Promise<void> } | null = null
  #isLeading = false
  /** Given to others since their figures were read. */
  readonly #placed = new Map<string, number>()
  readonly #figures = { takeOvers: 0, takenOver: 0, handedOver: 0, forwarded: 0, placedElsewhere: 0 }
  readonly #taking = new Set<string>()
  /** Workflows that are not in memory and whose containers here are ours to keep or remove. */
  readonly #kept = new Set<WorkflowUid>()
  readonly #drivers: WorkflowUid
  #capacity: SharedCapacity | null = null
  #engines: readonly FleetEngine[] = []
  #wanted: ReadonlySet<string> = new Set()

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
      onGranted: (grants) => this.#granted(grants),
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
    this.membership = new Membership({
      fleet: port,
      clock,
      log,
      host: `${hostname()}, process ${process.pid}`,
      url: config.url,
      takeOverAfterMs: config.takeOverAfterMs,
      onGone: (member) => this.#onGone(member),
      onRefreshed: () => {
        this.#placed.clear()
        this.#noteLeft()
        this.#capacity?.look()
        this.#fence.reached()
      },
    })
    this.adoption = new Adoption({
      core,
      name: port.name,
      locks: this.locks,
      turns: this.turns,
      signal: this.#ending.signal,
    })
    this.#fence = new Fence({
      core,
      clock,
      takeOverAfterMs: config.takeOverAfterMs,
      // Who was away when we last looked may be back by now.
      hasHeirs: () => this.membership.others().length > 0,
      signal: this.#ending.signal,
    })
    this.follower = new Follower(core)
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
    const { core } = this.#parts
    const { clock, log, capacity } = core()
    this.#capacity = new SharedCapacity({
      clock,
      log,
      capacity,
      shares: this.port.capacity,
      name: this.name,
      members: () => this.membership.members,
      engines: () => this.#engines,
      onWanted: (engines) => this.#tellWanted(engines),
    })
    // Nothing starts before its room is known to be ours.
    capacity.setShares(new Map())
    await this.membership.start()
    // From the days of a single controller, and of one that was taken over from by one that died over it.
    await inheritRecords(this.#parts.store, this.#isNobody, this.name)
    this.#following = this.port.follow(since, {
      changes: (events) => this.follower.hear(events),
      owned: (uids) => void this.adoption.adopt(uids).catch(() => undefined),
      granted: (grants) => this.#granted(grants),
      commands: (commands) => this.forwarding.heard(commands),
      members: () => void this.membership.refresh().catch(() => undefined),
      capacity: () => this.#capacity?.look(),
      lostTrack: (reason) => void this.#lostTrack(reason),
    })
  }

  /** Members that have left for good have left records behind, such as when a workflow expires. */
  readonly #isNobody = (name: string | null): boolean => name === null || this.membership.find(name) === undefined

  async #clearAfterLeft(): Promise<void> {
    const { core, store } = this.#parts
    const inherit = async (): Promise<void> => {
      await this.membership.refresh()
      await inheritRecords(store, this.#isNobody, this.name)
      await this.#resumeRecords()
    }
    await persevere(inherit, { clock: core().clock, backOff: quickBackOff, signal: this.#ending.signal })
  }

  /** With what was ours in memory: the locks that the store says they have. */
  async knowLocks(): Promise<void> {
    const { clock, runs } = this.#parts.core()
    const { store, turns } = this
    const { locks } = this.port
    const read = async (): Promise<void> => {
      const ours = await locks.ours()
      this.#granted(ours.held)
      await returnLostClaims({ store, locks, runs, turns }, ours)
    }
    await persevere(read, { clock, backOff: quickBackOff, signal: this.#ending.signal })
  }

  /** Everything is loaded and goes on. */
  open(): void {
    this.adoption.open()
    void this.adoption.adoptAll().catch(() => undefined)
    this.#role = this.port.role('cron', (isOurs) => this.#lead(isOurs))
    if (this.#role.isOurs) this.#lead(true)
    this.#keepHouse()
  }

  /** What the container engine is. */
  async engineKnown(info: RuntimeInfo): Promise<void> {
    const { controller, core } = this.#parts
    this.#engines = enginesOf(info, controller.capacity)
    this.#capacity?.start()
    await this.#tellEngines()
    core().runtime.endpoints?.onChange(() => {
      const { endpoints } = core().runtime
      this.#engines = enginesOf(
        { ...info, ...(endpoints === undefined ? {} : { endpoints: endpoints.now() }) },
        controller.capacity,
      )
      this.#capacity?.look()
      void this.#tellEngines().catch(() => undefined)
    })
  }

  /** Our engine answers, or does not: nothing new is given to whom it does not. */
  engineHealth(isUp: boolean): void {
    if (this.#parts.core().runtime.endpoints !== undefined || this.#engines.every((engine) => engine.isUp === isUp))
      return
    this.#engines = this.#engines.map((engine) => ({ ...engine, isUp }))
    void this.#tellEngines().catch(() => undefined)
  }

  #tellEngines(): Promise<void> {
    return this.membership.setEngines(
      this.#engines.map((engine) => (this.#wanted.has(engine.id) ? { ...engine, isWanted: true } : engine)),
    )
  }

  #tellWanted(engines: ReadonlySet<string>): void {
    if (engines.size === this.#wanted.size && [...engines].every((id) => this.#wanted.has(id))) return
    this.#wanted = engines
    void this.#tellEngines().catch(() => undefined)
  }

  /** What other members had stored by now is known here when it resolves, or some time has passed. */
  async catchUp(): Promise<void> {
    const { clock } = this.#parts.core()
    const until = clock.now() + catchUpMsMost
    const version = await this.store.currentVersion()
    while (this.follower.version < version && clock.now() < until) await clock.sleep(catchUpLookMs)
    await this.follower.settled()
  }

  /** Whose a new workflow is to be. */
  ownerOf(workflow: Workflow): string {
    const owner = ownerFor(this.#whole(workflow), this.membership.members, this.name, this.#placed)
    this.#placed.set(owner, (this.#placed.get(owner) ?? 0) + 1)
    if (owner !== this.name) this.#figures.placedElsewhere += 1
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
  async handOver(): Promise<void> {
    const core = this.#parts.core()
    await Promise.race([this.#desk.idle(), pause(core, endMs)])
    const groups = new Map<string, LiveRun[]>()
    for (const live of core.runs.all()) {
      const heir = this.#successorOf(live)
      if (heir !== null) groups.set(heir, [...(groups.get(heir) ?? []), live])
    }
    for (const [to, runs] of groups) {
      try {
        // Nothing of ours may start a container that the next one starts too.
        await Promise.race([Promise.all(runs.map(({ uid }) => core.pods.letGo(uid))), pause(core, quietMs)])
        await this.port.handOver(
          runs.map(({ uid }) => uid),
          to,
        )
        this.#figures.handedOver += runs.length
        core.log.info({ member: to, workflows: runs.length }, 'workflows were handed over')
        for (const live of runs) this.letGo(live)
      } catch (error) {
        core.log.warn({ member: to, error: String(error) }, 'workflows could not be handed over')
      }
    }
  }

  close(): void {
    this.#following?.close()
    this.#capacity?.close()
    this.#fence.close()
    this.membership.close()
    this.#ending.abort(new Error('the controller is stopping'))
  }

  /** One that reaches every engine that we do, or where no container has begun, one that it may run on. */
  #successorOf(live: LiveRun): string | null {
    const { members } = this.membership
    const self = this.membership.find(this.name)
    const others = members.filter(({ name, isLive, isDraining }) => name !== this.name && isLive && !isDraining)
    const hasBegun = live.pods.size > 0
    const able = hasBegun && self !== undefined ? others.filter((member) => reachesAllOf(member, self)) : others
    if (able.length === 0) return null
    const owner = ownerFor({ spec: live.run.spec }, able, this.name, this.#placed)
    this.#placed.set(owner, (this.#placed.get(owner) ?? 0) + 1)
    return owner
  }

  async #onGone(member: Member): Promise<void> {
    if (this.#taking.has(member.name)) return
    const heir = heirOf(member, this.membership.members)
    const isLate = member.goneForMs > this.#parts.config.takeOverAfterMs * 4
    const self = this.membership.find(this.name)
    const isAble = heir !== null && self !== undefined && reachesAllOf(self, member)
    if (heir === this.name || (isLate && isAble)) return this.#takeOver(member)
    if (heir === null && member.workflows > 0 && (await this.#hasNothingBegun(member))) return this.#takeOver(member)
  }

  /** Nothing of it runs anywhere: whoever is first may have it. */
  async #hasNothingBegun({ name }: Member): Promise<boolean> {
    const rows = await this.store.workflows({ finished: false, owner: name })
    return rows.every(({ startedAt }) => startedAt === null)
  }

  async #takeOver(member: Member): Promise<void> {
    const { core, store } = this.#parts
    this.#taking.add(member.name)
    try {
      const uids = await this.port.takeOver(member.name)
      core().log.info(
        { member: member.name, workflows: uids.length, goneForMs: member.goneForMs },
        'took over from a member that has gone',
      )
      this.#figures.takeOvers += 1
      this.#figures.takenOver += uids.length
      await this.adoption.adopt(uids)
      await this.knowLocks()
      const { clock } = core()
      const inherit = async (): Promise<void> => {
        await inheritRecords(store, (from) => from === member.name, this.name)
        await this.#resumeRecords()
      }
      await persevere(inherit, { clock, backOff: quickBackOff, signal: this.#ending.signal })
      await this.membership.refresh()
    } finally {
      this.#taking.delete(member.name)
    }
  }

  /** One of the members looks after what those that are no longer there had meant to do. */
  #noteLeft(): void {
    const names = new Set(this.membership.members.map(({ name }) => name))
    this.#haveLeft ||= [...this.#names].some((name) => !names.has(name))
    this.#names = names
    if (!this.#haveLeft || !this.#isLeading) return
    this.#haveLeft = false
    void this.#clearAfterLeft().catch((error: unknown) => {
      if (!this.#ending.signal.aborted)
        this.#parts.core().log.warn({ error: String(error) }, 'what a member left behind could not be taken over')
    })
  }
  #names: ReadonlySet<string> = new Set()
  #haveLeft = false

  async #resumeRecords(): Promise<void> {
    const core = this.#parts.core()
    await core.leftovers.resume()
    await goOnDeleting(core)
    await core.expiry.start()
  }

  #granted(grants: readonly LockGrant[]): void {
    this.turns.granted(grants.filter(({ holder }) => isTurn(holder)))
    this.locks.granted(grants.filter(({ holder }) => !isTurn(holder)))
  }

  #lead(isOurs: boolean): void {
    const { cron, log, expiry } = this.#parts.core()
    if (isOurs === this.#isLeading) return
    this.#isLeading = isOurs
    log.info({ member: this.name }, isOurs ? 'schedules tick here' : 'schedules tick elsewhere')
    if (isOurs) {
      cron.start()
      expiry.trim()
      // Whoever had the role before may be the one that left.
      this.#haveLeft = true
      this.#noteLeft()
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
      await this.knowLocks()
      await this.membership.refresh()
    }
    const patience = { clock: core.clock, backOff: quickBackOff, signal: this.#ending.signal }
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
