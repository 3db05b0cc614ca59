/** The workflow that a tick of a CronWorkflow starts (semantics-operations.md §2.2). */
import type { CronWorkflow, Instant, Workflow } from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'

const prefix = 'workflows.argoproj.io'
export const cronLabel = `${prefix}/cron-workflow`
const apiVersion = 'argoproj.io/v1alpha1'

/** @param name the child's own, or only a beginning */
function childOf(
  cron: CronWorkflow,
  scheduledAt: Instant,
  name: { readonly name: string } | { readonly generateName: string },
): Workflow {
  const { metadata, spec } = cron
  const { labels, annotations, finalizers } = spec.workflowMetadata ?? {}
  const creators = Object.entries(metadata.labels ?? {}).filter(([key]) => key.startsWith(`${prefix}/creator`))
  const instance = metadata.labels?.[`${prefix}/controller-instanceid`]
  return {
    apiVersion,
    kind: 'Workflow',
    metadata: {
      ...name,
      namespace: metadata.namespace,
      labels: {
        ...labels,
        ...Object.fromEntries(creators),
        ...(instance === undefined ? {} : { [`${prefix}/controller-instanceid`]: instance }),
        [cronLabel]: metadata.name ?? '',
      },
      annotations: { ...annotations, [`${prefix}/scheduled-time`]: rfc3339(scheduledAt) },
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [
        {
          apiVersion,
          kind: 'CronWorkflow',
          name: metadata.name ?? '',
          uid: metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: structuredClone(spec.workflowSpec),
  }
}

/** The scheduled second is in the name: a tick that happens twice finds its child already there. */
export const scheduledChild = (cron: CronWorkflow, scheduledAt: Instant): Workflow =>
  childOf(cron, scheduledAt, { name: `${cron.metadata.name ?? ''}-${Math.floor(scheduledAt / 1000)}` })

/** Submitted by hand. */
export const manualChild = (cron: CronWorkflow, now: Instant): Workflow =>
  childOf(cron, now, { generateName: `${cron.metadata.name ?? ''}-` })
