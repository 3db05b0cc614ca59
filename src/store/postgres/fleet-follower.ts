/** Tells a listener what is news to it, read from the tables; what it was told is remembered by numbers. */
import { workflowUid } from '../../resources/index.ts'
import type { WorkflowUid } from '../../resources/index.ts'
import type { FleetEvent, FleetListener } from '../fleet.ts'
import type { FleetLink } from './fleet-link.ts'
import type { Ears, FleetNews, NewsSet } from './fleet-ears.ts'
import { allNews } from './fleet-ears.ts'

/** Changes read at once. */
const changesAtOnce = 2_000

export type FollowerOptions = {
  readonly link: FleetLink
  readonly ears: Ears
  readonly since: number
  readonly listener: FleetListener
  /** Take-overs of our own that are under way, whose answer tells what has come. */
  readonly attempts: ReadonlySet<string>
}

export class Follower {
  readonly #options: FollowerOptions
  readonly #name: string
  readonly #leave: () => void
  readonly #news = new Set<FleetNews>()
  #looking: Promise<void> | null = null
  #isClosed = false
  #seen: number
  #grant = 0
  #commands = new Set<string>()
  #live = ''

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#name = options.link.name.lease
    this.#seen = options.since
    this.#leave = options.ears.on((news) => this.look(news))
    this.look(new Set(allNews))
  }

  close(): void {
    this.#isClosed = true
    this.#leave()
  }

  look(news: NewsSet): void {
    for (const one of news) this.#news.add(one)
    this.#looking ??= this.#lookAround().finally(() => (this.#looking = null))
  }

  async ended(): Promise<void> {
    await this.#looking
  }

  /** One thing after the other. Rejects never: what could not be read is looked for again. */
  async #lookAround(): Promise<void> {
    while (this.#news.size > 0 && !this.#isClosed) {
      const news = new Set(this.#news)
      this.#news.clear()
      try {
        if (news.has('members')) this.#options.listener.members?.()
        if (news.has('changes')) await this.#changes()
        if (news.has('owned')) await this.#owned()
        if (news.has('grants')) await this.#grants()
        if (news.has('commands') || news.has('owned')) await this.#orders()
        if (news.has('capacity')) this.#options.listener.capacity?.()
      } catch {
        return // our lease is over, or we are closed: there is no more news for us
      }
    }
  }

  /** Told whenever who lives has changed. */
  lives(live: string): void {
    const isNews = this.#live !== '' && this.#live !== live
    this.#live = live
    if (isNews) this.look(new Set(['members', 'capacity']))
  }

  async #read<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const query = { name: `follow-${name}`, text, values: [...values] }
    return this.#options.link.transact(async (client) => (await client.query<Row>(query)).rows)
  }

  async #changes(): Promise<void> {
    const { listener } = this.#options
    if (!listener.changes && !listener.lostTrack) return
    for (;;) {
      const rows = await this.#read<ChangeRow>('changes', changesSql, [this.#seen, this.#name, changesAtOnce])
      const [first] = rows
      if (this.#isClosed || first === undefined) return
      const isAlone = first.alone === this.#name
      if (!first.is_on) {
        if (isAlone) this.#seen = Number(first.top)
        return
      }
      const from = Number(isAlone ? first.since : first.until)
      if (this.#seen < from) {
        const before = this.#seen
        this.#seen = Number(first.top)
        listener.lostTrack?.(`changes up to ${from} are no longer known, we had read up to ${before}`)
        return
      }
      const events = rows.flatMap((row) => (row.version === null ? [] : [eventOf(row)]))
      this.#seen = events.length < changesAtOnce ? Number(first.top) : (events.at(-1)?.resourceVersion ?? this.#seen)
      if (events.length > 0) listener.changes?.(events)
      if (events.length < changesAtOnce) return
    }
  }

  async #owned(): Promise<void> {
    const { listener, attempts } = this.#options
    if (!listener.owned) return
    const rows = await this.#read<{ uid: string; attempt: string | null; ours: boolean }>('owned', ownedSql, [
      this.#name,
    ])
    const handed = rows.filter(({ attempt }) => attempt === null || !attempts.has(attempt))
    if (handed.length === 0 || this.#isClosed) return
    const ours = handed.filter((row) => row.ours).map(({ uid }) => workflowUid(uid))
    if (ours.length > 0) listener.owned(ours)
    await this.#read('told', 'DELETE FROM handed WHERE member = $1 AND uid = ANY($2)', [
      this.#name,
      handed.map(({ uid }) => uid),
    ])
  }

  async #grants(): Promise<void> {
    const { listener } = this.#options
    if (!listener.granted) return
    const rows = await this.#read<GrantRow>('grants', grantsSql, [this.#name, this.#grant])
    if (rows.length === 0 || this.#isClosed) return
    this.#grant = rows.reduce((most, { last }) => Math.max(most, Number(last)), this.#grant)
    listener.granted(rows.map(({ holder, uid, locks }) => ({ holder, workflowUid: workflowUid(uid), locks })))
  }

  async #orders(): Promise<void> {
    const { listener } = this.#options
    if (!listener.commands) return
    const rows = await this.#read<CommandRow>('commands', commandsSql, [this.#name])
    const fresh = rows.filter(({ id }) => !this.#commands.has(id))
    this.#commands = new Set(rows.map(({ id }) => id))
    if (fresh.length === 0 || this.#isClosed) return
    listener.commands(
      fresh.map(({ id, sender, uid, request }) => {
        return { id, from: sender, workflowUid: workflowUid(uid), request: JSON.parse(request) as unknown }
      }),
    )
  }
}

type ChangeRow = Readonly<
  Record<'top' | 'since' | 'until' | 'alone' | 'type' | 'kind' | 'namespace' | 'name' | 'member', string>
> & {
  readonly is_on: boolean
  readonly version: string | null
  readonly uid: string | null
}
type GrantRow = { readonly holder: string; readonly uid: string; readonly locks: string[]; readonly last: string }
type CommandRow = Readonly<Record<'id' | 'sender' | 'uid' | 'request', string>>

const eventOf = (row: ChangeRow): FleetEvent => ({
  resourceVersion: Number(row.version),
  type: row.type as FleetEvent['type'],
  kind: row.kind,
  namespace: row.namespace,
  name: row.name,
  member: row.member,
  ...(row.uid === null ? {} : { uid: row.uid as WorkflowUid }),
})

/** Of one moment: the counter says up to where nothing is missing. */
const changesSql = `SELECT c.value AS top, f.is_on, f.since, f.until, f.alone, g.*
  FROM counter c CROSS JOIN feed f LEFT JOIN LATERAL (
    SELECT version, type, kind, namespace, name, uid, member FROM change
      WHERE version > $1 AND member <> $2 ORDER BY version LIMIT $3
  ) g ON true WHERE c.name = 'resource_version' ORDER BY g.version`
const ownedSql = `SELECT h.uid, h.attempt, w.owner IS NOT NULL AS ours FROM handed h
  LEFT JOIN workflow w ON w.uid = h.uid AND w.owner = h.member WHERE h.member = $1 ORDER BY h.uid`
const grantsSql = `SELECT holder, workflow_uid AS uid, array_agg(lock ORDER BY granted) AS locks, max(granted) AS last
  FROM lock_claim WHERE member = $1 AND granted > $2 GROUP BY holder, workflow_uid ORDER BY max(granted)`
const commandsSql = `SELECT c.id, c.sender, c.workflow_uid AS uid, c.request FROM command c
  JOIN workflow w ON w.uid = c.workflow_uid WHERE w.owner = $1 AND c.answer IS NULL AND c.late_at > now()`
