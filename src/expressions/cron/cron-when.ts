/** A CronWorkflow's `when` with its tags: replaced as plain text and strictly, then evaluated without bare words. */
import { type Condition, refused } from '../condition.ts'
import { cronWorkflowEnvironment } from '../expr/argo-environments.ts'
import type { Outside } from '../expr/values.ts'
import { renderText } from '../tags/document.ts'
import { variablesOf } from '../variables.ts'
import { evaluateCronWhen } from '../when/when.ts'

/** @param cron name, namespace, labels, annotations, failed, succeeded, lastScheduledTime */
export function evaluateCronWorkflowWhen(
  text: string,
  cron: Readonly<Record<string, unknown>>,
  outside: Outside | null = null,
): Condition {
  if (text === '') return evaluateCronWhen(text)
  const { entries } = cronWorkflowEnvironment(cron)
  const variables = variablesOf(
    Object.fromEntries([...entries].map(([name, value]) => [`cronworkflow.${name}`, value])),
  )
  const rendered = renderText(text, variables, { kind: 'strict', prefixes: 'all' }, outside)
  return rendered.ok ? evaluateCronWhen(rendered.value) : refused(rendered.error)
}
