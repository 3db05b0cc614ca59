/** Deleting workflows: what runs is stopped, artifacts go where they should, then the record; the rest in the background. */
import type { Artifact, NodeStatus, Workflow, WorkflowSpec, WorkflowUid } from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'
import type { ArchivedRow } from '../../store/archive.ts'
import { joinLists } from '../../store/long-lists.ts'
import type { Change, Committed, WorkflowRow } from '../../store/port.ts'
import { objectKey } from '../../store/port.ts'
import { admit } from '../admit.ts'
import { archivingChanges, packWorkflow } from '../archive/pack.ts'
import { archivingLabel, hasArchivedLabel, isArchivedValue } from '../archive/policy.ts'
import { archivedWorkflow } from '../archive/read.ts'
import { persevere } from '../back-off.ts'
import { workflowRow } from '../commit.ts'
import type { Core } from '../core.ts'
import { historyGone } from '../history/history.ts'
import type { Leftover } from '../leftovers.ts'
import { leftoverChange } from '../leftovers.ts'
import type { LiveRun } from '../live-run.ts'
import { viewOf } from '../live-run.ts'
import { ApiError } from '../port.ts'
import type { DeleteOptions } from '../port.ts'
import { notFound } from '../refusals.ts'
import { useChanges } from '../revisions/uses.ts'
import { announce } from './announce.ts'
import { beginDeletion, deletionEnded, hasArtifactGC, resumeDeletions } from './deletion-under-way.ts'
import { resolvedName, workflowOfRow } from './read.ts'

/** Some minutes of a store that does not answer. */
const looksMax = 30
/** Of a workflow with more nodes, its deletion is told without them. */
const goneNodesMax = 200

export async function deleteWorkflow(
  core: Core,
  namespace: string,
  name: string,
  options: DeleteOptions = {},
): Promise<void> {
  const { finishedUid } = options
  const resolved = await resolvedName(core, namespace, name)
  await core.creating.settled(namespace, resolved)
  const live = core.runs.byName(namespace, resolved)
  if (live !== undefined) mustBe(finishedUid, { uid: live.uid, name: resolved, finished: false })
  if (live !== undefined) return deleteLive(core, live, options.force === true)
  const known = await core.store.workflow(namespace, resolved)
  if (known === null) return deleteMoved(core, { namespace, name: resolved }, options)
  mustBe(finishedUid, known)
  await core.archive.holds.alone(known.uid, async () => {
    const row = await core.store.workflowByUid(known.uid)
    if (row === null) return deleteMoved(core, { namespace, name: resolved }, options, known.uid)
    mustBe(finishedUid, row)
    const workflow = await withNodesIfWanted(core, row)
    if (options.background === true && options.force !== true && hasArtifactGC(workflow))
      return beginDeletion(core, workflow, row, finishHeld)
    await finishDeletion(core, workflow, options.force === true)
  })
}

/** @throws ApiError NOT_FOUND where it is another one, FAILED_PRECONDITION where it is not over */
function mustBe(
  finishedUid: string | undefined,
  { uid, name, finished }: Pick<WorkflowRow, 'uid' | 'name' | 'finished'>,
): void {
  if (finishedUid === undefined) return
  if (uid !== finishedUid) throw notFound('Workflow', name)
  if (!finished) throw new ApiError('FAILED_PRECONDITION', `workflow ${name} is not over`)
}

/** One that has left the hot tables without having been deleted. @param held whom the caller has for himself. @throws ApiError NOT_FOUND */
async function deleteMoved(
  core: Core,
  named: { readonly namespace: string; readonly name: string },
  options: DeleteOptions,
  held: WorkflowUid | null = null,
): Promise<void> {
  const found = await core.store.archive.named(named.namespace, named.name, { deleted: false })
  if (found === null) throw notFound('Workflow', named.name)
  const { uid } = found
  const remove = async () => {
    const row = await core.store.archive.byUid(uid)
    if (row === null || row.deleted) return false
    mustBe(options.finishedUid, { ...row, finished: true })
    const keeps = core.config.archive?.enabled === true && row.labels[archivingLabel] === isArchivedValue
    await removeMoved(core, row, { force: options.force === true, keeps })
    return true
  }
  const isDone = await (held === uid ? remove() : core.archive.holds.alone(uid, remove))
  // Somebody was faster: it is gone, or among the others again.
  if (!isDone && held !== uid) await deleteWorkflow(core, named.namespace, named.name, options)
}

/** Out of the archive, with all that it still has; what has left it meanwhile is left alone. */
export async function deleteArchivedRow(core: Core, { uid }: Pick<ArchivedRow, 'uid'>): Promise<void> {
  await core.archive.holds.alone(uid, async () => {
    const row = await core.store.archive.byUid(uid)
    if (row === null) return
    if (!row.deleted) return removeMoved(core, row, { force: false, keeps: false })
    await core.store.commit([{ kind: 'deleteArchived', uid }])
  })
}

