/** One transaction at the desk: claims are written, the ends of the queues read, grants decided and written, the holders told. */
import { workflowUid } from '../../resources/index.ts'
import { isTurn, turnPrefix } from '../fleet.ts'
import type { LockGrant, LockStanding, LockWish, WantedLock } from '../fleet.ts'
import { grantsOf, inOrder } from '../fleet-locks.ts'
import type { LockRow, WaitingRow } from '../fleet-locks.ts'
import { bigintArray, textArray } from './binary-array.ts'
import type { Statements } from './fleet-link.ts'
import { lockCall, lockParameters } from './fleet-lock-functions.ts'
import type { LockParameter } from './fleet-lock-functions.ts'

export type LockOperation =
  | {
      readonly kind: 'leave'
      readonly leaving: readonly { readonly holder: string; readonly locks?: readonly string[] }[]
    }
  | { readonly kind: 'limits'; readonly changed: readonly WantedLock[] }
  | { readonly kind: 'restore'; readonly held: readonly Omit<LockWish, 'priority' | 'createdAt'>[] }
  | { readonly kind: 'ask'; readonly wishes: readonly LockWish[] }
  | { readonly kind: 'sweep' }

export type LockAnswer = {
  /** Of those who asked, who have all that they want. */
  readonly held: ReadonlyMap<string, LockGrant>
  /** Of the locks that were asked for. */
  readonly standing: readonly LockStanding[]
  readonly grantedToUs: boolean
}

/** The order in which the transaction does them. */
const ranks = { sweep: 0, leave: 1, limits: 2, restore: 3, ask: 4 } as const
const operationsMax = 500
/** Rows read beyond as many as may be granted. */
const spare = 8

type Standing = { readonly name: string; readonly max: number; held: number; waiting: number }

export class LockBatch {
  readonly #me: string
  readonly #operations: LockOperation[] = []
  readonly #holders = new Set<string>()
  #rank = 0

  constructor(me: string) {
    this.#me = me
  }

