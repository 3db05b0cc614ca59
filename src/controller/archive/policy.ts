/** What becomes of finished workflows: which of them the archive keeps, and when they leave the hot tables. */
import type { LabelSelector } from '../../expressions/index.ts'
import { matchesLabelSelector } from '../../expressions/index.ts'
import type { Workflow } from '../../resources/index.ts'

export type ArchiveConfig = {
  /** Argo's `persistence.archive`: finished workflows stay in the archive after they are deleted. */
  readonly enabled: boolean
  /** Argo's `archiveLabelSelector`: only these. */
  readonly selector: LabelSelector
  /** How long after their end archived workflows are kept; `null`: for ever. */
  readonly ttlMs: number | null
  /** How many archived workflows are kept, those that ended last; `null`: all. */
  readonly newest: number | null
  /** How many finished workflows stay in the hot tables; `null`: all. */
  readonly hotNewest: number | null
  /** How long after their end; `null`: as long as they are among those. */
  readonly hotAgeMs: number | null
}

/** Nothing is archived. */
export const noArchive: ArchiveConfig = {
  ...{ enabled: false, selector: [], ttlMs: null, newest: null, hotNewest: null, hotAgeMs: null },
}

/** Argo's: `Archived` on a workflow that the archive keeps and that is still there, `Persisted` on one out of it. */
export const archivingLabel = 'workflows.argoproj.io/workflow-archiving-status'
export const isArchivedValue = 'Archived'

/** Whether a workflow that ends now belongs into the archive. */
export const isToBeArchived = ({ enabled, selector }: ArchiveConfig, { metadata }: Workflow): boolean =>
  enabled && matchesLabelSelector(selector, metadata.labels ?? {})

export const hasArchivedLabel = ({ metadata }: Workflow): boolean =>
  metadata.labels?.[archivingLabel] === isArchivedValue

export function withArchivedLabel(workflow: Workflow): Workflow {
  const { metadata } = workflow
  return { ...workflow, metadata: { ...metadata, labels: { ...metadata.labels, [archivingLabel]: isArchivedValue } } }
}

/** Whether anything ever leaves the hot tables by itself. */
export const movesByItself = ({ hotNewest, hotAgeMs }: ArchiveConfig): boolean =>
  hotNewest !== null || hotAgeMs !== null
