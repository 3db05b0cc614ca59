/**
 * Folds the log into the file after commits have been answered, so that nobody waits for it: a commit is durable once
 * the log is synced. Runs in the writer thread. Readers that stand in the way keep what they need of the log; the next
 * time takes the rest.
 */
import type { DatabaseSync } from 'node:sqlite'

/** About how much of the log is folded in at once. */
const logBytesMost = 16 * 1024 * 1024
/** A commit that changes one row changes pages around it: of the table, of indexes, of the counter. */
const bytesAround = 8 * 4096

export class Checkpoints {
  readonly #db: DatabaseSync
  #logBytes = 0

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** @param sizeBytes of the rows of the commits together */
  afterGroup(commits: number, sizeBytes: number): void {
    this.#logBytes += sizeBytes + commits * bytesAround
    if (this.#logBytes < logBytesMost) return
    this.#logBytes = 0
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // A disk that is full or broken: the commits are in the log all the same, and the next one says what is wrong.
    }
  }
}
