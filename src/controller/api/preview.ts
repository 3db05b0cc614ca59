/** What an operation would do, without doing it. */
import { openRun, previewOperation } from '../../engine/index.ts'
import type { Operation, Preview, Run } from '../../engine/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { ArchivedRow } from '../../store/archive.ts'
import { archivedWhole } from '../archive/read.ts'
import type { Core } from '../core.ts'
import { ApiError } from '../port.ts'
import { notFound, refusalError } from '../refusals.ts'
import { resolvedName } from './read.ts'

/** @throws ApiError as the operation itself would be refused */
export async function previewOf(core: Core, namespace: string, name: string, operation: Operation): Promise<Preview> {
  const resolved = await resolvedName(core, namespace, name)
  const run = core.runs.byName(namespace, resolved)?.run ?? (await storedRun(core, namespace, resolved))
  const preview = previewOperation(run, operation, core.clock.now())
  if ('refused' in preview) throw refusalError(preview)
  return preview
}

async function storedRun(core: Core, namespace: string, name: string): Promise<Run> {
  const row = await core.store.workflow(namespace, name)
  if (row === null) {
    const moved = await core.store.archive.named(namespace, name, { deleted: false })
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
