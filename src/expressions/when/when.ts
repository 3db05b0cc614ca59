/** Conditions of steps, tasks and CronWorkflows: govaluate's language, re-implemented, with the messages of Argo. */
import { type Condition, held, refused } from '../condition.ts'
import { evaluateStage, whenText } from './evaluate.ts'
import { planTokens } from './plan.ts'
import { type Token, tokenize } from './tokens.ts'

/**
 * Whether a step or task runs. The text is already substituted; bare words in it are texts; an empty one is true.
 * An error is the whole message that Argo puts on the node.
 */
export function evaluateWhen(text: string): Condition {
  if (text === '') return held(true)
  const invalid = (error: string): Condition => {
    const hint = error.includes('Invalid token') ? ' (hint: try wrapping the affected expression in quotes ("))' : ''
    return refused(`Invalid 'when' expression '${text}': ${error}${hint}`)
  }
  const tokens = tokenize(text)
  if (!tokens.ok) return invalid(tokens.error)
  const asWritten = planTokens(tokens.value)
  if (!asWritten.ok) return invalid(asWritten.error)
  // Only what passes with words as variables is looked at again with words as texts, the patterns of the first look kept.
  const plan = planTokens(asWritten.value.tokens.map(wordAsText))
  if (!plan.ok) return refused(`Failed to parse 'when' expression '${text}': ${plan.error}`)
  const result = evaluateStage(plan.value.stage)
  if (!result.ok) return refused(`Failed to evaluate 'when' expresion '${text}': ${result.error}`)
  return asCondition(text, result.value)
}

/** Whether a CronWorkflow's tick runs: the same language, but bare words are unknown names. */
export function evaluateCronWhen(text: string): Condition {
  if (text === '') return held(true)
  const tokens = tokenize(text)
  if (!tokens.ok) return refused(tokens.error)
  const plan = planTokens(tokens.value)
  if (!plan.ok) return refused(plan.error)
  const result = evaluateStage(plan.value.stage)
  return result.ok ? asCondition(text, result.value) : refused(result.error)
}

const wordAsText = (token: Token): Token => (token.kind === 'VARIABLE' ? { kind: 'STRING', value: token.value } : token)

function asCondition(text: string, value: Parameters<typeof whenText>[0]): Condition {
  if (typeof value === 'boolean') return held(value)
  return refused(`Expected boolean evaluation for '${text}'. Got ${whenText(value)}`)
}
