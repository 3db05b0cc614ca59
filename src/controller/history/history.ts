/**
 * The history of each workflow: its decisions, written in the commit of the decision they tell of. A workflow has
 * `first` entries that stay and a ring of `newest` ones, each a record of a collection of its own, which goes with it.
 */
import type { Decision, Observation, Operation, Run } from '../../engine/index.ts'
import { takeTransitions } from '../../engine/index.ts'
import type { Clock, WorkflowUid } from '../../resources/index.ts'
import type { Change, Store } from '../../store/port.ts'
import type { HistoryConfig } from '../config.ts'
import type { LiveRun } from '../live-run.ts'
import type { StoredEntry } from './entry.ts'
import { entryOf } from './entry.ts'

type Known = { next: number; phase: string; message: string }

export const collectionOf = (uid: WorkflowUid): string => `history/${uid}`

/** Of those that are kept, in their order. */
export async function storedEntries(store: Store, uid: WorkflowUid): Promise<readonly StoredEntry[]> {
  const records = await store.records(collectionOf(uid))
  return ([...records.values()] as StoredEntry[]).sort((a, b) => a.s - b.s)
}

/** To be committed with the deletion of the workflow. */
export async function historyGone(store: Store, uid: WorkflowUid): Promise<Change[]> {
  const collection = collectionOf(uid)
  const keys = [...(await store.records(collection)).keys()]
  return keys.map((key) => ({ kind: 'putRecord', collection, key, value: null }))
}

export class History {
  readonly #clock: Clock
  readonly #store: Store
  readonly #limits: () => HistoryConfig
  /** By run: where its history goes on. A run that is not in it was opened from the store. */
  readonly #known = new WeakMap<LiveRun, Known>()

  constructor(parts: { readonly clock: Clock; readonly store: Store; readonly limits: () => HistoryConfig }) {
    this.#clock = parts.clock
    this.#store = parts.store
    this.#limits = parts.limits
  }

  /** A run that was just created: nothing is stored of its history. */
  begin(live: LiveRun): void {
    this.#known.set(live, { next: 0, phase: '', message: '' })
  }

  /** What is to be committed together with the decision; a promise where the store has to be asked first. */
  changesFor(
    live: LiveRun,
    decision: Decision,
    told: { readonly observations: readonly Observation[]; readonly operations: readonly Operation[] },
  ): readonly Change[] | Promise<readonly Change[]> {
    const { first, newest } = this.#limits()
    const { told: transitions, more } = takeTransitions(live.run)
    if (newest <= 0) return none
    const known = this.#known.get(live)
    const status = known === undefined ? null : news(known, live.run)
    const happened = { ...told, workflow: live.name, decision, told: transitions, more, status }
    const entry = entryOf(happened, this.#clock.now(), known?.next ?? 0)
    if (known !== undefined) return entry === null ? none : [this.#put(live, known, entry, { first, newest })]
    // Whether a status that changed is news, only the store can tell.
    return entry === null && !decision.workflowChanged ? none : this.#resumed(live, happened, { first, newest })
  }

  async #resumed(
    live: LiveRun,
    happened: Parameters<typeof entryOf>[0],
    limits: HistoryConfig,
  ): Promise<readonly Change[]> {
    const stored = await storedEntries(this.#store, live.uid)
    const [phase, message] = stored.findLast(({ w }) => w !== undefined)?.w ?? ['', '']
    const known: Known = { next: (stored.at(-1)?.s ?? -1) + 1, phase, message }
    this.#known.set(live, known)
    const entry = entryOf({ ...happened, status: news(known, live.run) }, this.#clock.now(), known.next)
    return entry === null ? none : [this.#put(live, known, entry, limits)]
  }

  #put(live: LiveRun, known: Known, entry: StoredEntry, { first, newest }: HistoryConfig): Change {
    known.next += 1
    const key = entry.s < first ? `a${entry.s}` : `b${(entry.s - first) % newest}`
    return { kind: 'putRecord', collection: collectionOf(live.uid), key, value: entry }
  }
}

const none: readonly Change[] = []

/** Phase and message, where they are others than were told last; they are told then. */
function news(known: Known, { workflow }: Run): readonly [string, string] | null {
  const { phase = '', message = '' } = workflow.status ?? {}
  if (phase === known.phase && message === known.message) return null
  known.phase = phase
  known.message = message
  return [phase, message]
}
