/** Group commit: many commits, one transaction, one sync; each with an outcome of its own. Runs in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { Applier } from './apply.ts'
import { sqliteFault } from './sqlite-fault.ts'
import type { Outcome, WireCommit } from '../wire.ts'

/**
 * Tries all in one transaction. When one of them is bad, nothing of it stays and each is tried in a transaction of its
 * own, so the bad one sinks alone (savepoints would copy every page even where all is well).
 */
export function commitGroup(
  db: DatabaseSync,
  applier: Applier,
  commits: readonly WireCommit[],
  path: string,
): Outcome[] {
  const together = transaction(db, applier, commits, path)
  if (together.every(({ ok }) => ok) || commits.length === 1) return together
  return commits.flatMap((commit) => transaction(db, applier, [commit], path))
}

function transaction(db: DatabaseSync, applier: Applier, commits: readonly WireCommit[], path: string): Outcome[] {
  try {
    db.exec('BEGIN IMMEDIATE')
    const outcomes = commits.map((commit) => applier.apply(commit))
    applier.finish()
    db.exec('COMMIT')
    return outcomes
  } catch (error) {
    const fault = sqliteFault(error, path)
    if (db.isTransaction) db.exec('ROLLBACK') // SQLite has rolled back by itself when the disk is full
    applier.forget()
    return commits.map(() => ({ ok: false, fault }))
  }
}
