/**
 * Who gets a lock next, where several controllers share them: the rules of the engine's table (engine/lock-table.ts)
 * over rows. The adapters lock, read and write rows; nothing is decided there.
 */
import { isTurn } from './fleet.ts'

/** One lock that a holder waits for. */
export type WaitingRow = {
  readonly holder: string
  readonly lock: string
  readonly workflowKey: string
  readonly priority: number
  readonly createdAt: number
  /** Order of arrival, over all locks. */
  readonly arrival: number
}

export type LockRow = {
  readonly name: string
  readonly limit: number
  /** How many have it. */
  readonly held: number
  /**
   * Where not the whole queue was read: how many rows at its beginning are given without a gap. Behind them only rows
   * of the first one's workflow may be given. Of a queue of turns any may be missing that others keep waiting.
   */
  readonly isCutAt?: number
}

export type Granting = {
  /** In the order in which they are granted. Each gets all that it waits for. */
  readonly holders: readonly string[]
  /** More may be granted once these are written: rows that were not read count now. */
  readonly isUnfinished: boolean
}

/** Higher priority first, then the older workflow; equals in the order they came. */
export const inOrder = (a: WaitingRow, b: WaitingRow): number =>
  b.priority - a.priority || a.createdAt - b.createdAt || a.arrival - b.arrival

/**
 * One pass in the order of the queues is enough: who is granted leaves only queues in which nobody before waits for it.
 * @param waiting all rows of each holder that has one; locks that are named and not given are taken as not free
 */
export function grantsOf(locks: readonly LockRow[], waiting: readonly WaitingRow[]): Granting {
  const queues = new Map(locks.map((row) => [row.name, new Queue(row)]))
  const wishes = new Map<string, WaitingRow[]>()
  for (const row of waiting.toSorted(inOrder)) {
    queues.get(row.lock)?.rows.push(row)
    const wish = wishes.get(row.holder)
    if (wish === undefined) wishes.set(row.holder, [row])
    else wish.push(row)
  }
  const holders: string[] = []
  for (const [holder, rows] of wishes) {
    if (!rows.every((row) => queues.get(row.lock)?.lets(row) === true)) continue
    for (const row of rows) queues.get(row.lock)?.take(row)
    holders.push(holder)
  }
  const isUnfinished = holders.length > 0 && [...queues.values()].some((queue) => queue.isCut && queue.free > 0)
  return { holders, isUnfinished }
}

class Queue {
  readonly rows: WaitingRow[] = []
  free: number
  readonly isCut: boolean
  readonly #isTurn: boolean
  readonly #isBlocked: boolean
  readonly #cut: number
  readonly #gone = new Set<string>()
  #first = 0

  constructor({ name, limit, held, isCutAt }: LockRow) {
    this.free = limit - held
    this.#isBlocked = limit <= 0
    this.#isTurn = isTurn(name)
    this.isCut = isCutAt !== undefined
    this.#cut = isCutAt ?? Infinity
  }

  lets({ holder, workflowKey }: WaitingRow): boolean {
    if (this.#isBlocked || this.free <= 0) return false
    if (this.#isTurn) return true
    const head = this.#head()
    return head?.holder === holder || head?.workflowKey === workflowKey
  }

  take({ holder }: WaitingRow): void {
    this.free -= 1
    this.#gone.add(holder)
  }

  /** `undefined`: it was not read. */
  #head(): WaitingRow | undefined {
    while (this.#first < this.rows.length && this.#gone.has(this.rows[this.#first]?.holder ?? '')) this.#first++
    return this.#first < this.#cut ? this.rows[this.#first] : undefined
  }
}