/** @param how `keeps`: it stays in the archive. @throws ApiError INTERNAL where its artifacts cannot be deleted */
async function removeMoved(
  core: Core,
  row: ArchivedRow,
  how: { readonly force: boolean; readonly keeps: boolean },
): Promise<void> {
  const { uid, namespace, name } = row
  const head = await archivedWorkflow(core.store, row, { nodes: false })
  if (head === null) return
  const isRead = row.nodes <= goneNodesMax || hasArtifactGC(head)
  const workflow = (isRead ? await archivedWorkflow(core.store, row, { nodes: true }) : null) ?? head
  const spec = workflow.status?.storedWorkflowTemplateSpec ?? workflow.spec
  const errors = await collectArtifacts(core, workflow, spec)
  if (errors.length > 0 && !how.force && spec.artifactGC?.forceFinalizerRemoval !== true)
    throw new ApiError('INTERNAL', `artifacts of workflow ${name} could not be deleted: ${errors.join('; ')}`)
  const removal: Change = how.keeps ? { kind: 'markArchived', uid, namespace, name } : { kind: 'deleteArchived', uid }
  await commitDeletion(core, workflow, [removal], async () => {
    const left = await core.store.archive.byUid(uid)
    return left === null || (how.keeps && left.deleted)
  })
}

/** For deletions that go on in the background. */
const finishHeld = (core: Core, workflow: Workflow, force: boolean): Promise<void> =>
  core.archive.holds.alone(workflow.metadata.uid as WorkflowUid, () => finishDeletion(core, workflow, force))

/** Nodes are for artifacts that are to go with it, and for watches, which hear of few. */
async function withNodesIfWanted(core: Core, row: WorkflowRow): Promise<Workflow> {
  const head = await workflowOfRow(core, row, false)
  if (hasArtifactGC(head)) return workflowOfRow(core, row, 'all')
  const { rows, pieces, next } = await core.store.nodePage(row.uid, null, goneNodesMax)
  if (next !== null) return head
  const nodes = Object.fromEntries(joinLists(rows, pieces).map(({ node }) => [node.id, node]))
  return { ...head, status: { ...head.status, nodes } }
}

/** Goes on with deletions that an earlier life had begun. */
export const goOnDeleting = (core: Core): Promise<void> => resumeDeletions(core, finishHeld)

async function deleteLive(core: Core, live: LiveRun, force: boolean): Promise<void> {
  if (live.deleting) return
  live.deleting = true
  await core.reconciler.settled(live)
  for (const request of live.requests.splice(0)) request.reject(notFound('Workflow', live.name))
  core.alarms.clear(`run/${live.uid}`)
  core.tasks.leave(live.uid)
  core.plugins.leave(live.uid)
  try {
    const head = viewOf(live, { nodes: false })
    const isRead = live.run.nodes.size <= goneNodesMax || hasArtifactGC(head)
    await finishDeletion(core, isRead ? viewOf(live, { nodes: true }) : head, force)
  } catch (error) {
    live.deleting = false
    await core.reconciler.anew(live)
    throw error
  }
  for (const uid of core.locks.releaseWorkflow(`${live.namespace}/${live.name}`))
    core.reconciler.observe(uid as never, { kind: 'lookAgain' })
  for (const uid of core.parallelism.leave(live.uid)) admit(core, uid)
  core.runs.remove(live, null)
}

/** @throws what the store throws; artifacts that stay are told on the workflow, which is then kept */
async function finishDeletion(core: Core, workflow: Workflow, force: boolean): Promise<void> {
  const uid = (workflow.metadata.uid ?? '') as WorkflowUid
  const spec = workflow.status?.storedWorkflowTemplateSpec ?? workflow.spec
  const errors = await collectArtifacts(core, workflow, spec)
  if (errors.length > 0 && !force && spec.artifactGC?.forceFinalizerRemoval !== true)
    return keepForArtifacts(core, workflow, errors)
  const isGone = async () => (await core.store.workflowByUid(uid)) === null
  if (core.config.archive?.enabled === true && hasArchivedLabel(workflow) && workflow.status?.finishedAt) {
    const row = await core.store.workflowByUid(uid)
    const how = { archivedAt: core.clock.now(), deleted: true }
    if (row?.finished === true)
      return commitDeletion(core, workflow, archivingChanges(await packWorkflow(core.store, row), how), isGone)
  }
  const gone: Change = { kind: 'deleteWorkflow', uid }
  await commitDeletion(core, workflow, [gone, ...(await historyGone(core.store, uid))], isGone)
}

/**
 * @param removal takes the record away; all else that goes with it, and who hears of it, is here
 * @param isGone whether a commit whose answer was lost is stored
 */
