/** A workflow as it was when it left memory. Its nodes are put together when somebody reads them, and may be let go. */
import type { NodeStatus, Workflow } from '../resources/index.ts'

export class Picture {
  readonly head: Workflow
  /** How many nodes it holds. */
  readonly size: number
  #nodes: ReadonlyMap<string, NodeStatus> | null
  #whole: Workflow | null = null

  /** @param nodes `null`: who wants them reads the store; else they must not change any more */
  constructor(head: Workflow, nodes: ReadonlyMap<string, NodeStatus> | null) {
    this.head = head
    this.#nodes = nodes
    this.size = nodes?.size ?? 0
  }

  get hasNodes(): boolean {
    return this.#nodes !== null
  }

  /** With its nodes, as long as it has them. */
  read(): Workflow {
    if (this.#nodes === null) return this.head
    const { status } = this.head
    this.#whole ??= { ...this.head, status: { ...status, nodes: Object.fromEntries(this.#nodes) } }
    return this.#whole
  }

  /** For watches that come late it stays without. */
  dropNodes(): void {
    this.#nodes = null
    this.#whole = null
  }
}
