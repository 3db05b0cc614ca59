/** The fleet as one member sees it, over a disk in memory. */
import type { Clock, WorkflowUid } from '../../resources/index.ts'
import { storeError, unanswered } from '../fault.ts'
import { nobody, ownerOf } from '../fleet.ts'
import type {
  EngineShare,
  Fleet,
  FleetCapacity,
  FleetCommands,
  FleetListener,
  FleetLocks,
  FleetSelf,
  Member,
} from '../fleet.ts'
import { isLess, shareOf } from '../fleet-shares.ts'
import type { MemoryDisk } from './disk.ts'
import { MemoryFollower } from './follower.ts'
import type { Session } from './session.ts'

export class MemoryFleet implements Fleet {
  readonly name: string
  readonly locks: FleetLocks
  readonly capacity: FleetCapacity
  readonly commands: FleetCommands
  readonly #disk: MemoryDisk
  readonly #session: Session
  readonly #clock: Clock
  #commandNo = 0

  constructor(disk: MemoryDisk, session: Session, clock: Clock) {
    this.name = session.name
    this.#disk = disk
    this.#session = session
    this.#clock = clock
    this.locks = this.#locksOf()
    this.capacity = { share: (engine, wanted, budget) => session.run(() => this.#share(engine, wanted, budget)) }
    this.commands = {
      send: (uid, request, deadlineMs) => this.#send(uid, request, deadlineMs),
      answer: (id, answer) => session.run(() => this.#answer(id, answer)),
    }
  }

  present(self: FleetSelf): Promise<void> {
    const copy = structuredClone(self)
    return this.#session.run(() => {
      this.#disk.fleet.selves.set(this.name, copy)
      this.#disk.fleet.tell('members')
    })
  }

  members(): Promise<readonly Member[]> {
    return this.#session.run(() => {
      const { leases, selves } = this.#disk.fleet
      const owned = new Map<string, number>()
      for (const { row } of this.#disk.workflows.values())
        if (!row.finished) owned.set(ownerOf(row), (owned.get(ownerOf(row)) ?? 0) + 1)
      const live = [...leases].flatMap(([name, { holder }]) => (holder === null ? [] : [name]))
      const names = [...new Set([...live, ...selves.keys(), ...owned.keys()])].sort()
      return names.map((name) => {
        const lease = leases.get(name)
        const isLive = lease?.holder != null
        const goneForMs = isLive ? 0 : Math.max(0, this.#clock.now() - (lease?.goneAt ?? this.#clock.now()))
        return { ...(selves.get(name) ?? nobody), name, isLive, goneForMs, workflows: owned.get(name) ?? 0 }
      })
    })
  }

  takeOver(member: string): Promise<readonly WorkflowUid[]> {
    return this.#session.run(() => {
      const { fleet } = this.#disk
      const lease = fleet.leases.get(member)
      if (lease?.holder != null || member === this.name) return []
      if (lease) lease.epoch += 1
      const uids = this.#move(({ owner }) => owner === member, this.name)
      fleet.pass((claim) => claim.member === member, this.name)
      for (const shares of fleet.shares.values()) shares.delete(member)
      fleet.selves.delete(member)
      fleet.handed.delete(member)
      for (const news of ['members', 'capacity', 'commands', 'grants'] as const) fleet.tell(news)
      return uids
    })
  }

  handOver(uids: readonly WorkflowUid[], to: string): Promise<void> {
    const wanted = new Set(uids)
    return this.#session.run(() => {
      const { fleet } = this.#disk
      if (fleet.leases.get(to)?.holder == null)
        throw storeError({ code: 'STORE_CONFLICT', message: `no controller ${to} is there to take workflows` })
      const moved = this.#move(({ owner, uid }) => owner === this.name && wanted.has(uid), to)
      const gone = new Set(moved)
      fleet.pass(({ workflowUid }) => gone.has(workflowUid), to)
      for (const uid of moved) fleet.hand(uid, to)
      for (const news of ['commands', 'grants'] as const) fleet.tell(news)
    })
  }

  role(name: string, onChange: (isOurs: boolean) => void) {
    return this.#session.role(name, onChange)
  }

  follow(since: number, listener: FleetListener): { close(): void } {
    const follower = new MemoryFollower(this.#disk, this.name, since, listener)
    const leave = this.#session.listen((news) => follower.look(news))
    return {
      close: () => {
        follower.close()
        leave()
      },
    }
  }

  /** Unfinished ones become theirs. */
  #move(isMeant: (row: { readonly owner: string; readonly uid: WorkflowUid }) => boolean, to: string): WorkflowUid[] {
    const moved: WorkflowUid[] = []
    for (const [uid, stored] of this.#disk.workflows) {
      if (stored.row.finished || !isMeant({ owner: ownerOf(stored.row), uid })) continue
      this.#disk.workflows.set(uid, { ...stored, row: { ...stored.row, owner: to } })
      moved.push(uid)
    }
    return moved
  }

  #locksOf(): FleetLocks {
    const { fleet } = this.#disk
    const run = <T>(work: () => T): Promise<T> =>
      this.#session.run(() => {
        const answer = work()
        fleet.settle()
        return answer
      })
    return {
      ask: async (wishes) => {
        const wanted = structuredClone(wishes)
        return this.#session.run(() => {
          const asked = wanted.filter(({ workflowUid }) => !this.#isAnothers(workflowUid))
          for (const wish of asked) fleet.ask(wish, this.name)
          fleet.settle()
          const granted = asked.flatMap(({ holder, workflowUid }) => {
            const locks = [...(fleet.claims.get(holder)?.locks ?? [])]
            const isGranted = locks.length > 0 && locks.every(([, grant]) => grant !== null)
            return isGranted ? [{ holder, workflowUid, locks: locks.map(([name]) => name) }] : []
          })
          const named = new Set(wanted.flatMap(({ locks }) => locks.map(({ name }) => name)))
          return { granted, standing: fleet.standing().filter(({ name }) => named.has(name)) }
        })
      },
      leave: (leaving) => run(() => leaving.forEach(({ holder, locks }) => fleet.leave(holder, locks))),
      limits: (changed) => run(() => changed.forEach((limit) => fleet.limit(limit))),
      ours: () =>
        run(() => {
          this.#dropFinished()
          const waiting = [...fleet.claims.values()].filter(
            ({ member, locks }) => member === this.name && [...locks.values()].includes(null),
          )
          return { held: fleet.grantsAfter(0, this.name), waiting: waiting.map(({ holder }) => holder) }
        }),
      restore: (held) => run(() => held.forEach((wish) => fleet.restore(wish, this.name))),
      standing: () => this.#session.run(() => fleet.standing()),
    }
  }

  #isAnothers(uid: WorkflowUid): boolean {
    const row = this.#disk.workflows.get(uid)?.row
    return row !== undefined && !row.finished && ownerOf(row) !== this.name
  }

  /** What finished workflows still hold because their member died before it gave it back. */
  #dropFinished(): void {
    const { fleet, workflows } = this.#disk
    for (const { holder, member, workflowUid } of [...fleet.claims.values()])
      if (member === this.name && workflows.get(workflowUid)?.row.finished === true) fleet.leave(holder)
  }

  #share(engine: string, wanted: EngineShare, budget: EngineShare): EngineShare {
    const { fleet } = this.#disk
    const shares = fleet.shares.get(engine) ?? new Map<string, EngineShare>()
    fleet.shares.set(engine, shares)
    const others = [...shares].flatMap(([member, share]) =>
      member !== this.name && fleet.leases.get(member)?.holder != null ? [share] : [],
    )
    const before = shares.get(this.name) ?? none
    const share = shareOf(wanted, budget, others)
    shares.set(this.name, share)
    if (isLess(share, before)) fleet.tell('capacity')
    return share
  }

  async #send(uid: WorkflowUid, request: unknown, deadlineMs: number): Promise<unknown> {
    const { commands } = this.#disk.fleet
    const id = `${this.name}/${this.#session.epoch}/${++this.#commandNo}`
    const text = JSON.stringify(request ?? null)
    const stop = new AbortController()
    const answered = this.#session.answerTo(id)
    await this.#session.run(() => {
      commands.set(id, { id, from: this.name, workflowUid: uid, request: text, answer: null })
      this.#disk.fleet.tell('commands')
    })
    const late = this.#clock.sleep(deadlineMs, stop.signal).then(
      () => null,
      () => null,
    )
    const answer = await Promise.race([answered, late])
    stop.abort()
    this.#session.noAnswerTo(id)
    commands.delete(id)
    if (answer !== null) return JSON.parse(answer)
    throw unanswered(uid, deadlineMs)
  }

  #answer(id: string, answer: unknown): void {
    const command = this.#disk.fleet.commands.get(id)
    if (!command) return
    command.answer = JSON.stringify(answer ?? null)
    this.#disk.fleet.tell('commands')
  }
}

const none: EngineShare = { cpus: 0, memoryBytes: 0, containers: 0 }
