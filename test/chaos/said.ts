/** What daemons have said that no fault explains: errors of their own, and what they wrote beside their log. */

/** Told at level error, or in plain text, and to be expected of a store, an engine or a disk that is away. */
const expected = [
  /the store is away: commits wait for it/,
  /this daemon is no longer in charge|has taken over: nothing more is committed here/,
  /the database does not answer|database system is (starting up|shutting down)/,
  /ENOSPC|no space left|disk is full|database or disk is full/i,
]

type Said = { readonly level?: string; readonly msg?: string; readonly error?: unknown }

export function complaintsOf(log: string): readonly string[] {
  const counts = new Map<string, number>()
  for (const line of log.split('\n')) {
    if (line === '' || line.startsWith('--- life')) continue
    const text = complaintOf(line)
    if (text === null || expected.some((one) => one.test(line))) continue
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].map(([text, count]) => `the daemon said${count > 1 ? ` ${count} times` : ''}: ${text}`)
}

function complaintOf(line: string): string | null {
  if (!line.startsWith('{')) return line.slice(0, 300)
  try {
    const { level, msg = '', error } = JSON.parse(line) as Said
    return level === 'error' || level === 'fatal' ? `${msg} ${JSON.stringify(error ?? '').slice(0, 300)}` : null
  } catch {
    // Cut off by a kill.
    return null
  }
}
