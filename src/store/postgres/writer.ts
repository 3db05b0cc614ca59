/**
 * The one connection that commits. Commits gather while a group is under way and make up the next one. When the
 * connection breaks they wait: it is opened again, the lease resumed, and whether the group whose answer was lost is
 * stored can be read there; so each commit is stored once, and its outcome is always known.
 */
import type { Client } from 'pg'
import { isConnectionFault, openClient, pauseMs, reconnectPauses } from '../../postgres/index.ts'
import type { PostgresOptions } from '../../postgres/index.ts'
import { storeError } from '../fault.ts'
import type { StoreFault } from '../fault.ts'
import type { Committed, StoreHealth } from '../port.ts'
import { sizeOf } from '../wire.ts'
import type { Outcome, WireCommit } from '../wire.ts'
import { commitQuery } from './commit-call.ts'
import { fenced } from './commit-function.ts'
import { pause } from './connect.ts'
import { outdated } from './fleet-functions.ts'
import { Known } from './known.ts'
import { endGhost, holderOf, resume, tryLock } from './lease.ts'
import type { Grip, Holder, LeaseName } from './lease.ts'
import { areMany, inPortions } from './node-portions.ts'
import { Conflict, planGroup } from './plan.ts'
import type { Plan } from './plan.ts'
import { postgresFault } from './postgres-fault.ts'

/** One transaction holds at most about this much, and so many commits. */
const groupBytesMax = 8 * 1024 * 1024
const groupCommitsMax = 2000
/** What may wait in memory; beyond it commits are refused with STORE_BUSY. */
const waitingBytesMax = 256 * 1024 * 1024

/** What was asked so long ago and answered since still tells who has the lease: the server needs longer to give it to another. */
const freshMs = 1_000
/** A server that takes longer than that for each of so many answers is slow; it is not us who stand still meanwhile. */
const asksMost = 3

export type WriterOptions = {
  readonly server: PostgresOptions
  readonly name: LeaseName
  readonly holder: Holder
  /** How often an idle connection is asked whether it is still there. */
  readonly pingMs: number
  /** Told when it goes down (the reason) and comes back (`null`). */
  readonly onHealth: (reason: string | null) => void
  /** Another daemon has the lease now: nothing can be committed any more, by this store. */
  readonly onLost: (reason: string) => void
}

type Waiting = {
  readonly commit: WireCommit
  readonly sizeBytes: number
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: Error) => void
}

type Task = { readonly after: number; readonly carryOut: () => Promise<void> }

export class Writer {
  readonly #options: WriterOptions
  readonly #known: Known
  #grip: Grip
  #client: Client | null
  #commitNo = 0
  #waiting: Waiting[] = []
  #waitingBytes = 0
  /** Done between groups, each after the commits that were asked for before it. */
  readonly #tasks: Task[] = []
  #pushed = 0
  #taken = 0
  #running: Promise<void> | null = null
  #reconnecting: Promise<void> | null = null
  #down: string | null = null
  #downSince = 0
  /** Set when it is over: why nothing is committed any more. */
  #over: StoreFault | null = null
  /**
   * When that was asked which the server answered last on the connection that commits; monotonic milliseconds. The answer
   * may have lain there while this process stood still.
   */
  #askedAt = -Infinity
  #confirming: Promise<void> | null = null
  readonly #ending = new AbortController()
  #pingTimer: ReturnType<typeof setTimeout> | null = null

  constructor(options: WriterOptions, client: Client, grip: Grip) {
    this.#options = options
    this.#known = new Known(options.name.isAlone ? null : options.name.lease)
    this.#grip = grip
    this.#client = client
    this.#guard(client)
  }

  get health(): StoreHealth {
    const reason = this.#over?.message ?? this.#down
    return reason === null ? { isUp: true } : { isUp: false, reason }
  }

