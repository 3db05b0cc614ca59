/** What a group of commits comes to, row by row, as the arguments of `drydock_commit`. Later writes replace earlier ones. */
import { notStarted } from '../listing.ts'
import type { WireWorkflow } from '../wire.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'
import { ArchiveBatch } from './archive-batch.ts'
import { bigintArray, textArray } from './binary-array.ts'
import { commitParameters } from './commit-function.ts'
import type { CommitParameter } from './commit-function.ts'
import { FleetBatch } from './fleet-batch.ts'
import type { NodeWrite, NodeWrites } from './node-portions.ts'

type ObjectWrite = {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly version: number
  /** `null` deletes. */
  readonly body: string | null
}
type RecordWrite = { readonly collection: string; readonly key: string; readonly value: string | null }

export class Batch {
  readonly #gone = new Set<number>()
  readonly #workflows = new Map<number, { readonly row: WireWorkflow; readonly version: number }>()
  readonly #touched = new Map<number, number>()
  readonly #fixed = new Map<number, string>()
  readonly #labels = new Map<number, { readonly labels: string; readonly mayHaveOthers: boolean }>()
  readonly nodes: NodeWrites = { gone: new Set(), added: new Map(), changed: new Map() }
  readonly #objects = new Map<string, ObjectWrite>()
  readonly #records = new Map<string, RecordWrite>()
  readonly archive = new ArchiveBatch()
  readonly fleet = new FleetBatch()
  /** Handed out so far. */
  versions = 0

  putWorkflow(no: number, row: WireWorkflow, version: number): void {
    this.#workflows.set(no, { row, version })
    this.#touched.delete(no)
  }

  touchWorkflow(no: number, version: number): void {
    const put = this.#workflows.get(no)
    if (put) this.#workflows.set(no, { row: put.row, version })
    else this.#touched.set(no, version)
  }

  putFixed(no: number, body: string): void {
    this.#fixed.set(no, body)
  }

  putLabels(no: number, labels: string, mayHaveOthers: boolean): void {
    const before = this.#labels.get(no)
    this.#labels.set(no, { labels, mayHaveOthers: before?.mayHaveOthers ?? mayHaveOthers })
  }

  deleteWorkflow(no: number): void {
    for (const map of [this.#workflows, this.#touched, this.#fixed, this.#labels]) map.delete(no)
    for (const nodes of [this.nodes.added, this.nodes.changed])
      for (const node of nodes.keys()) if (Math.floor(node / nodesPerWorkflow) === no) nodes.delete(node)
    this.#gone.add(no)
    this.archive.unstage(no)
  }

  /** It leaves the hot tables by the archive's part of the commit, before anything else of it is written. */
  hasWritten(no: number): boolean {
    return this.#workflows.has(no) || this.#touched.has(no)
  }

  putNode(no: number, write: NodeWrite, isNew: boolean): void {
    const { added, changed } = this.nodes
    if (isNew || added.has(no)) added.set(no, write)
    else changed.set(no, write)
  }

  deleteNode(no: number): void {
    const { gone, added, changed } = this.nodes
    changed.delete(no)
    if (!added.delete(no)) gone.add(no)
  }

  /** What the group has made of it so far; `undefined`: nothing. */
  writtenObject(key: string): 'put' | 'deleted' | undefined {
    const write = this.#objects.get(key)
    return write && (write.body === null ? 'deleted' : 'put')
  }

  putObject(key: string, write: ObjectWrite): void {
    this.#objects.set(key, write)
  }

  putRecord(write: RecordWrite): void {
    this.#records.set(`${write.collection.length}/${write.collection}/${write.key}`, write)
  }

  /** Values for `commitCall`, in its order. */
  values(lease: string, epoch: number, commitNo: number): readonly (string | number | Buffer | null)[] {
    const written: Partial<Record<CommitParameter, string | number | Buffer | null>> = {
      lease,
      held_epoch: epoch,
      commit_no: commitNo,
      versions: this.versions,
      gone: bigintArray([...this.#gone]),
      ...this.#workflowColumns(),
      ...this.#nodeColumns(),
      ...this.#otherColumns(),
    }
    return commitParameters.map(([name]) => written[name] ?? null)
  }

  #workflowColumns(): Partial<Record<CommitParameter, Buffer | null>> {
    const rows = [...this.#workflows.values()]
    const texts = (of: (row: WireWorkflow) => string | null) => textArray(rows.map(({ row }) => of(row)))
    const numbers = (of: (row: WireWorkflow) => number | null) => bigintArray(rows.map(({ row }) => of(row)))
    const labels = [...this.#labels]
    const pairs = labels.flatMap(([no, { labels: text }]) =>
      Object.entries(JSON.parse(text) as Record<string, string>).map(([key, value]) => ({ no, key, value })),
    )
    return {
      w_no: bigintArray([...this.#workflows.keys()]),
      w_uid: texts((row) => row.uid),
      w_namespace: texts((row) => row.namespace),
      w_name: texts((row) => row.name),
      w_phase: texts((row) => row.phase),
      w_finished: numbers((row) => Number(row.finished)),
      w_created_at: numbers((row) => row.createdAt),
      w_started_at: numbers((row) => row.startedAt),
      w_finished_at: numbers((row) => row.finishedAt),
      w_sort_at: numbers((row) => row.startedAt ?? notStarted),
      w_version: bigintArray(rows.map(({ version }) => version)),
      w_labels: texts((row) => row.labels),
      w_internal: texts((row) => row.internal),
      w_head: texts((row) => row.head),
      t_no: bigintArray([...this.#touched.keys()]),
      t_version: bigintArray([...this.#touched.values()]),
      f_no: bigintArray([...this.#fixed.keys()]),
      f_body: textArray([...this.#fixed.values()]),
      l_cleared: bigintArray(labels.filter(([, { mayHaveOthers }]) => mayHaveOthers).map(([no]) => no)),
      l_key: textArray(pairs.map(({ key }) => key)),
      l_value: textArray(pairs.map(({ value }) => value)),
      l_workflow: bigintArray(pairs.map(({ no }) => no)),
    }
  }

  #nodeColumns(): Partial<Record<CommitParameter, Buffer | null>> {
    const [added, changed] = [[...this.nodes.added.values()], [...this.nodes.changed.values()]]
    return {
      n_gone: bigintArray([...this.nodes.gone]),
      i_no: bigintArray([...this.nodes.added.keys()]),
      i_id: textArray(added.map(({ id }) => id)),
      i_node: textArray(added.map(({ node }) => node)),
      i_internal: textArray(added.map(({ internal }) => internal)),
      u_no: bigintArray([...this.nodes.changed.keys()]),
      u_node: textArray(changed.map(({ node }) => node)),
      u_internal: textArray(changed.map(({ internal }) => internal)),
    }
  }

  #otherColumns(): Partial<Record<CommitParameter, Buffer | null>> {
    const objects = [...this.#objects.values()]
    const records = [...this.#records.values()]
    return {
      o_kind: textArray(objects.map(({ kind }) => kind)),
      o_namespace: textArray(objects.map(({ namespace }) => namespace)),
      o_name: textArray(objects.map(({ name }) => name)),
      o_version: bigintArray(objects.map(({ version }) => version)),
      o_body: textArray(objects.map(({ body }) => body)),
      r_collection: textArray(records.map(({ collection }) => collection)),
      r_key: textArray(records.map(({ key }) => key)),
      r_value: textArray(records.map(({ value }) => value)),
    }
  }
}
