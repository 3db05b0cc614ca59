/** When and how often a node is tried again. */
import { type Static, choice, intOrText, object, text } from './schema.ts'

export const BackoffSchema = object('Backoff', {
  duration: text('First wait, e.g. `10s`.'),
  factor: intOrText('Growth of the wait.'),
  maxDuration: text('No attempt begins later than this after the first one.'),
  cap: text('Longest wait.'),
})
export type Backoff = Static<typeof BackoffSchema>

export const RetryNodeAntiAffinitySchema = object('RetryNodeAntiAffinity', {})
export type RetryNodeAntiAffinity = Static<typeof RetryNodeAntiAffinitySchema>

export const RetryAffinitySchema = object('RetryAffinity', { nodeAntiAffinity: RetryNodeAntiAffinitySchema })
export type RetryAffinity = Static<typeof RetryAffinitySchema>

export const RetryStrategySchema = object('RetryStrategy', {
  limit: intOrText('Attempts after the first one; without end if absent.'),
  retryPolicy: choice(['Always', 'OnFailure', 'OnError', 'OnTransientError'], 'Which outcomes are retried.'),
  backoff: BackoffSchema,
  affinity: RetryAffinitySchema,
  expression: text('Retry only while this is true.'),
})
export type RetryStrategy = Static<typeof RetryStrategySchema>
