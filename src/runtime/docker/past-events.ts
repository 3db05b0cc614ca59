/** What the engine remembers of its last events (256, until it is restarted). */
import type { EngineClient } from './client.ts'
import { type EngineEvent, engineEvent } from './wire.ts'

const deadlineMs = 10_000

export type PastEventsQuery = {
  readonly filters: object
  /** Seconds since 1970, by the engine's clock. */
  readonly since: number
  readonly until: number
}

/** @throws EngineError where it does not tell */
export async function pastEvents(
  client: Pick<EngineClient, 'call'>,
  { filters, since, until }: PastEventsQuery,
  signal?: AbortSignal,
): Promise<readonly EngineEvent[]> {
  const query = { filters: JSON.stringify(filters), since, until: until.toFixed(3) }
  const { body } = await client.call('pastEvents', 'GET', '/events', { query, deadlineMs, signal })
  const lines = body.toString('utf8').split('\n')
  return lines.flatMap((line) => (line.trim() === '' ? [] : [engineEvent(JSON.parse(line))]))
}
