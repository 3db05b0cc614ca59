/** Which outcomes are retried, and after how long (semantics-flow.md §7). */
import type { RetryStrategy } from '../resources/index.ts'
import {
  environmentWithFunctions,
  evaluateCondition,
  humanizeDuration,
  parseDurationMs,
  variablesOf,
} from '../expressions/index.ts'
import type { Outcome } from './outcome.ts'
import type { Outsider } from './substitution.ts'

export const retryPolicies: ReadonlySet<string> = new Set(['Always', 'OnFailure', 'OnError', 'OnTransientError'])

/** An expression alone means that every outcome is put to it. */
export const policyOf = ({ retryPolicy, expression }: RetryStrategy): string =>
  retryPolicy || (expression ? 'Always' : 'OnFailure')

const transientTexts = [
  'i/o timeout',
  'connection timed out',
  'connection reset by peer',
  'connect: connection refused',
  'net/http: TLS handshake timeout',
  'http2: client connection lost',
  'http2: server sent GOAWAY and closed the connection',
  'transport is closing',
  'the server could not find the requested resource, try again',
]

export function policyCovers(
  policy: string,
  phase: 'Failed' | 'Error',
  message: string,
  pattern: string | undefined,
): boolean {
  if (policy === 'Always') return true
  if (policy === 'OnFailure') return phase === 'Failed'
  if (policy === 'OnError') return phase === 'Error'
  return (
    transientTexts.some((text) => message.includes(text)) ||
    (pattern !== undefined && pattern !== '' && matches(pattern, message))
  )
}

function matches(pattern: string, message: string): boolean {
  const answer = evaluateCondition('message matches pattern', { message, pattern })
  return answer.ok && answer.value
}

export type Backoff =
  | { readonly kind: 'error'; readonly error: string }
  | {
      readonly kind: 'backoff'
      readonly waitMs: number | null
      readonly maxDurationMs: number | null
      readonly text: string
    }

/** The wait before the next attempt after `attempts` of them: duration × factor^(attempts − 1), never above cap. */
export function backoffFor(strategy: RetryStrategy, attempts: number): Backoff {
  const { backoff = {} } = strategy
  const maxDuration = durationOr(backoff.maxDuration)
  if (!maxDuration.ok) return { kind: 'error', error: maxDuration.error }
  const base = durationOr(backoff.duration)
  if (!base.ok) return { kind: 'error', error: base.error }
  const cap = durationOr(backoff.cap)
  if (!cap.ok) return { kind: 'error', error: cap.error }
  const factor = backoff.factor === undefined ? 0 : Number(backoff.factor)
  if (Number.isNaN(factor))
    return { kind: 'error', error: `strconv.ParseInt: parsing "${backoff.factor ?? ''}": invalid syntax` }
  if (base.value === null) return { kind: 'backoff', waitMs: null, maxDurationMs: maxDuration.value, text: '' }
  const grown = factor > 0 ? base.value * Math.pow(factor, attempts - 1) : base.value
  const waitMs = cap.value !== null && cap.value > 0 ? Math.min(grown, cap.value) : grown
  return { kind: 'backoff', waitMs, maxDurationMs: maxDuration.value, text: `Backoff for ${humanizeDuration(waitMs)}` }
}

function durationOr(text: string | undefined): Outcome<number | null> {
  if (!text) return { ok: true, value: null }
  const parsed = parseDurationMs(text)
  return parsed.ok ? parsed : { ok: false, error: parsed.error }
}

export type LastRetry = {
  readonly retries: string
  readonly exitCode: string
  readonly status: string
  readonly duration: string
  readonly message: string
}

export function expressionAllows({ outside }: Outsider, expression: string, last: LastRetry): Outcome<boolean> {
  const variables = variablesOf({
    retries: last.retries,
    'lastRetry.exitCode': last.exitCode,
    'lastRetry.status': last.status,
    'lastRetry.duration': last.duration,
    'lastRetry.message': last.message,
  })
  return evaluateCondition(expression, environmentWithFunctions(variables, outside), outside)
}
