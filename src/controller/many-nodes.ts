/** Workflows with so many nodes that one answer cannot hold them: a text of a million would be longer than a text may be. */
import { setImmediate as afterTurn } from 'node:timers'
import type { NodeStatus, Workflow, WorkflowUid } from '../resources/index.ts'
import { joinLists } from '../store/long-lists.ts'
import type { IdPiece } from '../store/long-lists.ts'
import type { NodeRow, Store } from '../store/port.ts'

/** Clients get the nodes of a workflow with more of them not at all, and a condition that says so. */
export const nodesShownMax = 100_000
/** Read at once; others get a turn in between. */
const nodesAtOnce = 1_000

/** As far as it says so itself: its progress counts those that do something. Spares reading as many nodes as an answer holds. */
export const hasManyNodes = ({ status }: Workflow): boolean =>
  Number(status?.progress?.split('/')[1] ?? 0) > nodesShownMax

export function withoutNodes(workflow: Workflow): Workflow {
  const { nodes: _nodes, ...status } = workflow.status ?? {}
  const message = `more than ${nodesShownMax} nodes: none of them are in this answer; progress and phase are those of the workflow`
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'NodesLeftOut')
  return {
    ...workflow,
    status: { ...status, conditions: [...others, { type: 'NodesLeftOut', status: 'True', message }] },
  }
}

/** `null`: there are more than an answer holds. */
export async function nodesToShow(
  store: Pick<Store, 'nodePage'>,
  uid: WorkflowUid,
  most = nodesShownMax,
): Promise<Readonly<Record<string, NodeStatus>> | null> {
  const nodes: NodeRow[] = []
  const lists: IdPiece[] = []
  let cursor: string | null = null
  do {
    const { rows, pieces, next } = await store.nodePage(uid, cursor, nodesAtOnce)
    nodes.push(...rows)
    lists.push(...pieces)
    if (nodes.length > most) return null
    cursor = next
    if (cursor !== null) await new Promise<void>((resolve) => afterTurn(resolve))
  } while (cursor !== null)
  return Object.fromEntries(joinLists(nodes, lists).map(({ node }) => [node.id, node]))
}
