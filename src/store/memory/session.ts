/** A member's connection to the disk: it may be cut and healed, and its lease may pass to another in between. */
import type { Clock } from '../../resources/index.ts'
import { storeError } from '../fault.ts'
import type { MemoryDisk } from './disk.ts'
import type { FleetNews, Holder } from './fleet-disk.ts'

type Role = { readonly name: string; isOurs: boolean; readonly onChange: (isOurs: boolean) => void }

export class Session implements Holder {
  readonly name: string
  epoch: number
  readonly #disk: MemoryDisk
  readonly #clock: Clock
  readonly #listeners = new Set<(news: ReadonlySet<FleetNews>) => void>()
  readonly #roles = new Set<Role>()
  readonly #answers = new Map<string, (answer: string) => void>()
  #news = new Set<FleetNews>()
  #cut: PromiseWithResolvers<void> | null = null
  #isClosed = false
  #isLost = false
  #onLost: () => void

  /** @throws WorldError STORE_LOCKED */
  constructor(disk: MemoryDisk, name: string, clock: Clock, onLost: () => void) {
    this.#disk = disk
    this.name = name
    this.#clock = clock
    this.#onLost = onLost
    this.epoch = disk.fleet.take(name, this, disk.version)
  }

  /** Runs it once we are connected. @throws WorldError STORE_LOCKED where another has our lease, STORE_DOWN after the end */
  async run<T>(work: () => T): Promise<T> {
    await this.connected()
    this.mustLead()
    return work()
  }

  async connected(): Promise<void> {
    while (this.#cut) await this.#cut.promise
  }

  get isCut(): boolean {
    return this.#cut !== null
  }

  mustLead(): void {
    if (this.#isClosed) throw storeError({ code: 'STORE_DOWN', message: 'the store is closed' })
    if (this.#leads()) return
    this.#lose()
    throw storeError({ code: 'STORE_LOCKED', message: 'another has taken over: nothing more is committed here' })
  }

  /** The server sees the connection end; we hang until `heal`. */
  cut(): void {
    if (this.#isClosed) return
    this.#cut ??= Promise.withResolvers()
    this.#disk.fleet.drop(this.name, this, this.#clock.now())
  }

  /** Connected again: the lease is resumed, or was lost. */
  heal(): void {
    const cut = this.#cut
    if (!cut) return
    this.#cut = null
    const { fleet } = this.#disk
    for (const role of this.#roles) this.#tellRole(role, false)
    if (fleet.leases.get(this.name)?.epoch === this.epoch) {
      this.epoch = fleet.take(this.name, this, this.#disk.version)
      for (const news of ['members', 'changes', 'owned', 'grants', 'commands', 'capacity'] as const) this.wake(news)
      for (const role of this.#roles) this.#tryRole(role)
    } else this.#lose()
    cut.resolve()
  }

  close(): void {
    if (this.#isClosed) return
    const isEmpty = ![...this.#disk.workflows.values()].some(({ row }) => row.owner === this.name && !row.finished)
    if (isEmpty && this.#leads()) this.#disk.fleet.selves.delete(this.name)
    this.#isClosed = true
    for (const role of this.#roles) this.#tellRole(role, false)
    this.#disk.fleet.drop(this.name, this, this.#clock.now())
    this.#cut?.resolve()
    this.#cut = null
  }

  wake(what: FleetNews): void {
    if (this.#news.size === 0) void Promise.resolve().then(() => this.#deliver())
    this.#news.add(what)
  }

  listen(listener: (news: ReadonlySet<FleetNews>) => void): () => void {
    this.#listeners.add(listener)
    for (const news of ['changes', 'owned', 'grants', 'commands'] as const) this.wake(news)
    return () => this.#listeners.delete(listener)
  }

  role(name: string, onChange: (isOurs: boolean) => void): { readonly isOurs: boolean; close(): Promise<void> } {
    const role: Role = { name, isOurs: false, onChange }
    this.#roles.add(role)
    this.wake('members')
    return {
      get isOurs() {
        return role.isOurs
      },
      close: async () => {
        this.#roles.delete(role)
        const { roles } = this.#disk.fleet
        if (roles.get(name) === this && ![...this.#roles].some((one) => one.name === name)) roles.delete(name)
        this.#tellRole(role, false)
        this.#disk.fleet.tell('members')
      },
    }
  }

  answerTo(id: string): Promise<string> {
    return new Promise((resolve) => this.#answers.set(id, resolve))
  }

  noAnswerTo(id: string): void {
    this.#answers.delete(id)
  }

  #deliver(): void {
    const news = this.#news
    this.#news = new Set()
    if (this.#cut || this.#isClosed || !this.#leads()) return
    for (const role of this.#roles) this.#tryRole(role)
    for (const [id, resolve] of this.#answers) {
      const answer = this.#disk.fleet.commands.get(id)?.answer
      if (answer != null) resolve(answer)
    }
    for (const listener of this.#listeners) listener(news)
  }

  #tryRole(role: Role): void {
    const { roles } = this.#disk.fleet
    if (!roles.has(role.name)) roles.set(role.name, this)
    this.#tellRole(role, roles.get(role.name) === this)
  }

  #tellRole(role: Role, isOurs: boolean): void {
    if (role.isOurs === isOurs) return
    role.isOurs = isOurs
    role.onChange(isOurs)
  }

  #leads(): boolean {
    const lease = this.#disk.fleet.leases.get(this.name)
    return lease?.epoch === this.epoch && lease.holder === this
  }

  #lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#onLost()
  }
}
