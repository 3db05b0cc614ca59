/** The variables that Argo gives every container of a pod. */
import type { PodPlan } from '../../engine/index.ts'
import type { Instant } from '../../resources/index.ts'
import { instant, rfc3339 } from '../../resources/index.ts'
import type { EnvEntry } from './env.ts'

export const progressFile = '/var/run/argo/progress'

export function argoEnv(plan: PodPlan, containerName: string, now: Instant): EnvEntry[] {
  const { identity } = plan
  return [
    { name: 'HOSTNAME', value: (plan.spec.hostname ?? identity.name).slice(0, 63) },
    containerName === 'main' ? ofMain : { name: 'ARGO_CONTAINER_NAME', value: containerName },
    { name: 'ARGO_POD_NAME', value: identity.name },
    { name: 'ARGO_POD_UID', value: identity.id },
    { name: 'ARGO_NODE_ID', value: identity.nodeId },
    { name: 'ARGO_WORKFLOW_NAME', value: identity.workflowName },
    { name: 'ARGO_WORKFLOW_UID', value: identity.workflowUid },
    plan.captureResult ? withResult : withoutResult,
    plan.activeDeadlineMs === null
      ? withoutDeadline
      : { name: 'ARGO_DEADLINE', value: rfc3339(instant(now + plan.activeDeadlineMs)) },
    // One by one and not spread: a list that grows takes room for many more.
    ofProgressFile,
    ofPatchTick,
    ofFileTick,
  ]
}

const ofMain: EnvEntry = { name: 'ARGO_CONTAINER_NAME', value: 'main' }
const withResult: EnvEntry = { name: 'ARGO_INCLUDE_SCRIPT_OUTPUT', value: 'true' }
const withoutResult: EnvEntry = { name: 'ARGO_INCLUDE_SCRIPT_OUTPUT', value: 'false' }
const withoutDeadline: EnvEntry = { name: 'ARGO_DEADLINE', value: '0001-01-01T00:00:00Z' }
const ofProgressFile: EnvEntry = { name: 'ARGO_PROGRESS_FILE', value: progressFile }
const ofPatchTick: EnvEntry = { name: 'ARGO_PROGRESS_PATCH_TICK_DURATION', value: '1m0s' }
const ofFileTick: EnvEntry = { name: 'ARGO_PROGRESS_FILE_TICK_DURATION', value: '3s' }

/** Whether the pod may report its progress, so that the file is worth looking at. */
export function mayReportProgress(plan: PodPlan): boolean {
  let answer = progressMentioned.get(plan.spec)
  if (answer === undefined) {
    answer = mentions(plan.spec.containers)
    progressMentioned.set(plan.spec, answer)
  }
  return answer || mentions(plan.files)
}
const progressMentioned = new WeakMap<PodPlan['spec'], boolean>()

function mentions(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('ARGO_PROGRESS_FILE') || value.includes(progressFile)
  if (typeof value !== 'object' || value === null) return false
  for (const part of Array.isArray(value) ? value : Object.values(value)) if (mentions(part)) return true
  return false
}
