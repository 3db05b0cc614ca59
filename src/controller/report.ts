/** What others hear of a decision once it is durable: watches, the event feed, metrics and the log. */
import type { Decision, RunEvent } from '../engine/index.ts'
import { nodeOf } from '../engine/index.ts'
import type { NodeStatus, Workflow } from '../resources/index.ts'
import { instantOf } from '../resources/index.ts'
import { announceLive } from './api/announce.ts'
import { isEmpty } from './commit.ts'
import type { Core } from './core.ts'
import type { NewFeedEvent } from './event-feed.ts'
import { eventsKeptMax } from './event-feed.ts'
import type { LiveRun } from './live-run.ts'
import { viewOf, whereOf } from './live-run.ts'

const prefix = 'workflows.argoproj.io'
const podPhases: ReadonlySet<string> = new Set(['Pending', 'Running', 'Succeeded', 'Failed', 'Error'])
const endedPhases: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Error', 'Skipped', 'Omitted'])

export function report(core: Core, live: LiveRun, decision: Decision): void {
  const { telemetry, log, feed } = core
  const where = whereOf(live)
  if (!isEmpty(decision)) {
    live.changedAt = core.clock.now()
    announceLive(core.hub, live, 'MODIFIED')
  }
  reportPhase(core, live)
  reportPods(core, live, decision)
  // Of more than it keeps, those that nobody hears would only push each other out.
  const heard = feed.isHeard ? decision.events : decision.events.slice(-eventsKeptMax)
  for (const event of heard) feed.add(feedEvent(live, event))
  for (const emission of decision.metrics)
    telemetry.customMetric(emission, { uid: live.uid, namespace: live.namespace, name: live.name })
  live.hasRealtime ||= decision.metrics.some(({ metric }) => metric.kind === 'realtime')
  if (live.hasRealtime) endRealtime(core, live, decision)
  for (const { node, text } of decision.notes) log.debug({ ...where, ...(node === null ? {} : { node }) }, text)
}

function reportPods({ telemetry }: Core, live: LiveRun, decision: Decision): void {
  const counts = new Map<string, number>()
  for (const { id, type, phase = '' } of decision.changed) {
    if (type !== 'Pod') continue
    // Of those that have ended nothing is remembered: their end is told once.
    const hasEnded = endedPhases.has(phase)
    if (hasEnded) live.podPhases.delete(id)
    if (!podPhases.has(phase) || (hasEnded ? !decision.ended.has(id) : live.podPhases.get(id) === phase)) continue
    if (!hasEnded) live.podPhases.set(id, phase)
    counts.set(phase, (counts.get(phase) ?? 0) + 1)
  }
  for (const [phase, count] of counts) telemetry.podPhase(live.namespace, phase, count)
}

/** Metrics that count up while something runs stop when it has ended. */
function endRealtime({ telemetry }: Core, live: LiveRun, decision: Decision): void {
  for (const { id, finishedAt } of decision.changed) {
    const at = instantOf(finishedAt)
    if (at !== null) telemetry.customMetricsEnded(live.uid, id, at)
  }
  const at = instantOf(live.run.workflow.status?.finishedAt)
  if (at !== null) telemetry.customMetricsEnded(live.uid, null, at)
}

function reportPhase({ telemetry, log }: Core, live: LiveRun): void {
  const workflow = viewOf(live, { nodes: false })
  const phase = workflow.status?.phase ?? ''
  if (phase === live.phase) return
  live.phase = phase
  const template = templateOf(workflow)
  telemetry.workflowPhase(live.namespace, phase, template)
  const startedAt = instantOf(workflow.status?.startedAt)
  const finishedAt = instantOf(workflow.status?.finishedAt)
  if (finishedAt !== null && startedAt !== null)
    telemetry.workflowEnded((finishedAt - startedAt) / 1000, live.namespace, template)
  log.info(
    {
      ...whereOf(live),
      phase,
      ...(workflow.status?.message ? { message: workflow.status.message } : {}),
    },
    'workflow phase',
  )
}

function templateOf({ spec }: Workflow): { readonly name: string; readonly clusterScope: boolean } | null {
  const reference = spec?.workflowTemplateRef
  return reference === undefined || reference === null
    ? null
    : { name: reference.name ?? '', clusterScope: reference.clusterScope === true }
}

/** Holds on to the node, not to the run. */
function feedEvent({ run, namespace, name, uid }: LiveRun, event: RunEvent): () => NewFeedEvent {
  const node = event.node === undefined ? undefined : nodeOf(run, event.node)
  return () => ({
    namespace,
    type: event.type,
    reason: event.reason,
    message: event.message,
    involved: { kind: 'Workflow', name, uid },
    ...(node === undefined ? {} : { annotations: annotationsOf(node) }),
  })
}

const annotationsOf = (node: NodeStatus): Readonly<Record<string, string>> => ({
  [`${prefix}/node-id`]: node.id,
  [`${prefix}/node-name`]: node.name,
  [`${prefix}/node-type`]: node.type,
  ...(node.startedAt ? { [`${prefix}/node-start-time`]: node.startedAt } : {}),
})