  /** Whether it comes to the same as after what the batch has already. */
  takes(operation: LockOperation): boolean {
    if (this.#operations.length >= operationsMax) return false
    if (ranks[operation.kind] >= this.#rank && operation.kind !== 'ask') return true
    return operation.kind !== 'limits' && operation.kind !== 'sweep'
      ? !holdersOf(operation).some((holder) => this.#holders.has(holder))
      : this.#operations.length === 0
  }

  add(operation: LockOperation): void {
    this.#operations.push(operation)
    this.#rank = Math.max(this.#rank, ranks[operation.kind])
    for (const holder of holdersOf(operation)) this.#holders.add(holder)
  }

  async carryOut(client: Statements, epoch: number): Promise<LockAnswer> {
    const query = { name: 'locks', text: lockCall, values: this.#values(epoch) }
    const { rows } = await client.query<Record<'name' | 'max' | 'held' | 'waiting', string>>(query)
    const members = await this.#grant(client, rows.map(standingOf))
    if ([...members].some((member) => member !== this.#me))
      await client.query({ name: 'locks-tell', text: "SELECT pg_notify(current_schema(), 'grants')" })
    return { ...(await this.#answers(client)), grantedToUs: members.has(this.#me) }
  }

  /** Answers to whom something was granted. */
  async #grant(client: Statements, touched: readonly Standing[]): Promise<ReadonlySet<string>> {
    const members = new Set<string>()
    let names = touched.filter(mayGrant).map(({ name }) => name)
    for (let isDeep = false; names.length > 0;) {
      const { locks, waiting, isCut } = await readQueues(client, names, isDeep)
      const { holders, isUnfinished } = grantsOf(locks, waiting)
      if (holders.length > 0) {
        const written = await client.query<{ member: string }>({
          name: 'locks-grant',
          text: grantSql,
          values: [holders],
        })
        for (const { member } of written.rows) members.add(member)
        if (!isUnfinished) break
        names = locks.map(({ name }) => name)
        isDeep = false
      } else if (isCut && !isDeep) isDeep = true
      else break
    }
    return members
  }

  async #answers(client: Statements): Promise<Pick<LockAnswer, 'held' | 'standing'>> {
    const wishes = this.#all('ask').flatMap((one) => one.wishes)
    if (wishes.length === 0) return { held: new Map(), standing: [] }
    const names = [...new Set(wishes.flatMap(({ locks }) => locks.map(({ name }) => name)))]
    const values = [wishes.map(({ holder }) => holder), names, this.#me]
    const { rows } = await client.query<AnswerRow>({ name: 'locks-answer', text: answerSql, values })
    const held = new Map<string, LockGrant>()
    const standing: LockStanding[] = []
    for (const { holder, uid, names: list, name, max, waiting } of rows)
      if (holder !== null) held.set(holder, { holder, workflowUid: workflowUid(uid ?? ''), locks: list })
      else standing.push({ name: name ?? '', limit: Number(max), holders: list, waiting: Number(waiting) })
    return { held, standing }
  }

  #all<Kind extends LockOperation['kind']>(kind: Kind): Extract<LockOperation, { kind: Kind }>[] {
    return this.#operations.filter((one): one is Extract<LockOperation, { kind: Kind }> => one.kind === kind)
  }

  #values(epoch: number): (string | number | boolean | Buffer | null)[] {
    const leaving = this.#all('leave').flatMap(({ leaving: list }) =>
      list.flatMap(({ holder, locks }) => (locks ?? [null]).map((lock) => ({ holder, lock }))),
    )
    const changed = lastOf(this.#all('limits').flatMap((one) => one.changed))
    const wishes = [
      ...new Map(this.#all('ask').flatMap((one) => one.wishes.map((wish) => [wish.holder, wish]))).values(),
    ]
    const held = this.#all('restore').flatMap((one) => one.held)
    const wanted = lastOf([...held, ...wishes].flatMap(({ locks }) => locks))
    const pairs = wishes.flatMap(({ locks, ...one }) => {
      const names = [...new Set(locks.map(({ name }) => name))]
      const wish = names.toSorted().join('\n')
      return names.map((name) => ({ ...one, name, wish }))
    })
    const kept = [
      ...new Map(
        held.flatMap(({ locks, ...one }) =>
          locks.map(({ name }) => [`${one.holder}\n${name}`, { ...one, name }] as const),
        ),
      ).values(),
    ]
    const values: Record<LockParameter, string | number | boolean | Buffer | null> = {
      who: this.#me,
      held_epoch: epoch,
      g_holder: textArray(leaving.map(({ holder }) => holder)),
      g_lock: textArray(leaving.map(({ lock }) => lock)),
      m_lock: textArray(changed.map(({ name }) => name)),
      m_max: bigintArray(changed.map(({ limit }) => limit)),
      k_lock: textArray(wanted.map(({ name }) => name)),
      k_max: bigintArray(wanted.map(({ limit }) => limit)),
      a_holder: textArray(wishes.map(({ holder }) => holder)),
      p_holder: textArray(pairs.map(({ holder }) => holder)),
      p_lock: textArray(pairs.map(({ name }) => name)),
      p_wish: textArray(pairs.map(({ wish }) => wish)),
      p_uid: textArray(pairs.map(({ workflowUid: uid }) => uid)),
      p_key: textArray(pairs.map(({ workflowKey }) => workflowKey)),
      p_priority: bigintArray(pairs.map(({ priority }) => priority)),
      p_created: bigintArray(pairs.map(({ createdAt }) => createdAt)),
      r_holder: textArray(kept.map(({ holder }) => holder)),
      r_uid: textArray(kept.map(({ workflowUid: uid }) => uid)),
      r_key: textArray(kept.map(({ workflowKey }) => workflowKey)),
      r_lock: textArray(kept.map(({ name }) => name)),
      sweeps: this.#all('sweep').length > 0,
    }
    return lockParameters.map(([name]) => values[name])
  }
}

const holdersOf = (operation: LockOperation): readonly string[] => {
  switch (operation.kind) {
    case 'leave':
      return operation.leaving.map(({ holder }) => holder)
    case 'restore':
      return operation.held.map(({ holder }) => holder)
    case 'ask':
      return operation.wishes.map(({ holder }) => holder)
    default:
      return []
  }
}

/** The newest word counts. */
const lastOf = (locks: readonly WantedLock[]): readonly WantedLock[] => [
  ...new Map(locks.map((lock) => [lock.name, lock])).values(),
]

const standingOf = (row: Record<'name' | 'max' | 'held' | 'waiting', string>): Standing => ({
  name: row.name,
  max: Number(row.max),
  held: Number(row.held),
  waiting: Number(row.waiting),
})
const mayGrant = ({ max, held, waiting }: Standing): boolean => max > held && waiting > 0

/** The ends of the queues of these locks and of those that their waiters want besides. */
async function readQueues(client: Statements, names: readonly string[], isDeep: boolean) {
  const known = new Set(names)
  for (;;) {
    const query = isDeep ? { name: 'locks-deep', text: deepSql } : { name: 'locks-queues', text: queuesSql }
    const { rows } = await client.query<QueueRow>({ ...query, values: [[...known]] })
    const size = known.size
    for (const row of rows) if (mayGrant(standingOfRow(row))) known.add(row.lock)
    if (known.size === size) return queuesOf(rows, known)
  }
}

function queuesOf(rows: readonly QueueRow[], read: ReadonlySet<string>) {
  const locks = new Map<string, LockRow>()
  const seen = new Map<string, number>()
  for (const row of rows) if (row.seen) seen.set(row.lock, (seen.get(row.lock) ?? 0) + 1)
  let isCut = false
  for (const row of rows) {
    const { name, max, held, waiting } = standingOfRow(row)
    if (locks.has(name)) continue
    const there = seen.get(name) ?? 0
    const isWhole = !read.has(name) || there >= waiting
    if (!isWhole && !isTurn(name)) isCut = true
    locks.set(name, { name, limit: max, held, ...(isWhole ? {} : { isCutAt: there }) })
  }
  const waiting = rows.map((row): WaitingRow => ({
    holder: row.holder,
    lock: row.lock,
    workflowKey: row.workflow_key,
    priority: Number(row.priority),
    createdAt: Number(row.created_at),
    arrival: Number(row.arrival),
  }))
  return { locks: [...locks.values()], waiting: waiting.sort(inOrder), isCut }
}

type QueueRow = Readonly<
  Record<
    'holder' | 'lock' | 'workflow_key' | 'priority' | 'created_at' | 'arrival' | 'max' | 'held' | 'waiting',
    string
  >
> & { readonly seen: boolean }
type AnswerRow = {
  readonly holder: string | null
  readonly uid: string | null
  readonly names: readonly string[]
  readonly name: string | null
  readonly max: string | null
  readonly waiting: string | null
}

const standingOfRow = (row: QueueRow): Standing => standingOf({ ...row, name: row.lock })

/** Said so that no index of waiting rows is taken where the holder is known. */
const isWaitingClaim = 'coalesce(granted, 0) = 0'
const isWaiting = 'coalesce(c.granted, 0) = 0'

/** All rows of those who are at the ends of the queues; `seen`: at the end of this one. */
const rowsOf = (ends: string): string => `WITH RECURSIVE ${wishesOf}, ends AS MATERIALIZED (${ends})
  SELECT c.holder, c.lock, c.workflow_key, c.priority, c.created_at, c.arrival, k.max, k.held, k.waiting,
    EXISTS (SELECT 1 FROM ends e WHERE e.lock = c.lock AND e.holder = c.holder AND e.seen) AS seen
  FROM (SELECT DISTINCT holder FROM ends) AS h
  JOIN lock_claim c ON c.holder = h.holder AND ${isWaiting} JOIN lock_limit k ON k.name = c.lock`

const free = `(k.max - k.held + ${spare})`
const inQueue = 'ORDER BY c.priority DESC, c.created_at, c.arrival'
/** Locks that have something free. */
const open = 'k.name = ANY($1::text[]) AND k.held < k.max'
/**
 * `hopeful`: what those want who wait for an open lock, less what holds a lock that has nothing free. Many wait for the
 * same: each such wish is met once, however long the queue.
 */
const wishesOf = `wishes AS (
    SELECT k.name AS lock, (SELECT min(c.wish) FROM lock_claim c WHERE c.lock = k.name AND c.granted IS NULL) AS wish
      FROM lock_limit k WHERE ${open}
    UNION ALL SELECT w.lock, (
        SELECT min(c.wish) FROM lock_claim c WHERE c.lock = w.lock AND c.granted IS NULL AND c.wish > w.wish
      ) FROM wishes w WHERE w.wish IS NOT NULL
  ), hopeful AS (
    SELECT w.lock, w.wish FROM wishes w WHERE w.wish IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM lock_limit p WHERE p.name = ANY(string_to_array(w.wish, E'\\n')) AND p.held >= p.max)
  )`
const first = `SELECT k.name AS lock, c.holder, true AS seen FROM lock_limit k CROSS JOIN LATERAL (
    SELECT c.holder FROM lock_claim c WHERE c.lock = k.name AND c.granted IS NULL ${inQueue} LIMIT ${free}
  ) c WHERE ${open} AND k.name NOT LIKE '${turnPrefix}%'
  UNION ALL SELECT k.name, c.holder, true FROM lock_limit k JOIN hopeful w ON w.lock = k.name CROSS JOIN LATERAL (
    SELECT c.holder FROM lock_claim c WHERE c.lock = k.name AND c.wish = w.wish AND c.granted IS NULL ${inQueue} LIMIT ${free}
  ) c WHERE ${open} AND k.name LIKE '${turnPrefix}%'`
const queuesSql = rowsOf(first)
/** Besides, whoever is of the same workflow as the head of a queue, however far behind. */
const deepSql = rowsOf(`${first} UNION ALL SELECT k.name, c.holder, false FROM lock_limit k CROSS JOIN LATERAL (
    SELECT c.workflow_key, c.priority, c.created_at FROM lock_claim c WHERE c.lock = k.name AND c.granted IS NULL ${inQueue} LIMIT 1
  ) h JOIN hopeful w ON w.lock = k.name CROSS JOIN LATERAL (
    SELECT c.holder FROM lock_claim c WHERE c.lock = k.name AND c.wish = w.wish AND c.granted IS NULL
      AND c.priority = h.priority AND c.created_at = h.created_at AND c.workflow_key = h.workflow_key ${inQueue} LIMIT ${free}
  ) c WHERE ${open} AND k.name NOT LIKE '${turnPrefix}%'`)

const grantSql = `WITH given AS (
    UPDATE lock_claim SET granted = nextval('lock_grant') WHERE holder = ANY($1::text[]) AND ${isWaitingClaim}
      RETURNING lock, member
  ), sums AS (SELECT lock, count(*) AS n FROM given GROUP BY lock),
  counted AS (
    UPDATE lock_limit k SET held = k.held + n, waiting = k.waiting - n FROM sums WHERE k.name = sums.lock RETURNING 1
  ) SELECT DISTINCT member FROM given`

/** Who holds turns is of no interest to those who wait for one. */
const answerSql = `SELECT c.holder, min(c.workflow_uid) AS uid, array_agg(c.lock ORDER BY c.granted) AS names,
    NULL AS name, NULL::bigint AS max, NULL::bigint AS waiting
  FROM lock_claim c WHERE c.holder = ANY($1::text[]) AND c.member = $3 GROUP BY c.holder HAVING bool_and(c.granted IS NOT NULL)
  UNION ALL SELECT NULL, NULL, CASE WHEN k.name LIKE '${turnPrefix}%' THEN '{}' ELSE array(
      SELECT c.holder FROM lock_claim c WHERE c.lock = k.name AND c.granted IS NOT NULL ORDER BY c.granted
    ) END, k.name, k.max, k.waiting FROM lock_limit k WHERE k.name = ANY($2::text[])`
