/** Commits gather while a transaction is under way and make up the next one; each has its own outcome. */
import type { Pool, PoolClient } from 'pg'
import { storeError } from '../fault.ts'
import type { Committed } from '../port.ts'
import { sizeOf } from '../wire.ts'
import type { Outcome, WireCommit } from '../wire.ts'
import { applyGroup } from './apply.ts'
import { postgresFault } from './postgres-fault.ts'

/** One transaction holds at most about this much, and so many commits. */
const groupBytesMax = 8 * 1024 * 1024
const groupCommitsMax = 2000
/** What may wait in memory; beyond it commits are refused with STORE_BUSY. */
const waitingBytesMax = 256 * 1024 * 1024

type Waiting = {
  readonly commit: WireCommit
  readonly sizeBytes: number
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: Error) => void
}

export class CommitQueue {
  readonly #pool: Pool
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #running: Promise<void> | null = null

  constructor(pool: Pool) {
    this.#pool = pool
  }

  push(commit: WireCommit): Promise<Committed> {
    const sizeBytes = sizeOf(commit)
    if (this.#waiting.length > 0 && this.#waitingBytes + sizeBytes > waitingBytesMax)
      return Promise.reject(storeError({ code: 'STORE_BUSY', message: 'too many commits wait for Postgres' }))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, sizeBytes, resolve, reject })
      this.#waitingBytes += sizeBytes
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    await Promise.resolve() // so that commits made in the same breath come along
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
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

  /** All together; where the server refuses that, one by one, unless it is away. */
  async #write(commits: readonly WireCommit[]): Promise<readonly Outcome[]> {
    const together = await this.#transaction(commits)
    if (together.kind === 'done') return together.outcomes
    const { fault } = together
    if (commits.length === 1 || fault.code === 'STORE_DOWN') return commits.map(() => ({ ok: false, fault }))
    const outcomes: Outcome[] = []
    for (const commit of commits) outcomes.push(...(await this.#write([commit])))
    return outcomes
  }

  async #transaction(commits: readonly WireCommit[]): Promise<Result> {
    let client: PoolClient | null = null
    try {
      client = await this.#pool.connect()
      client.on('error', ignore)
      await client.query('BEGIN')
      const outcomes = await applyGroup(client, commits)
      await client.query('COMMIT')
      release(client, false)
      return { kind: 'done', outcomes }
    } catch (error) {
      const isRolledBack = await client?.query('ROLLBACK').then(
        () => true,
        () => false,
      )
      if (client) release(client, isRolledBack !== true)
      return { kind: 'failed', fault: postgresFault(error) }
    }
  }
}

type Result =
  | { readonly kind: 'done'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'failed'; readonly fault: ReturnType<typeof postgresFault> }

const ignore = (): undefined => undefined // a connection that breaks shows in the query under way

function release(client: PoolClient, isBroken: boolean): void {
  client.off('error', ignore)
  client.release(isBroken)
}
