/** What an operation would do, without doing it. */
import { openRun, previewOperation, previewResubmit, resubmitted } from '../../engine/index.ts'
import type { Operation, Preview, Run } from '../../engine/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { ArchivedRow } from '../../store/archive.ts'
import { archivedNamed, archivedWhole } from '../archive/read.ts'
import type { Core } from '../core.ts'
import type { ResubmitRequest } from '../port.ts'
import { ApiError } from '../port.ts'
import { notFound, refusalError } from '../refusals.ts'
import { createWorkflow } from './create.ts'
import { readWorkflow } from './read.ts'

/** @throws ApiError as the operation itself would be refused */
export async function previewOf(core: Core, namespace: string, name: string, operation: Operation): Promise<Preview> {
  const resolved =
    name === '@latest' ? (await readWorkflow(core, namespace, name, { nodes: false }))?.metadata.name : name
  const run = core.runs.byName(namespace, resolved ?? name)?.run ?? (await storedRun(core, namespace, resolved ?? name))
  const preview = previewOperation(run, operation, core.clock.now())
  if ('refused' in preview) throw refusalError(preview)
  return preview
}

async function storedRun(core: Core, namespace: string, name: string): Promise<Run> {
  const row = await core.store.workflow(namespace, name)
  if (row === null) {
    const moved = await archivedNamed(core.store, { namespace, name }, { deleted: false })
    if (moved === null) throw notFound('Workflow', name)
    return archivedRun(core, moved)
  }
  const nodes = (await core.store.nodes(row.uid)).map(({ node }) => node)
  return openRun({ workflow: row.body as Workflow, nodes, internal: row.internal }, core.world)
}

/** An archived workflow as the engine had it. @throws ApiError NOT_FOUND */
export async function archivedRun(core: Core, row: ArchivedRow): Promise<Run> {
  const whole = await archivedWhole(core.store, row)
  if (whole === null) throw new ApiError('NOT_FOUND', 'not found')
  const { body: workflow, internal } = whole.document
  return openRun({ workflow, nodes: whole.nodes.map(({ node }) => node), internal }, core.world)
}

/** @throws ApiError where the resubmission would be refused, or the new workflow would not be admitted */
export async function previewOfResubmit(
  core: Core,
  namespace: string,
  name: string,
  { memoized = false, parameters = [] }: ResubmitRequest,
): Promise<Preview> {
  const old = await readWorkflow(core, namespace, name)
  if (old === null) throw notFound('Workflow', name)
  const next = resubmitted(old, { memoized, parameters }, core.random, core.clock.now())
  if ('refused' in next) throw refusalError(next)
  await createWorkflow(core, old.metadata.namespace ?? namespace, next, { dryRun: 'server' })
  return previewResubmit(old, next)
}
