/** Changes to a CronWorkflow's status, each as a pure step from one object to the next. */
import type { CronWorkflow, CronWorkflowStatus, Instant, Workflow } from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'

type ConditionType = 'SubmissionError' | 'SpecError'

const completedLabel = 'cronworkflows.argoproj.io/completed'

function withStatus(cron: CronWorkflow, status: Partial<CronWorkflowStatus>): CronWorkflow {
  return { ...cron, status: { ...cron.status, ...status } }
}

export function withCondition(cron: CronWorkflow, type: ConditionType, message: string): CronWorkflow {
  const others = (cron.status?.conditions ?? []).filter((condition) => condition.type !== type)
  return withStatus(cron, { conditions: [...others, { type, status: 'True', message }] })
}

export function withoutCondition(cron: CronWorkflow, type: ConditionType): CronWorkflow {
  const conditions = (cron.status?.conditions ?? []).filter((condition) => condition.type !== type)
  return conditions.length === (cron.status?.conditions?.length ?? 0) ? cron : withStatus(cron, { conditions })
}

/** A tick that could not be submitted counts as a failed run. */
export const withFailedTick = (cron: CronWorkflow, message: string): CronWorkflow =>
  withCondition(withStatus(cron, { failed: (cron.status?.failed ?? 0) + 1 }), 'SubmissionError', message)

export function withStarted(cron: CronWorkflow, child: Workflow, scheduledAt: Instant): CronWorkflow {
  const active = [...(cron.status?.active ?? []).filter(({ uid }) => uid !== child.metadata.uid), referenceTo(child)]
  const started = withStatus(cron, { active, phase: 'Active', lastScheduledTime: rfc3339(scheduledAt) })
  return withoutCondition(started, 'SubmissionError')
}

/** It fires no more; to be restarted by removing label and phase. */
export function withStopped(cron: CronWorkflow): CronWorkflow {
  const labels = { ...cron.metadata.labels, [completedLabel]: 'true' }
  return { ...withStatus(cron, { phase: 'Stopped' }), metadata: { ...cron.metadata, labels } }
}

export const hasStopped = (cron: CronWorkflow): boolean =>
  cron.status?.phase === 'Stopped' || cron.metadata.labels?.[completedLabel] === 'true'

/**
 * Counts the active ones that have ended, drops those that are gone, and adopts unfinished ones that belong to it.
 * @param phaseOf `undefined` for a workflow that does not exist
 */
export function withCounted(
  cron: CronWorkflow,
  phaseOf: (uid: string) => string | undefined,
  unfinished: readonly Workflow[],
): CronWorkflow {
  const before = cron.status?.active ?? []
  let { succeeded = 0, failed = 0 } = cron.status ?? {}
  const active = before.filter(({ uid = '' }) => {
    const phase = phaseOf(uid)
    if (phase === 'Succeeded') succeeded += 1
    if (phase === 'Failed' || phase === 'Error') failed += 1
    return phase === '' || phase === 'Pending' || phase === 'Running'
  })
  const known = new Set(before.map(({ uid }) => uid))
  const adopted = unfinished.filter(({ metadata }) => !known.has(metadata.uid)).map(referenceTo)
  if (adopted.length === 0 && active.length === before.length) return cron
  return withStatus(cron, { active: [...active, ...adopted], succeeded, failed })
}

const referenceTo = ({ metadata }: Workflow) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  name: metadata.name,
  namespace: metadata.namespace,
  uid: metadata.uid,
})
