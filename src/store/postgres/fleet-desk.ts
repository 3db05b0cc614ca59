/** Locks in rows: what is asked for in one moment is one transaction, in which ../fleet-locks.ts decides. */
import { workflowUid } from '../../resources/index.ts'
import type { FleetLocks, LockGrant, LockStanding, LockWish, WantedLock } from '../fleet.ts'
import { LockBatch } from './fleet-lock-batch.ts'
import type { LockAnswer, LockOperation } from './fleet-lock-batch.ts'
import type { FleetLink } from './fleet-link.ts'

type Waiting = {
  readonly operation: LockOperation
  readonly resolve: (answer: LockAnswer) => void
  readonly reject: (error: unknown) => void
}

export class LockDesk implements FleetLocks {
  readonly #link: FleetLink
  /** Something was granted to us. */
  readonly #onGranted: () => void
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null

  constructor(link: FleetLink, onGranted: () => void) {
    this.#link = link
    this.#onGranted = onGranted
  }

  async ask(wishes: readonly LockWish[]) {
    if (wishes.length === 0) return { granted: [], standing: [] }
    const { held, standing } = await this.#put({ kind: 'ask', wishes: structuredClone(wishes) })
    const granted = wishes.flatMap(({ holder }) => held.get(holder) ?? [])
    const named = new Set(wishes.flatMap(({ locks }) => locks.map(({ name }) => name)))
    return { granted, standing: standing.filter(({ name }) => named.has(name)) }
  }

  async leave(leaving: readonly { readonly holder: string; readonly locks?: readonly string[] }[]): Promise<void> {
    if (leaving.length > 0) await this.#put({ kind: 'leave', leaving: structuredClone(leaving) })
  }

  async limits(changed: readonly WantedLock[]): Promise<void> {
    if (changed.length > 0) await this.#put({ kind: 'limits', changed: structuredClone(changed) })
  }

  async restore(held: readonly Omit<LockWish, 'priority' | 'createdAt'>[]): Promise<void> {
    if (held.length > 0) await this.#put({ kind: 'restore', held: structuredClone(held) })
  }

  async ours() {
    await this.#put({ kind: 'sweep' })
    const sql = `SELECT holder, workflow_uid AS uid, array_agg(lock ORDER BY granted) FILTER (WHERE granted IS NOT NULL) AS held,
        bool_or(granted IS NULL) AS waits
      FROM lock_claim WHERE member = $1 GROUP BY holder, workflow_uid ORDER BY min(granted), min(arrival)`
    const rows = await this.#link.transact(async (client) => {
      type Row = { holder: string; uid: string; held: string[] | null; waits: boolean }
      return (await client.query<Row>(sql, [this.#link.name.lease])).rows
    })
    const held = rows.flatMap(({ holder, uid, held: locks }): readonly LockGrant[] =>
      locks === null ? [] : [{ holder, workflowUid: workflowUid(uid), locks }],
    )
    return { held, waiting: rows.filter(({ waits }) => waits).map(({ holder }) => holder) }
  }

  async standing(): Promise<readonly LockStanding[]> {
    const sql = `SELECT k.name, k.max, k.waiting, array(
        SELECT c.holder FROM lock_claim c WHERE c.lock = k.name AND c.granted IS NOT NULL ORDER BY c.granted
      ) AS holders FROM lock_limit k ORDER BY k.name`
    const rows = await this.#link.transact(async (client) => {
      return (await client.query<{ name: string; max: string; waiting: string; holders: string[] }>(sql)).rows
    })
    return rows.map(({ name, max, waiting, holders }) => {
      return { name, limit: Number(max), holders, waiting: Number(waiting) }
    })
  }

  #put(operation: LockOperation): Promise<LockAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    await Promise.resolve() // so that what is asked for in the same breath comes along
    while (this.#waiting.length > 0) {
      const batch = new LockBatch(this.#link.name.lease)
      const taken: Waiting[] = []
      while (this.#waiting[0] !== undefined && batch.takes(this.#waiting[0].operation)) {
        batch.add(this.#waiting[0].operation)
        taken.push(...this.#waiting.splice(0, 1))
      }
      try {
        const answer = await this.#link.transact((client, epoch) => batch.carryOut(client, epoch))
        for (const { resolve } of taken) resolve(answer)
        if (answer.grantedToUs) this.#onGranted()
      } catch (error) {
        for (const { reject } of taken) reject(error)
      }
    }
    this.#running = null
  }
}
