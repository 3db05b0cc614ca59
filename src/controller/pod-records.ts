/**
 * What is known of each node's pod beside Argo's fields. Pods of one template differ in their node's hash only, so of
 * each just that is kept which they have in common: a workflow may have a million.
 */
import type { Instant, NodeId, PodId } from '../resources/index.ts'
import { podIdOf } from '../resources/index.ts'

/** Stored with the node, so that its logs can be found later. */
export type PodRecord = {
  readonly pod: PodId
  readonly podName: string
  readonly containers: readonly string[]
  /** The whole log, where no container ever printed it. */
  readonly log?: { readonly at: Instant; readonly lines: readonly string[] }
}

/** What stands before and after the node's own part. */
type Around = readonly [before: string, after: string]
type Common = { readonly pod: Around; readonly podName: Around; readonly containers: readonly string[] }

/** Where a node is like none of the last few, its record is kept as it is. */
const commonsMax = 16

export class PodRecords {
  readonly #workflow: string
  readonly #records = new Map<NodeId, Common | PodRecord>()
  #commons: Common[] = []

  /** @param workflow the name that node ids begin with */
  constructor(workflow: string, records: Iterable<readonly [NodeId, PodRecord]> = []) {
    this.#workflow = workflow
    for (const [id, record] of records) this.set(id, record)
  }

  get size(): number {
    return this.#records.size
  }

  get(id: NodeId): PodRecord | undefined {
    const known = this.#records.get(id)
    return known === undefined ? undefined : this.#whole(id, known)
  }

  set(id: NodeId, record: PodRecord): void {
    this.#records.set(id, record.log === undefined ? (this.#commonOf(id, record) ?? record) : record)
  }

  delete(id: NodeId): void {
    this.#records.delete(id)
  }

  clear(): void {
    this.#records.clear()
  }

  *values(): Generator<PodRecord> {
    for (const [, record] of this) yield record
  }

  *[Symbol.iterator](): Generator<readonly [NodeId, PodRecord]> {
    for (const [id, known] of this.#records) yield [id, this.#whole(id, known)]
  }

  #whole(id: NodeId, known: Common | PodRecord): PodRecord {
    if (typeof known.pod === 'string') return known as PodRecord
    const { pod, podName, containers } = known as Common
    const part = this.#partOf(id)
    return { pod: podIdOf(pod[0] + part + pod[1]), podName: podName[0] + part + podName[1], containers }
  }

  #commonOf(id: NodeId, record: PodRecord): Common | null {
    const part = this.#partOf(id)
    const known = this.#commons.find(
      ({ pod, podName, containers }) =>
        isMadeOf(record.pod, pod, part) &&
        isMadeOf(record.podName, podName, part) &&
        containers.length === record.containers.length &&
        containers.every((name, index) => name === record.containers[index]),
    )
    if (known !== undefined) return known
    const pod = around(record.pod, part)
    const podName = around(record.podName, part)
    if (pod === null || podName === null) return null
    const common = { pod, podName, containers: [...record.containers] }
    this.#commons = [common, ...this.#commons.slice(0, commonsMax - 1)]
    return common
  }

  /** The hash of the node's name; the root has none. */
  #partOf(id: NodeId): string {
    return id.length > this.#workflow.length + 1 ? id.slice(this.#workflow.length + 1) : ''
  }
}

const isMadeOf = (text: string, [before, after]: Around, part: string): boolean =>
  text.length === before.length + part.length + after.length &&
  text.startsWith(before) &&
  text.startsWith(part, before.length) &&
  text.endsWith(after)

function around(text: string, part: string): Around | null {
  const at = part === '' ? -1 : text.lastIndexOf(part)
  return at < 0 ? null : [text.slice(0, at), text.slice(at + part.length)]
}