  /** Milliseconds since it went down; 0 while it is up. */
  get downMs(): number {
    return this.#down === null ? 0 : performance.now() - this.#downSince
  }

  push(commit: WireCommit): Promise<Committed> {
    if (this.#over) return Promise.reject(storeError(this.#over))
    const sizeBytes = sizeOf(commit)
    if (this.#waiting.length > 0 && this.#waitingBytes + sizeBytes > waitingBytesMax)
      return Promise.reject(storeError({ code: 'STORE_BUSY', message: 'too many commits wait for Postgres' }))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, sizeBytes, resolve, reject })
      this.#pushed++
      this.#waitingBytes += sizeBytes
      this.#running ??= this.#run()
    })
  }

  get epoch(): number {
    return this.#grip.epoch
  }

  /** Resolves when we are connected under our lease. @throws WorldError when it is over */
  async ready(): Promise<void> {
    await this.#connected()
  }

  /**
   * Does something on the connection that commits, after the commits before it and alone: it may be tried again where
   * the connection breaks. What is known of workflows is read anew afterwards.
   */
  alone<T>(work: (client: Client, epoch: number) => Promise<T>): Promise<T> {
    if (this.#over) return Promise.reject(storeError(this.#over))
    return new Promise<T>((resolve, reject) => {
      const carryOut = async () => {
        try {
          resolve(await this.#alone(work))
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
      this.#tasks.push({ after: this.#pushed, carryOut })
      this.#running ??= this.#run()
    })
  }

  async #alone<T>(work: (client: Client, epoch: number) => Promise<T>): Promise<T> {
    for (;;) {
      const client = await this.#connected()
      try {
        return await work(client, this.#grip.epoch)
      } catch (error) {
        if (codeOf(error) === fenced) this.#loseLease(messageOf(error))
        if (this.#over) throw storeError(this.#over, error)
        if (!isConnectionFault(error)) throw error
        this.#lose(client, error)
      } finally {
        this.#known.forget()
      }
    }
  }

  /** Resolves at once where the server answered a moment ago on the connection that the lease hangs on, else when it has. */
  async confirm(): Promise<void> {
    if (this.#over) throw storeError(this.#over)
    for (let asks = 0; asks < asksMost && !this.#isFresh(freshMs); asks++)
      await (this.#confirming ??= this.#hear(freshMs).finally(() => (this.#confirming = null)))
  }

  #isFresh(oldMs: number): boolean {
    return performance.now() - this.#askedAt < oldMs
  }

  /** Commits that cannot be written now are refused, those to come too. */
  giveUp(): void {
    if (this.#down !== null) this.#end({ code: 'STORE_DOWN', message: `the store is closed; ${this.#down}` })
  }

  /** Writes what waits, then gives the lease back. */
  async close(): Promise<void> {
    while (this.#running) await this.#running
    this.#end({ code: 'STORE_DOWN', message: 'the store is closed' })
    await this.#reconnecting?.catch(() => undefined)
  }

  async #run(): Promise<void> {
    await Promise.resolve() // so that commits made in the same breath come along
    while (this.#waiting.length > 0 || this.#tasks.length > 0) {
      const [task] = this.#tasks
      if (task && task.after <= this.#taken) {
        this.#tasks.shift()
        await task.carryOut()
        continue
      }
      const group = this.#takeGroup()
      this.#taken += group.length
      const outcomes = await this.#write(group.map(({ commit }) => commit))
      group.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i]
        if (outcome?.ok) resolve({ resourceVersion: outcome.resourceVersion, versions: outcome.versions })
        else reject(storeError(outcome?.fault ?? { code: 'STORE_DOWN', message: 'no outcome' }))
      })
    }
    this.#running = null
  }

  #takeGroup(): readonly Waiting[] {
    let count = 0
    let sizeBytes = 0
    for (const waiting of this.#waiting) {
      if (count === groupCommitsMax || (count > 0 && sizeBytes + waiting.sizeBytes > groupBytesMax)) break
      sizeBytes += waiting.sizeBytes
      count++
    }
    this.#waitingBytes -= sizeBytes
    return this.#waiting.splice(0, count)
  }

  /** All together; where that is refused, one by one, so that a bad one sinks alone. */
  async #write(commits: readonly WireCommit[]): Promise<readonly Outcome[]> {
    const together = await this.#attempt(commits)
    if (together.kind === 'done') return together.outcomes
    const { fault } = together
    if (commits.length === 1 || this.#over) return commits.map(() => ({ ok: false, fault }))
    const outcomes: Outcome[] = []
    for (const commit of commits) outcomes.push(...(await this.#write([commit])))
    return outcomes
  }

  async #attempt(commits: readonly WireCommit[]): Promise<Result> {
    for (;;) {
      try {
        const client = await this.#connected()
        const plan = await this.#plan(client, commits)
        const base = await this.#execute(client, plan)
        if (base === null) continue
        return { kind: 'done', outcomes: this.#outcomes(commits, plan, base) }
      } catch (error) {
        this.#known.forget()
        if (this.#over) return { kind: 'failed', fault: this.#over }
        if (isConnectionFault(error)) continue // before anything was sent that writes
        if (codeOf(error) === outdated) continue // another controller was faster: read and plan again
        return { kind: 'failed', fault: faultOf(error) }
      }
    }
  }

  async #plan(client: Client, commits: readonly WireCommit[]): Promise<Plan> {
    try {
      await this.#known.prepare(client, commits.flat())
    } catch (error) {
      if (isConnectionFault(error)) this.#lose(client, error)
      throw error
    }
    return planGroup(this.#known, commits)
  }

  /** The version before the group's first; `null`: certainly not stored, to be tried again. */
  async #execute(client: Client, { batch }: Plan): Promise<number | null> {
    const no = ++this.#commitNo
    try {
      const { lease, isAlone } = this.#options.name
      const { epoch } = this.#grip
      const heard = (askedAt: number) => (this.#askedAt = askedAt)
      const last = async () => {
        const askedAt = performance.now()
        const { rows } = await client.query<{ base: string }>(
          commitQuery(batch, { lease, epoch, commitNo: no }, !isAlone),
        )
        heard(askedAt)
        return Number(rows[0]?.base)
      }
      return areMany(batch.nodes) ? await inPortions(client, batch.nodes, { last, heard }) : await last()
    } catch (error) {
      if (codeOf(error) === fenced) this.#loseLease(messageOf(error))
      if (!isConnectionFault(error)) throw error
      this.#lose(client, error)
    }
    await this.#connected()
    this.#known.forget()
    return this.#grip.lastCommit === no ? this.#grip.lastBase : null
  }

  #outcomes(commits: readonly WireCommit[], plan: Plan, base: number): readonly Outcome[] {
    for (const commit of commits)
      for (const change of commit)
        if (change.kind === 'putWorkflow' && change.finished) {
          const known = this.#known.byUid.get(change.uid)
          if (known) known.nodes = null
        }
    this.#known.endGroup()
    return plan.commits.map(({ versions, last }) => ({
      ok: true,
      resourceVersion: base + last,
      versions: new Map([...versions].map(([key, version]) => [key, base + version])),
    }))
  }

  /**
   * Asks whether the server is still there, between two groups; not where one of them has told it that lately.
   * @param oldMs so long ago that which it has answered may have been asked
   */
  #hear(oldMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tasks.unshift({ after: 0, carryOut: () => this.#ask(oldMs).then(resolve, reject) })
      this.#running ??= this.#run()
    })
  }

  async #ask(oldMs: number): Promise<void> {
    for (;;) {
      const client = await this.#connected()
      if (this.#isFresh(oldMs)) return
      const askedAt = performance.now()
      try {
        await client.query('SELECT 1')
        this.#askedAt = askedAt
        return
      } catch (error) {
        this.#lose(client, error)
      }
    }
  }

  /** @throws WorldError when it is over */
  async #connected(): Promise<Client> {
    for (;;) {
      if (this.#over) throw storeError(this.#over)
      if (this.#client) return this.#client
      await (this.#reconnecting ??= this.#reconnect())
    }
  }

  #guard(client: Client): void {
    client.on('error', (error: unknown) => this.#lose(client, error))
    client.on('end', () => this.#lose(client, new Error('connection terminated')))
    this.#ping(client)
  }

  #ping(client: Client): void {
    if (this.#pingTimer) clearTimeout(this.#pingTimer)
    this.#pingTimer = setTimeout(() => {
      if (this.#client !== client) return
      // A group under way tells by itself whether the server still answers.
      const asked = this.#running ? Promise.resolve() : this.#hear(0)
      asked.then(
        () => {
          if (this.#client === client) this.#ping(client)
        },
        () => undefined, // it is over
      )
    }, this.#options.pingMs)
    this.#pingTimer.unref()
  }

  #lose(client: Client, error: unknown): void {
    if (this.#client !== client) return
    this.#client = null
    void client.end().catch(() => undefined)
    if (this.#over) return
    this.#tellDown(messageOf(error))
    this.#reconnecting ??= this.#reconnect()
  }

  #tellDown(reason: string): void {
    const before = this.#down
    this.#down = `the database does not answer: ${reason}`
    if (before !== null) return
    this.#downSince = performance.now()
    this.#options.onHealth(this.#down)
  }

  /** Until it is back or over. Rejects never. */
  async #reconnect(): Promise<void> {
    const { signal } = this.#ending
    for (let failures = 1; !this.#over; failures++) {
      let client: Client | null = null
      try {
        client = await openClient(this.#options.server)
        const askedAt = performance.now()
        const grip = await this.#regain(client)
        if (grip && !this.#over) {
          this.#grip = grip
          this.#client = client
          this.#askedAt = askedAt
          this.#down = null
          this.#known.forget()
          this.#guard(client)
          this.#options.onHealth(null)
          break
        }
        await client.end().catch(() => undefined)
      } catch (error) {
        await client?.end().catch(() => undefined)
        this.#tellDown(messageOf(error))
      }
      await pause(pauseMs(reconnectPauses, failures), signal).catch(() => undefined)
    }
    this.#reconnecting = null
  }

  async #regain(client: Client): Promise<Grip | null> {
    const { name, holder } = this.#options
    const inTheWay = await tryLock(client, name)
    if (inTheWay === null) {
      const grip = await resume(client, name, holder)
      if (!grip) this.#loseLease(await this.#whoHasIt(client))
      return grip
    }
    if (inTheWay === 'holder' && (await holderOf(client, name))?.token === holder.token)
      await endGhost(client, name, holder)
    else this.#loseLease(await this.#whoHasIt(client))
    return null
  }

  async #whoHasIt(client: Client): Promise<string> {
    const other = await holderOf(client, this.#options.name)
    return `another drydock${other === null ? '' : ` (${other.host})`} has taken over`
  }

  #loseLease(reason: string): void {
    if (this.#over) return
    this.#end({ code: 'STORE_LOCKED', message: `${reason}: nothing more is committed here` })
    this.#options.onLost(reason)
  }

  #end(fault: StoreFault): void {
    this.#over ??= fault
    this.#ending.abort()
    if (this.#pingTimer) clearTimeout(this.#pingTimer)
    const client = this.#client
    this.#client = null
    void client?.end().catch(() => undefined)
  }
}

type Result =
  | { readonly kind: 'done'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'failed'; readonly fault: StoreFault }

const faultOf = (error: unknown): StoreFault =>
  error instanceof Conflict ? { code: 'STORE_CONFLICT', message: error.message } : postgresFault(error)
const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error))
const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code
