/** What a CronWorkflow's `when` and `stopStrategy` see and say. */
import { cronWorkflowEnvironment, evaluateCondition, evaluateCronWorkflowWhen } from '../../expressions/index.ts'
import type { Outside } from '../../expressions/index.ts'
import type { CronWorkflow, Random } from '../../resources/index.ts'

export type Answer = { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly error: string }

export const outsideOf = (nowMs: () => number, random: Random): Outside => ({
  nowMs,
  randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random.next() * 256)),
})

const factsOf = ({ metadata, status }: CronWorkflow) => ({
  name: metadata.name,
  namespace: metadata.namespace,
  labels: metadata.labels,
  failed: status?.failed ?? 0,
  succeeded: status?.succeeded ?? 0,
  lastScheduledTime: status?.lastScheduledTime,
})

/** Whether this tick runs. */
export const whenHolds = (cron: CronWorkflow, outside: Outside): Answer =>
  evaluateCronWorkflowWhen(cron.spec.when ?? '', factsOf(cron), outside)

/** Whether it is to fire no more. */
export function isStopped(cron: CronWorkflow, outside: Outside): Answer {
  const expression = cron.spec.stopStrategy?.expression
  if (!expression) return { ok: true, value: false }
  const verdict = evaluateCondition(expression, { cronworkflow: cronWorkflowEnvironment(factsOf(cron)) }, outside)
  if (verdict.ok) return verdict
  const name = cron.metadata.name ?? ''
  return {
    ok: false,
    error: `failed to check CronWorkflow '${name}' stopping condition: failed to evaluate stop expression: ${verdict.error}`,
  }
}
