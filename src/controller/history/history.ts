/**
 * The history of each workflow: its decisions, written in the commit of the decision they tell of. The newest few lie in
 * the workflow's own row, which every commit writes anyway; when they are a page, they become a record of a collection
 * that goes with the workflow: first pages that stay, and a ring of newest ones.
 */
import type { Decision, Observation, Operation, Run } from '../../engine/index.ts'
import { takeTransitions } from '../../engine/index.ts'
import type { Clock, WorkflowUid } from '../../resources/index.ts'
import type { Change, Store } from '../../store/port.ts'
import type { HistoryConfig } from '../config.ts'
import type { LiveRun } from '../live-run.ts'
import type { StoredEntry } from './entry.ts'
import { entryOf } from './entry.ts'

/** As it lies in the row. */
export type KeptHistory = {
  /** Number of the next entry, and of the next page. */
  readonly next: number
  readonly page: number
  /** Phase and message of the workflow as they were told last. */
  readonly told: readonly [string, string]
  /** Each as JSON: it is written down once, and stored with every commit until its page is full. */
  readonly open: readonly string[]
  /** How many nodes they tell of. */
  readonly nodes: number
}

const fresh: KeptHistory = { next: 0, page: 0, told: ['', ''], open: [], nodes: 0 }

/** A page is full when it has so many entries, or so many nodes. */
const entriesPerPage = 8
const nodesPerPage = 60

export const collectionOf = (uid: WorkflowUid): string => `history/${uid}`

/** @param internal of the workflow's row */
export function keptIn(internal: unknown): KeptHistory {
  if (typeof internal !== 'object' || internal === null || !('history' in internal)) return fresh
  return internal.history as KeptHistory // our own words
}

/** Those that are kept, in their order. */
export async function storedEntries(
  store: Store,
  uid: WorkflowUid,
  { open }: KeptHistory,
  known: readonly (readonly string[])[] | null = null,
): Promise<readonly StoredEntry[]> {
  const pages = known ?? ([...(await store.records(collectionOf(uid))).values()] as (readonly string[])[])
  const texts = [...pages.flat(), ...open]
  const entries = new Map(texts.map((text) => JSON.parse(text) as StoredEntry).map((entry) => [entry.s, entry]))
  return [...entries.values()].sort((a, b) => a.s - b.s)
}

/** To be committed with the deletion of the workflow. */
export async function historyGone(store: Store, uid: WorkflowUid): Promise<Change[]> {
  const collection = collectionOf(uid)
  const keys = [...(await store.records(collection)).keys()]
  return keys.map((key) => ({ kind: 'putRecord', collection, key, value: null }))
}

export class History {
  readonly #clock: Clock
  readonly #limits: () => HistoryConfig
  /** By run: where its history goes on. */
  readonly #known = new WeakMap<LiveRun, KeptHistory>()

  constructor(parts: { readonly clock: Clock; readonly limits: () => HistoryConfig }) {
    this.#clock = parts.clock
    this.#limits = parts.limits
  }

  /** The run is as the store has it. */
  resume(live: LiveRun, internal: unknown): void {
    this.#known.set(live, keptIn(internal))
  }

  keptOf(live: LiveRun): KeptHistory {
    return this.#known.get(live) ?? fresh
  }

  /** What is to be committed together with the decision; `keptOf` then is what the row is to hold. */
  changesFor(
    live: LiveRun,
    decision: Decision,
    told: { readonly observations: readonly Observation[]; readonly operations: readonly Operation[] },
  ): readonly Change[] {
    const { told: transitions, more } = takeTransitions(live.run)
    const limits = this.#limits()
    if (limits.newest <= 0) return none
    const kept = this.keptOf(live)
    const status = news(kept, live.run)
    const happened = { ...told, workflow: live.name, decision, told: transitions, more, status }
    const entry = entryOf(happened, this.#clock.now(), kept.next)
    if (entry === null) return none
    const open = [...kept.open, JSON.stringify(entry)]
    const nodes = kept.nodes + (entry.n?.length ?? 0)
    const isFull = open.length >= entriesPerPage || nodes >= nodesPerPage
    const { next, page, told: before } = kept
    const latest = status ?? before
    this.#known.set(
      live,
      isFull
        ? { next: next + 1, page: page + 1, told: latest, open: [], nodes: 0 }
        : { next: next + 1, page, told: latest, open, nodes },
    )
    if (!isFull) return none
    const key = pageKey(kept.page, limits)
    return [{ kind: 'putRecord', collection: collectionOf(live.uid), key, value: open }]
  }
}

const none: readonly Change[] = []

/** Pages that are not full make up for some of the newest entries, so the ring is twice as long as it need be. */
function pageKey(page: number, { first, newest }: HistoryConfig): string {
  const firstPages = Math.ceil(first / entriesPerPage)
  return page < firstPages ? `a${page}` : `b${(page - firstPages) % Math.ceil((2 * newest) / entriesPerPage)}`
}

/** Phase and message, where they are others than were told last. */
function news({ told }: KeptHistory, { workflow }: Run): readonly [string, string] | null {
  const { phase = '', message = '' } = workflow.status ?? {}
  return phase === told[0] && message === told[1] ? null : [phase, message]
}
