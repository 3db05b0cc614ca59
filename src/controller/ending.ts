/** How a run leaves memory: because it has ended, or because the engine broke on it. */
import { internalOf, isEnded, nodeOf } from '../engine/index.ts'
import type { NodeStatus, Workflow } from '../resources/index.ts'
import { rfc3339 } from '../resources/index.ts'
import { objectKey } from '../store/port.ts'
import type { Change, NodePage, Store, WorkflowRow } from '../store/port.ts'
import { admit } from './admit.ts'
import { isToBeArchived, noArchive, withArchivedLabel } from './archive/policy.ts'
import { announce } from './api/announce.ts'
import { workflowRow } from './commit.ts'
import type { Core } from './core.ts'
import { staysAfterEnd } from './kept-pods.ts'
import type { LiveRun } from './live-run.ts'
import { viewOf, whereOf } from './live-run.ts'
import { Picture } from './picture.ts'

/** The last picture of a run with more nodes is without them: who wants them reads the store. */
const picturedNodesMax = 10_000
/** The root is as a rule the first that was stored. */
const nodesLookedAt = 100

export function leave(core: Core, live: LiveRun): void {
  const { nodes } = live.run
  depart(core, live, new Picture(viewOf(live, { nodes: false }), nodes.size > picturedNodesMax ? null : nodes))
}

function depart(core: Core, live: LiveRun, picture: Picture): void {
  const { head } = picture
  live.cell.read = () => picture.read()
  if (core.estimates.wants(head)) core.estimates.learn(picture.read())
  core.runs.remove(live, picture.hasNodes ? picture : null)
  core.alarms.clear(`run/${live.uid}`)
  core.pods.leave(live.uid, (nodeId) => {
    const nodePhase = nodeOf(live.run, nodeId)?.phase
    return !staysAfterEnd(live.run.spec, { nodePhase, workflowPhase: head.status?.phase ?? '' })
  })
  core.tasks.leave(live.uid)
  core.plugins.leave(live.uid)
  for (const uid of core.parallelism.leave(live.uid)) admit(core, uid)
  core.expiry.apply(head, live.run.spec, true)
  core.expiry.trim()
  core.archive.mover.ended()
  core.cron.workflowEnded(head)
}

/** The workflow becomes `Error` with the text; others go on. */
export async function abandon(core: Core, live: LiveRun, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error)
  const ended = brokenWorkflow(viewOf(live, { nodes: true }), message, rfc3339(core.clock.now()))
  const broken = isToBeArchived(core.config.archive ?? noArchive, ended) ? withArchivedLabel(ended) : ended
  try {
    const { forgotten: _forgotten, ...kept } = internalOf(live.run)
    const internal = { ...kept, history: core.history.keptOf(live) }
    const row = workflowRow(broken, { internal, finished: true })
    const root = await brokenRootChanges(core.store, row, broken.status?.finishedAt ?? '')
    const { versions } = await core.store.commit([{ kind: 'putWorkflow', row }, ...root])
    live.resourceVersion = versions.get(objectKey('Workflow', live.namespace, live.name)) ?? live.resourceVersion
  } catch (failure) {
    core.log.error({ ...whereOf(live), error: String(failure) }, 'a broken workflow could not be stored')
  }
  const picture = { ...broken, metadata: { ...broken.metadata, resourceVersion: String(live.resourceVersion) } }
  announce(core.hub, picture, 'MODIFIED', live.resourceVersion)
  for (const uid of core.locks.releaseWorkflow(`${live.namespace}/${live.name}`))
    core.reconciler.observe(uid as never, { kind: 'lookAgain' })
  const { nodes = {}, ...status } = picture.status ?? {}
  depart(core, live, new Picture({ ...picture, status }, new Map(Object.entries(nodes))))
}

/** What is stored of its other nodes stays as it is: what the engine made of them in memory may be half of a decision. */
export async function brokenRootChanges(
  store: Pick<Store, 'nodePage'>,
  { uid, name }: Pick<WorkflowRow, 'uid' | 'name'>,
  now: string,
): Promise<readonly Change[]> {
  let cursor: string | null = null
  do {
    const page: NodePage = await store.nodePage(uid, cursor, nodesLookedAt)
    const row = page.rows.find(({ id }) => id === name)
    if (row !== undefined) {
      const node = brokenNode(row.node, now)
      return node === null ? [] : [{ kind: 'putNodes', uid, nodes: [{ ...row, node }] }]
    }
    cursor = page.next
  } while (cursor !== null)
  return []
}

/** `null`: it is not there, or has ended. */
const brokenNode = (node: NodeStatus | undefined, now: string): NodeStatus | null =>
  node === undefined || isEnded(node)
    ? null
    : { ...node, phase: 'Error', message: 'Workflow operation error', finishedAt: now }

export function brokenWorkflow(workflow: Workflow, message: string, now: string): Workflow {
  const { metadata, status } = workflow
  const labels = {
    ...metadata.labels,
    'workflows.argoproj.io/phase': 'Error',
    'workflows.argoproj.io/completed': 'true',
  }
  const conditions = [
    ...(status?.conditions ?? []).filter(({ type }) => type !== 'Completed'),
    { type: 'Completed', status: 'True' },
  ]
  const root = brokenNode(status?.nodes?.[metadata.name ?? ''], now)
  const nodes = root === null ? status?.nodes : { ...status?.nodes, [root.id]: root }
  return {
    ...workflow,
    metadata: { ...metadata, labels },
    status: {
      ...status,
      phase: 'Error',
      message,
      finishedAt: now,
      conditions,
      ...(nodes === undefined ? {} : { nodes }),
    },
  }
}
