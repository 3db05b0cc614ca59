/** Whether there may be containers and volumes of a workflow: it has begun, or had before it was retried. */
import { wasRetried } from '../../engine/index.ts'
import type { WorkflowRow } from '../../store/port.ts'

export const mayHavePods = ({ startedAt, internal }: Pick<WorkflowRow, 'startedAt' | 'internal'>): boolean =>
  startedAt !== null || wasRetried(internal)
