/** Writes changes to the archive, inside a transaction that the caller holds. Runs in the writer thread. */
import type { StatementSync } from 'node:sqlite'
import type { ArchiveChange } from '../archive.ts'
import { nodesAtOnceMax } from '../archive.ts'
import { sortAtOf } from '../archive-search.ts'
import { nodesPerWorkflow, partsPerWorkflow } from '../row-numbers.ts'
import { Conflict } from './sqlite-fault.ts'

type Named = { readonly namespace: string; readonly name: string }

export class ArchiveApplier {
  readonly #sql: (text: string) => StatementSync

  constructor(sql: (text: string) => StatementSync) {
    this.#sql = sql
  }

  /** Answers the workflow that is deleted by this as users see it. */
  apply(change: ArchiveChange): Named | null {
    switch (change.kind) {
      case 'stageParts':
        this.#stage(change)
        return null
      case 'archiveWorkflow':
        return this.#move(change)
      case 'markArchived': {
        const marked = this.#sql('UPDATE archive SET deleted = 1 WHERE uid = ? AND deleted = 0').run(change.uid).changes
        return marked === 0 ? null : change
      }
      case 'deleteArchived':
        this.#delete(change.uid)
        return null
      case 'sweepNodes':
        this.#sweep(change.most)
        return null
    }
  }

  has(uid: string): boolean {
    return this.#sql('SELECT 1 FROM archive WHERE uid = ?').get(uid) !== undefined
  }

  /** Takes away what was staged for a workflow that is deleted. */
  unstage(no: number): void {
    this.#sql(deleteParts).run(no * partsPerWorkflow, (no + 1) * partsPerWorkflow)
  }

  #stage({ uid, first, parts }: Extract<ArchiveChange, { kind: 'stageParts' }>): void {
    const no = this.#sql('SELECT no FROM workflow WHERE uid = ?').get(uid)?.['no']
    if (no === undefined) throw new Conflict(`parts of workflow ${uid}, which is not there`)
    if (first + parts.length > partsPerWorkflow) throw new Conflict(`workflow ${uid} has too many parts`)
    const put = this.#sql('INSERT OR REPLACE INTO archive_part VALUES (?, ?)')
    parts.forEach((part, i) => put.run(Number(no) * partsPerWorkflow + first + i, part))
  }

  #move(change: Extract<ArchiveChange, { kind: 'archiveWorkflow' }>): Named | null {
    const { uid, parts, nodes } = change
    const row = this.#sql('SELECT * FROM workflow WHERE uid = ?').get(uid)
    if (row?.['finished'] !== 1) throw new Conflict(`workflow ${uid} has not finished, or is not there`)
    if (row['resource_version'] !== change.resourceVersion) throw new Conflict(`workflow ${uid} has changed meanwhile`)
    const no = Number(row['no'])
    const sortAt = sortAtOf(row['started_at'] === null ? null : Number(row['started_at']))
    const [first, end] = [no * partsPerWorkflow, (no + 1) * partsPerWorkflow]
    this.#sql(deleteParts).run(first + parts, end)
    const staged = this.#sql('SELECT count(*) AS n FROM archive_part WHERE no >= ? AND no < ?').get(first, end)?.['n']
    if (staged !== parts) throw new Conflict(`workflow ${uid} lacks parts`)
    this.#sql(insertArchive).run(
      ...[sortAt, change.archivedAt, change.deleted ? 1 : 0, parts, nodes, change.bytes, change.summary, no],
    )
    for (const [key, value] of labelsOf(row['labels'])) {
      this.#sql('INSERT INTO archive_label VALUES (?, ?, ?, ?)').run(key, value, sortAt, no)
      this.#sql('DELETE FROM label WHERE key = ? AND value = ? AND workflow = ?').run(key, value, no)
    }
    this.leaveNodes(no)
    this.#sql('DELETE FROM workflow_fixed WHERE no = ?').run(no)
    this.#sql('DELETE FROM workflow WHERE no = ?').run(no)
    return change.deleted ? { namespace: String(row['namespace']), name: String(row['name']) } : null
  }

  /** The nodes of a workflow that goes: away with it where they are few, else to be swept. */
  leaveNodes(no: number): void {
    const [first, end] = [no * nodesPerWorkflow, (no + 1) * nodesPerWorkflow]
    const beyond = this.#sql('SELECT 1 FROM node WHERE no >= ? AND no < ? LIMIT 1').get(first + nodesAtOnceMax, end)
    if (beyond === undefined) this.#sql('DELETE FROM node WHERE no >= ? AND no < ?').run(first, end)
    else this.#sql('INSERT OR IGNORE INTO sweep VALUES (?)').run(no)
  }

  #delete(uid: string): void {
    const row = this.#sql('SELECT no, sort_at, labels FROM archive WHERE uid = ?').get(uid)
    if (row === undefined) return
    const no = Number(row['no'])
    for (const [key, value] of labelsOf(row['labels']))
      this.#sql('DELETE FROM archive_label WHERE key = ? AND value = ? AND sort_at = ? AND archive = ?').run(
        ...[key, value, Number(row['sort_at']), no],
      )
    this.unstage(no)
    this.#sql('DELETE FROM archive WHERE no = ?').run(no)
  }

  #sweep(most: number): void {
    const no = this.#sql('SELECT no FROM sweep LIMIT 1').get()?.['no']
    if (no === undefined) return
    const first = Number(no) * nodesPerWorkflow
    const gone = this.#sql(
      'DELETE FROM node WHERE no IN (SELECT no FROM node WHERE no >= ? AND no < ? ORDER BY no LIMIT ?)',
    ).run(first, first + nodesPerWorkflow, most).changes
    if (Number(gone) < most) this.#sql('DELETE FROM sweep WHERE no = ?').run(Number(no))
  }
}

const deleteParts = 'DELETE FROM archive_part WHERE no >= ? AND no < ?'
const insertArchive = `INSERT INTO archive (no, uid, namespace, name, phase, created_at, started_at, finished_at, sort_at,
    archived_at, resource_version, deleted, parts, nodes, bytes, labels, summary)
  SELECT no, uid, namespace, name, phase, created_at, started_at, finished_at, ?, ?, resource_version, ?, ?, ?, ?, labels, ?
  FROM workflow WHERE no = ?`

const labelsOf = (text: unknown): readonly [string, string][] =>
  Object.entries(JSON.parse(String(text)) as Record<string, string>)
