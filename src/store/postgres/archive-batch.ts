/** What a group of commits asks of the archive, as the arguments of `drydock_archive`. */
import type { ArchiveChange } from '../archive.ts'
import { archiveParameters } from './archive-schema.ts'
import type { ArchiveParameter } from './archive-schema.ts'
import { bigintArray, byteaArray, textArray } from './binary-array.ts'

type Staged = { readonly uid: string; readonly part: number; readonly data: Uint8Array }
type Moved = Extract<ArchiveChange, { kind: 'archiveWorkflow' }>

export class ArchiveBatch {
  /** Numbers of workflows that are deleted, for which something may be staged. */
  readonly #gone: number[] = []
  readonly #staged = new Map<string, Staged>()
  readonly #moved: Moved[] = []
  readonly #marked: string[] = []
  readonly #deleted: string[] = []
  #sweepMost = 0

  get isEmpty(): boolean {
    const lists = [this.#gone, this.#moved, this.#marked, this.#deleted]
    return this.#staged.size === 0 && this.#sweepMost === 0 && lists.every(({ length }) => length === 0)
  }

  unstage(no: number): void {
    this.#gone.push(no)
  }

  put(change: ArchiveChange): void {
    switch (change.kind) {
      case 'stageParts':
        change.parts.forEach((data, i) => {
          const part = change.first + i
          this.#staged.set(`${change.uid}/${part}`, { uid: change.uid, part, data })
        })
        return
      case 'archiveWorkflow':
        this.#moved.push(change)
        return
      case 'markArchived':
        this.#marked.push(change.uid)
        return
      case 'deleteArchived':
        this.#deleted.push(change.uid)
        return
      case 'sweepNodes':
        this.#sweepMost += change.most
    }
  }

  /** Values for `archiveCall`, in its order. */
  values(lease: string): readonly (string | number | Buffer | null)[] {
    const staged = [...this.#staged.values()]
    const texts = (of: (row: Moved) => string) => textArray(this.#moved.map(of))
    const numbers = (of: (row: Moved) => number) => bigintArray(this.#moved.map(of))
    const written: Record<ArchiveParameter, string | number | Buffer | null> = {
      lease,
      gone: bigintArray(this.#gone),
      s_uid: textArray(staged.map(({ uid }) => uid)),
      s_part: bigintArray(staged.map(({ part }) => part)),
      s_data: byteaArray(staged.map(({ data }) => data)),
      a_uid: texts(({ uid }) => uid),
      a_version: numbers(({ resourceVersion }) => resourceVersion),
      a_at: numbers(({ archivedAt }) => archivedAt),
      a_deleted: numbers(({ deleted }) => Number(deleted)),
      a_parts: numbers(({ parts }) => parts),
      a_nodes: numbers(({ nodes }) => nodes),
      a_bytes: numbers(({ bytes }) => bytes),
      a_summary: texts(({ summary }) => summary),
      m_uid: textArray(this.#marked),
      d_uid: textArray(this.#deleted),
      sweep_most: this.#sweepMost,
    }
    return archiveParameters.map(([name]) => written[name])
  }
}
