/**
 * The archive as clients see it: finished workflows that it keeps, whether they still lie in the hot tables or not.
 * Where the archive is not kept (Argo's `persistence.archive`), that is every finished workflow.
 */
import { previewOperation } from '../../engine/index.ts'
import type { Operation, Preview } from '../../engine/index.ts'
import type { Workflow, WorkflowUid } from '../../resources/index.ts'
import type { ArchivedRow } from '../../store/archive.ts'
import { objectKey } from '../../store/port.ts'
import { noArchive, archivingLabel, hasArchivedLabel } from '../archive/policy.ts'
import { archivedWorkflow } from '../archive/read.ts'
import { workflowRow } from '../commit.ts'
import type { Core } from '../core.ts'
import type { ArchivedIdentity, WorkflowArchive } from '../port.ts'
import { ApiError } from '../port.ts'
import { refusalError } from '../refusals.ts'
import { announce } from './announce.ts'
import { deleteArchivedRow } from './delete.ts'
import { archivedRun, previewOf } from './preview.ts'
import { readByUid, workflowOfRow } from './read.ts'
import { resubmit, resubmitPreview } from './resubmit.ts'
import { takeBack } from './take-back.ts'

const archiveConfig = ({ config }: Core) => config.archive ?? noArchive

type Found =
  { readonly kind: 'hot'; readonly workflow: Workflow } | { readonly kind: 'archived'; readonly row: ArchivedRow }

/** @throws ApiError NOT_FOUND, also for one that has not finished */
async function find(core: Core, identity: ArchivedIdentity): Promise<Found> {
  const hot = await findHot(core, identity)
  if (hot !== null) return { kind: 'hot', workflow: hot }
  const { uid, namespace, name } = identity
  const row = uid
    ? await core.store.archive.byUid(uid as WorkflowUid)
    : await core.store.archive.named(namespace, name, { deleted: true })
  if (row === null) throw new ApiError('NOT_FOUND', 'not found')
  return { kind: 'archived', row }
}

async function findHot(core: Core, { uid, namespace, name }: ArchivedIdentity): Promise<Workflow | null> {
  const row = uid
    ? await core.store.workflowByUid(uid as WorkflowUid)
    : await core.store.workflow(namespace || core.config.defaultNamespace, name)
  if (row === null) return null
  const live = core.runs.byUid(row.uid)
  if (live !== undefined || !row.finished) return null
  const workflow = await workflowOfRow(core, row, false)
  return !archiveConfig(core).enabled || hasArchivedLabel(workflow) ? workflow : null
}

async function readArchived(core: Core, identity: ArchivedIdentity): Promise<Workflow> {
  const found = await find(core, identity)
  const workflow =
    found.kind === 'hot'
      ? await readByUid(core, found.workflow.metadata.uid as WorkflowUid)
      : await archivedWorkflow(core.store, found.row, { nodes: true })
  if (workflow === null) throw new ApiError('NOT_FOUND', 'not found')
  return workflow
}

/** Of a workflow that is still there only the archive's copy goes: it is no longer kept when it is deleted. */
async function deleteArchived(core: Core, identity: ArchivedIdentity): Promise<void> {
  const found = await find(core, identity)
  if (found.kind === 'archived') return deleteArchivedRow(core, found.row)
  const { namespace = '', name = '', uid = '' } = found.workflow.metadata
  if (!archiveConfig(core).enabled) return core.api.deleteWorkflow(namespace, name)
  await core.archive.holds.alone(uid as WorkflowUid, async () => {
    const row = await core.store.workflowByUid(uid as WorkflowUid)
    if (row === null || core.runs.byUid(row.uid) !== undefined) throw new ApiError('NOT_FOUND', 'not found')
    const { [archivingLabel]: _gone, ...labels } = row.labels
    const body = row.body as Workflow
    const workflow = { ...body, metadata: { ...body.metadata, labels } }
    const change = {
      kind: 'putWorkflow' as const,
      row: workflowRow(workflow, { internal: row.internal, finished: true }),
    }
    // Before: where the answer is lost, what is remembered of it would be older than what is stored.
    core.runs.forget(namespace, name)
    const { versions, resourceVersion } = await core.store.commit([change])
    announce(core.hub, workflow, 'MODIFIED', versions.get(objectKey('Workflow', namespace, name)) ?? resourceVersion)
  })
}

/** @throws ApiError ALREADY_EXISTS in Argo's words where another workflow has the name; as the operation is refused */
async function operateArchived(core: Core, identity: ArchivedIdentity, operation: Operation): Promise<Workflow> {
  const found = await find(core, identity)
  if (found.kind === 'archived') {
    await previewOfArchived(core, found.row, operation) // what is refused stays where it is
    await takeBack(core, found.row)
  }
  const { namespace = '', name = '' } = found.kind === 'hot' ? found.workflow.metadata : found.row
  return core.api.operate(namespace, name, operation)
}

async function previewArchived(core: Core, identity: ArchivedIdentity, operation: Operation): Promise<Preview> {
  const found = await find(core, identity)
  if (found.kind === 'archived') return previewOfArchived(core, found.row, operation)
  const { namespace = '', name = '' } = found.workflow.metadata
  return previewOf(core, namespace, name, operation)
}

async function previewOfArchived(core: Core, row: ArchivedRow, operation: Operation): Promise<Preview> {
  const run = await archivedRun(core, row)
  const preview = previewOperation(run, operation, core.clock.now())
  if ('refused' in preview) throw refusalError(preview)
  return preview
}

export function archiveApi(at: () => Core): WorkflowArchive {
  return {
    workflow: (identity) => readArchived(at(), identity),
    delete: (identity) => deleteArchived(at(), identity),
    operate: (identity, operation) => operateArchived(at(), identity, operation),
    resubmit: async (identity, options) => resubmit(at(), await readArchived(at(), identity), options),
    preview: (identity, operation) => previewArchived(at(), identity, operation),
    previewResubmit: async (identity, options) => resubmitPreview(at(), await readArchived(at(), identity), options),
    labelKeys: () => at().store.archive.labelKeys(),
    labelValues: (key) => at().store.archive.labelValues(key),
  }
}
