/** An archived workflow goes back into the hot tables, as it left them, under its own UID. */
import type { ArchivedRow } from '../../store/archive.ts'
import type { Change, Committed, Store } from '../../store/port.ts'
import { workflowRow } from '../commit.ts'
import { collectionOf } from '../history/history.ts'
import { useChanges } from '../revisions/uses.ts'
import { archivedWhole } from './read.ts'

/** Nodes in one change; together they are one commit all the same. */
const nodesPerChange = 5_000

/** @throws WorldError STORE_CONFLICT where another has its name by now. `null`: the archive no longer has it */
export async function putBack(store: Store, row: ArchivedRow): Promise<Committed | null> {
  const whole = await archivedWhole(store, row)
  if (whole === null) return null
  const { document, nodes } = whole
  const { uid } = row
  const changes: Change[] = [
    { kind: 'deleteArchived', uid },
    { kind: 'putWorkflow', row: workflowRow(document.body, { internal: document.internal, finished: true }) },
  ]
  for (let from = 0; from < nodes.length; from += nodesPerChange)
    changes.push({ kind: 'putNodes', uid, nodes: nodes.slice(from, from + nodesPerChange) })
  for (const [key, value] of document.history)
    changes.push({ kind: 'putRecord', collection: collectionOf(uid), key, value })
  changes.push(...useChanges(document.body, true))
  return store.commit(changes)
}
