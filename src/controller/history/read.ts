/** The history of a workflow as clients see it: full node ids, names and times. */
import type { NodeStatus, WorkflowUid } from '../../resources/index.ts'
import { instant, rfc3339 } from '../../resources/index.ts'
import type { Store } from '../../store/port.ts'
import type { HistoryEntry } from '../port.ts'
import type { StoredEntry } from './entry.ts'
import { fullId } from './entry.ts'
import type { KeptHistory } from './history.ts'
import { storedEntries } from './history.ts'

export async function readHistory(
  store: Store,
  {
    uid,
    name,
    kept,
    pages,
  }: {
    readonly uid: WorkflowUid
    readonly name: string
    readonly kept: KeptHistory
    /** Of an archived workflow; `null`: they lie in the store. */
    readonly pages: readonly (readonly string[])[] | null
  },
  nodes: Readonly<Record<string, NodeStatus>>,
): Promise<readonly HistoryEntry[]> {
  const nameOf = (id: string): string => nodes[id]?.displayName || nodes[id]?.name || id
  return (await storedEntries(store, uid, kept, pages)).map((entry) => expanded(entry, name, nameOf))
}

function expanded(entry: StoredEntry, workflow: string, nameOf: (id: string) => string): HistoryEntry {
  const node = (short = '') => {
    const id = fullId(workflow, short)
    return { node: id, name: nameOf(id) }
  }
  const { o = [], r = [], n = [], m = 0, d, e = {}, x = [], w } = entry
  return {
    sequence: entry.s,
    at: rfc3339(instant(entry.t)),
    ...(r.length === 0 ? {} : { requested: r }),
    observed: o.map(([kind = '', short, detail]) => ({
      kind,
      ...(kind === 'lookAgain' || kind === 'more' ? {} : node(short)),
      ...(detail === undefined ? {} : { detail }),
    })),
    ...(w === undefined ? {} : { workflow: { phase: w[0], ...(w[1] === '' ? {} : { message: w[1] }) } }),
    nodes: n.map(([short, phase = '', message]) => ({
      ...node(short),
      phase,
      ...(message === undefined ? {} : { message }),
    })),
    ...(m === 0 ? {} : { moreNodes: m }),
    ...(d === undefined ? {} : { deleted: { nodes: d.ids.map((short) => fullId(workflow, short)), count: d.all } }),
    effects: Object.entries(e).map(([kind, { ids, all }]) => ({
      kind,
      targets: ids.map((short) => (short.startsWith('/') ? short.slice(1) : nameOf(fullId(workflow, short)))),
      count: all,
    })),
    ...(x.length === 0 ? {} : { notes: x.map(([short, text = '']) => ({ ...node(short), text })) }),
  }
}
