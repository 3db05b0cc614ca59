/** Reading workflows: from memory while they live, else from the store. */
import type { Workflow, WorkflowUid } from '../../resources/index.ts'
import type { WorkflowRow } from '../../store/port.ts'
import { archivedWorkflow } from '../archive/read.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { storedHeadOf } from '../live-run.ts'
import { hasManyNodes, nodesShownMax, nodesToShow, withoutNodes } from '../many-nodes.ts'
import { notFound } from '../refusals.ts'

/** Rows looked at for `@latest`: the newest stand first, except for what never started. */
const latestAmong = 100
/** A commit that takes longer is not waited for by readers. */
const commitMsMost = 2_000

export async function readWorkflow(
  core: Core,
  namespace: string,
  name: string,
  options: { readonly uid?: string; readonly nodes?: boolean; readonly archived?: boolean } = {},
): Promise<Workflow | null> {
  const nodes = options.nodes !== false
  if (name === '@latest') return latest(core, namespace, nodes)
  const live = isBehind(core) ? undefined : core.runs.byName(namespace, name)
  if (live !== undefined) return options.uid && live.uid !== options.uid ? null : readLive(core, live, nodes)
  const known = core.runs.finished(namespace, name)
  if (known !== undefined && (!options.uid || known.metadata.uid === options.uid)) return known
  const find = async () => {
    const row = await core.store.workflow(namespace, name)
    return options.uid && row?.uid !== options.uid ? null : row
  }
  return (await wholeOf(core, find, nodes)) ?? fromArchive(core, { namespace, name }, { ...options, nodes })
}

type Reading = NonNullable<Parameters<typeof readWorkflow>[3]>

/** @throws ApiError NOT_FOUND */
export async function existingWorkflow(
  core: Core,
  namespace: string,
  name: string,
  options: Reading = {},
): Promise<Workflow> {
  const workflow = await readWorkflow(core, namespace, name, options)
  if (workflow === null) throw notFound('Workflow', name)
  return workflow
}

/** What `@latest` is; any other name is itself. */
export async function resolvedName(core: Core, namespace: string, name: string): Promise<string> {
  if (name !== '@latest') return name
  return (await readWorkflow(core, namespace, name, { nodes: false }))?.metadata.name ?? name
}

/** Another may have what is in memory here, or have deleted it: the store knows. */
const isBehind = ({ fleet }: Core): boolean => fleet?.isFenced === true

async function fromArchive(
  { store }: Core,
  named: { readonly namespace: string; readonly name: string },
  { uid, nodes, archived = false }: { readonly uid?: string; readonly nodes: boolean; readonly archived?: boolean },
): Promise<Workflow | null> {
  const row = uid
    ? await store.archive.byUid(uid as WorkflowUid)
    : await store.archive.named(named.namespace, named.name, { deleted: archived })
  if (row === null || row.name !== named.name || (row.deleted && !archived)) return null
  return archivedWorkflow(store, row, { nodes })
}

export async function readByUid(core: Core, uid: WorkflowUid): Promise<Workflow | null> {
  const live = isBehind(core) ? undefined : core.runs.byUid(uid)
  if (live !== undefined) return readLive(core, live, true)
  const hot = await wholeOf(core, () => core.store.workflowByUid(uid), true)
  if (hot !== null) return hot
  const archived = await core.store.archive.byUid(uid)
  return archived === null ? null : archivedWorkflow(core.store, archived, { nodes: true })
}

/** As it is stored: where a decision is on its way to the store, after it has got there, or as it was before. */
export async function readLive(core: Core, live: LiveRun, nodes: boolean): Promise<Workflow | null> {
  if (!nodes) return storedHeadOf(live)
  if (live.run.nodes.size > nodesShownMax) return withoutNodes(storedHeadOf(live))
  if (live.stored !== null) {
    const waiting = new AbortController()
    await Promise.race([live.settling, core.clock.sleep(commitMsMost, waiting.signal).catch(() => {})])
    waiting.abort()
  }
  if (live.stored === null) return live.cell.read()
  return wholeOf(core, () => core.store.workflowByUid(live.uid), true)
}

/** A workflow that changes faster than it is read is shown with nodes that are newer than the rest. */
const wholeTries = 3

/** The row with its nodes, of one moment: one that others delete or change between the two is looked for again. */
export async function wholeOf(
  core: Pick<Core, 'store'>,
  find: () => Promise<WorkflowRow | null>,
  withNodes: boolean,
): Promise<Workflow | null> {
  let row = await find()
  for (let tries = 1; row !== null; tries += 1) {
    const workflow = await workflowOfRow(core, row, withNodes)
    if (!withNodes) return workflow
    const { uid, resourceVersion } = row
    row = await find()
    const isSame = row?.resourceVersion === resourceVersion
    if (isSame || (row?.uid === uid && tries >= wholeTries)) return workflow
  }
  return null
}

/** @param withNodes `all`: however many there are, for our own use */
export async function workflowOfRow(
  core: Pick<Core, 'store'>,
  row: WorkflowRow,
  withNodes: boolean | 'all',
): Promise<Workflow> {
  const body = row.body as Workflow
  const metadata = { ...body.metadata, resourceVersion: String(row.resourceVersion) }
  if (!withNodes) return { ...body, metadata }
  if (withNodes !== 'all' && hasManyNodes(body)) return withoutNodes({ ...body, metadata })
  const nodes = withNodes === 'all' ? await allNodes(core, row.uid) : await nodesToShow(core.store, row.uid)
  if (nodes === null) return withoutNodes({ ...body, metadata })
  return { ...body, metadata, status: { ...body.status, nodes } }
}

async function allNodes(
  { store }: Pick<Core, 'store'>,
  uid: WorkflowUid,
): Promise<NonNullable<NonNullable<Workflow['status']>['nodes']>> {
  return Object.fromEntries((await store.nodes(uid)).map(({ node }) => [node.id, node]))
}

async function latest(core: Core, namespace: string, nodes: boolean): Promise<Workflow | null> {
  const rows = await core.store.workflows({ ...(namespace === '' ? {} : { namespace }), limit: latestAmong })
  const [newest] = [...rows].sort((a, b) => b.createdAt - a.createdAt)
  return newest === undefined ? null : readWorkflow(core, newest.namespace, newest.name, { nodes })
}
