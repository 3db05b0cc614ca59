/** Lists of nodes' children: each child is linked once, however wide the parent. */
import type { NodeStatus } from '../resources/index.ts'

type Wide = { readonly known: Set<string>; stored: number }

/** Longer lists are not searched. */
const narrowMost = 32

export class ChildLists {
  /** Has the parent's row stored. */
  readonly #store: (parent: NodeStatus) => void
  readonly #wide = new Map<string, Wide>()

  constructor(store: (parent: NodeStatus) => void) {
    this.#store = store
  }

  /** The row of a wide parent is stored again when its list has grown by a tenth, of a very wide one by a thousand. */
  add(parent: NodeStatus, childId: string): void {
    const children = (parent.children ??= [])
    if (children.length < narrowMost) {
      if (children.includes(childId)) return
      children.push(childId)
      this.#store(parent)
      return
    }
    let wide = this.#wide.get(parent.id)
    if (wide === undefined) {
      wide = { known: new Set(children), stored: children.length }
      this.#wide.set(parent.id, wide)
    }
    if (wide.known.has(childId)) return
    wide.known.add(childId)
    children.push(childId)
    if (children.length > wide.stored + Math.min(wide.stored * 0.1, 1_000)) {
      wide.stored = children.length
      this.#store(parent)
    }
  }

  /** Gives up the quick look-up. */
  forget(parentId: string): void {
    this.#wide.delete(parentId)
  }
}
