// Answers a case of the expression conformance suite: the kinds `expr`, `bool`, `template` and `jsonpath` (dialect expr).

import { compileExpression, evaluateCondition, evaluateExpression } from './evaluate.ts'
import type { Outcome, Verdict } from './evaluate.ts'
import { cronWorkflowEnvironment, httpEnvironment } from './argo-environments.ts'
import { environmentWithFunctions } from './environment.ts'
import { GoPanic } from './values.ts'
import type { Outside } from './values.ts'
import { formatValue } from '../go-format.ts'
import { queryJsonPath } from '../json-path/query.ts'
import { encodeJson } from '../go-json.ts'
import { compileDocument, renderDocument, renderText } from '../tags/document.ts'
import type { TagPolicy } from '../tags/render.ts'
import { variablesOf } from '../variables.ts'
import { compareText } from './utf8.ts'

export type ExpressionCase = { readonly kind: string } & Readonly<Record<string, unknown>>
/** `value` is JSON text, so that integers keep their digits. */
export type ExpressionAnswer = { readonly value: string; readonly type?: string } | { readonly error: string }

/** A world that stands still, for cases that ask for the time but not which. */
const still: Outside = { nowMs: () => 1_717_200_000_000, randomBytes: (count) => new Uint8Array(count) }

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export function answerExpressionCase(given: ExpressionCase, outside: Outside = still): ExpressionAnswer {
  switch (given.kind) {
    case 'expr': {
      const env = environmentWithFunctions(variablesOf(fieldsOf(given['env'])), outside)
      return answered(evaluateExpression(compileExpression(textOf(given['input'])), env, outside))
    }
    case 'bool':
      return verdictOf(given, outside)
    case 'jsonpath': {
      const result = queryJsonPath(given['document'], textOf(given['input']))
      return 'error' in result ? result : answered({ ok: true, value: result.value })
    }
    case 'template':
      return templateAnswer(given, outside)
    default:
      return { error: `no expression case: ${given.kind}` }
  }
}

/** Passes over a text, a document, or a plain text; the first failure ends it. */
function templateAnswer(given: ExpressionCase, outside: Outside): ExpressionAnswer {
  const variables = variablesOf(fieldsOf(given['env']))
  const { strict } = given
  const policy: TagPolicy = Array.isArray(strict)
    ? { kind: 'strict', prefixes: strict.map(String) }
    : given['allowUnresolved'] === true
      ? { kind: 'keep' }
      : { kind: 'strict', prefixes: 'all' }
  const isRaw = typeof given['raw'] === 'string'
  let value: unknown = isRaw ? given['raw'] : 'document' in given ? sortedKeys(given['document']) : given['input']
  for (let pass = Number(given['passes'] ?? 1); pass > 0; pass--) {
    const rendered = isRaw
      ? renderText(textOf(value), variables, policy, outside)
      : renderDocument(compileDocument(value), variables, policy, outside)
    if (!rendered.ok) return { error: rendered.error }
    value = rendered.value
  }
  return { value: encodeJson(value) }
}

/** Documents are Go maps there, which are written with sorted keys. */
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, item]) => [key, sortedKeys(item)]),
  )
}

function answered(outcome: Outcome): ExpressionAnswer {
  if (!outcome.ok) return { error: outcome.error }
  try {
    const { json, type } = formatValue(outcome.value)
    return { value: json, type }
  } catch (cause) {
    if (cause instanceof GoPanic) return { error: cause.message }
    throw cause
  }
}

function verdictOf(given: ExpressionCase, outside: Outside): ExpressionAnswer {
  const { context } = given
  const source = textOf(given['input'])
  const env = fieldsOf(given['env'])
  const shown = (verdict: Verdict, prefix = ''): ExpressionAnswer =>
    verdict.ok ? { value: String(verdict.value), type: 'bool' } : { error: prefix + verdict.error }
  if (context === 'retry' || context === 'hook')
    return shown(evaluateCondition(source, environmentWithFunctions(variablesOf(env), outside), outside))
  if (context === 'cron') {
    const scope = { cronworkflow: cronWorkflowEnvironment(fieldsOf(given['cronworkflow'])) }
    return shown(evaluateCondition(source, scope, outside), 'failed to evaluate stop expression: ')
  }
  if (context === 'http') return shown(evaluateCondition(source, httpEnvironment(env), outside))
  return shown(evaluateCondition(source, env, outside))
}
