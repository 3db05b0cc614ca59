/** Archived workflows as workflows: whole ones, and those of lists. */
import type { Workflow } from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'
import type { ArchivedRow } from '../../store/archive.ts'
import type { NodeRow, Store } from '../../store/port.ts'
import type { ArchiveSummary, Unpacked } from './pack.ts'
import { allUnpacked, unpackDocument } from './pack.ts'
import { archivingLabel } from './policy.ts'

export async function archivedWorkflow(
  store: Store,
  row: ArchivedRow,
  options: { readonly nodes: boolean },
): Promise<Workflow | null> {
  const document = await unpackDocument(store, row.uid)
  if (document === null) return null
  const workflow = persisted(document.body, row.resourceVersion)
  if (!options.nodes) return workflow
  const nodes = Object.fromEntries((await allUnpacked(store, row)).map(({ node }) => [node.id, node]))
  return { ...workflow, status: { ...workflow.status, nodes } }
}

/** As a list shows it. */
export function archivedItem(row: ArchivedRow): Workflow {
  const { uid, namespace, name, labels, createdAt, resourceVersion } = row
  const { metadata, spec, status } = row.summary as ArchiveSummary // our own words
  const own = { name, namespace, uid, labels, creationTimestamp: rfc3339(createdAt) }
  return persisted(
    { metadata: { ...own, ...metadata }, spec, ...(status === undefined ? {} : { status }) },
    resourceVersion,
  )
}

/** All of it, to be put back. `null`: it is no longer there. */
export async function archivedWhole(
  store: Store,
  row: ArchivedRow,
): Promise<{ readonly document: Unpacked; readonly nodes: readonly NodeRow[] } | null> {
  const document = await unpackDocument(store, row.uid)
  if (document === null) return null
  return { document, nodes: await allUnpacked(store, row) }
}

function persisted(workflow: Workflow, resourceVersion: number): Workflow {
  const { metadata } = workflow
  const labels = { ...metadata.labels, [archivingLabel]: 'Persisted' }
  return { ...workflow, metadata: { ...metadata, labels, resourceVersion: String(resourceVersion) } }
}