async function commitDeletion(
  core: Core,
  workflow: Workflow,
  removal: readonly Change[],
  isGone: () => Promise<boolean>,
): Promise<void> {
  const { uid = '', namespace = '', name = '' } = workflow.metadata
  const spec = workflow.status?.storedWorkflowTemplateSpec ?? workflow.spec
  const claims = (workflow.status?.persistentVolumeClaims ?? []).flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  )
  const leftover: Leftover = { kind: 'workflow', uid, namespace, name, ...(claims.length > 0 ? { claims } : {}) }
  const changes = [
    ...deletionEnded(workflow),
    ...removal,
    leftoverChange(leftover),
    ...core.owners.changesForDeletion(workflow),
    ...useChanges(workflow, false),
    ...core.expiry.changesFor(workflow, spec, false),
  ]
  const { versions, resourceVersion } = await core.store
    .commit(changes)
    .catch((error: unknown) => deletedAfterAll(core, isGone, error))
  core.expiry.apply(workflow, spec, false)
  core.runs.forget(namespace, name)
  core.telemetry.workflowDeleted(uid as never)
  announce(
    core.hub,
    withoutManyNodes(workflow),
    'DELETED',
    versions.get(objectKey('Workflow', namespace, name)) ?? resourceVersion,
  )
  core.leftovers.clear(leftover)
  await deleteOwned(core, uid)
}

/** The change feed keeps what it tells for a while. */
function withoutManyNodes(workflow: Workflow): Workflow {
  const { nodes = {}, ...status } = workflow.status ?? {}
  return Object.keys(nodes).length > goneNodesMax ? { ...workflow, status } : workflow
}

/** Only the answer of the commit was lost: the record is gone. @throws `error` where it is still there */
async function deletedAfterAll(core: Core, isGone: () => Promise<boolean>, error: unknown): Promise<Committed> {
  const look = async () => ((await isGone()) ? core.store.currentVersion() : null)
  const resourceVersion = await persevere(look, { clock: core.clock, triesMax: looksMax })
  if (resourceVersion === null) throw error
  return { versions: new Map(), resourceVersion }
}

/** Workflows and objects that name it as their owner go with it. */
export async function deleteOwned(core: Core, uid: string): Promise<void> {
  for (const { namespace, name } of core.owners.workflowsOf(uid))
    await core.api.deleteWorkflow(namespace, name).catch(ignoreMissing)
  for (const { kind, namespace, name } of core.owners.objectsOf(uid, core.objects)) {
    if (kind === 'PersistentVolumeClaim') continue // its volume goes when the containers have gone
    await core.objects.delete({ kind, namespace, name })
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'NOT_FOUND')) throw error
}

/** What artifactGC wants gone with the workflow; answers what could not be deleted. */
async function collectArtifacts(core: Core, workflow: Workflow, spec: WorkflowSpec): Promise<string[]> {
  const errors: string[] = []
  for (const { artifact } of doomedArtifacts(workflow, spec)) {
    const error = await core.tasks.deleteArtifact(workflow.metadata.namespace ?? '', artifact)
    if (error !== null) errors.push(`${artifact.name}: ${error}`)
  }
  return errors
}

function doomedArtifacts(
  { status }: Workflow,
  spec: WorkflowSpec,
): { readonly node: NodeStatus; readonly artifact: Artifact }[] {
  const general = spec.artifactGC?.strategy
  return Object.values(status?.nodes ?? {}).flatMap((node) =>
    node.type !== 'Pod'
      ? []
      : (node.outputs?.artifacts ?? []).flatMap((artifact) => {
          const strategy = artifact.artifactGC?.strategy || general
          const isDoomed = strategy === 'OnWorkflowDeletion' || strategy === 'OnWorkflowCompletion'
          return isDoomed && artifact.deleted !== true ? [{ node, artifact }] : []
        }),
  )
}

/** The record stays, marked as to be deleted, until the artifacts can go or the deletion is forced. */
async function keepForArtifacts(core: Core, workflow: Workflow, errors: readonly string[]): Promise<void> {
  const { namespace = '', name = '', uid = '' } = workflow.metadata
  const message = errors.join('; ')
  const others = (workflow.status?.conditions ?? []).filter(({ type }) => type !== 'ArtifactGCError')
  const kept: Workflow = {
    ...workflow,
    metadata: {
      ...workflow.metadata,
      deletionTimestamp: workflow.metadata.deletionTimestamp ?? rfc3339(core.clock.now()),
    },
    status: { ...workflow.status, conditions: [...others, { type: 'ArtifactGCError', status: 'True', message }] },
  }
  const row = await core.store.workflowByUid(uid as never)
  const change = {
    kind: 'putWorkflow' as const,
    row: workflowRow(kept, { internal: row?.internal ?? null, finished: true }),
  }
  const { versions, resourceVersion } = await core.store.commit([change])
  core.runs.forget(namespace, name)
  announce(core.hub, kept, 'MODIFIED', versions.get(objectKey('Workflow', namespace, name)) ?? resourceVersion)
  core.feed.add({
    namespace,
    type: 'Warning',
    reason: 'ArtifactGCFailed',
    message,
    involved: { kind: 'Workflow', name, uid },
  })
}
