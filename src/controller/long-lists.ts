/**
 * Which lists of a run's nodes the store has in pieces, and how much of them: of a list that grows only its last piece
 * is written, and of one that is very long all but the end goes ahead, in commits of its own, before the decision that
 * lets it count. Whoever dies in between leaves pieces that do not count.
 */
import type { NodeStatus } from '../resources/index.ts'
import { nodeIdOf } from '../resources/index.ts'
import { longLists } from '../store/long-lists.ts'
import type { IdPiece, LongList, LongLists } from '../store/long-lists.ts'
import type { NodeRow } from '../store/port.ts'

export type LongListConfig = {
  /** Lists with more ids are stored in pieces. */
  readonly most: number
  /** Ids in a piece. */
  readonly per: number
  /** Pieces in one commit. */
  readonly piecesAtOnce: number
}
export const defaultLongLists: LongListConfig = { most: 2_000, per: 1_000, piecesAtOnce: 16 }

/** `ids`: the run's own list, which only grows; another one is another list. */
type Stored = { readonly ids: readonly string[]; readonly length: number; readonly per: number }

export type ListPlan = {
  /** By node. */
  readonly long: ReadonlyMap<string, LongLists>
  /** To be committed before the rest, each by itself. */
  readonly ahead: readonly (readonly IdPiece[])[]
  readonly pieces: readonly IdPiece[]
}

const nothing: ListPlan = { long: new Map(), ahead: [], pieces: [] }

export class StoredLists {
  /** By node. */
  readonly #stored = new Map<string, { [List in LongList]?: Stored }>()

  /** @param rows as they were read @param nodeOf the run's own */
  constructor(rows: readonly NodeRow[] = [], nodeOf: (id: string) => NodeStatus | undefined = () => undefined) {
    for (const { id, long } of rows)
      for (const list of longLists) {
        const size = long?.[list]
        const ids = size === undefined ? undefined : nodeOf(id)?.[list]
        if (size !== undefined && ids !== undefined) this.#storedOf(id)[list] = { ids, ...size }
      }
  }

  forget(id: string): void {
    this.#stored.delete(id)
  }

  #storedOf(id: string): { [List in LongList]?: Stored } {
    const known = this.#stored.get(id) ?? {}
    this.#stored.set(id, known)
    return known
  }

  /** What of the lists of changed nodes is to be written. It counts as stored from now on. */
  plan(changed: readonly NodeStatus[], config: LongListConfig): ListPlan {
    const isLong = ({ children, outboundNodes }: NodeStatus) =>
      (children?.length ?? 0) > config.most || (outboundNodes?.length ?? 0) > config.most
    const nodes = changed.filter((node) => isLong(node) || this.#stored.has(node.id))
    if (nodes.length === 0) return nothing
    const long = new Map<string, LongLists>()
    const ahead: (readonly IdPiece[])[] = []
    const pieces: IdPiece[] = []
    for (const node of nodes) {
      const sizes: { -readonly [List in LongList]?: LongLists[List] } = {}
      const stored = this.#storedOf(node.id)
      for (const list of longLists) {
        const ids = node[list]
        const known = stored[list]
        if (ids === undefined || ids.length <= config.most) {
          delete stored[list]
          continue
        }
        const { per, piecesAtOnce } = config
        const isSame = known?.ids === ids && known.per === per
        const added = piecesOf(node.id, list, { ids, per, from: isSame ? Math.floor(known.length / per) : 0 })
        // Pieces of another list that counts until this commit is made must stay until then.
        const isFree = known === undefined || isSame
        while (isFree && added.length > piecesAtOnce) ahead.push(added.splice(0, piecesAtOnce))
        pieces.push(...added)
        stored[list] = { ids, length: ids.length, per }
        sizes[list] = { length: ids.length, per }
      }
      if (Object.keys(sizes).length > 0) long.set(node.id, sizes)
      else this.#stored.delete(node.id)
    }
    return { long, ahead, pieces }
  }
}

function piecesOf(
  id: string,
  list: LongList,
  { ids, per, from }: { readonly ids: readonly string[]; readonly per: number; readonly from: number },
): IdPiece[] {
  const count = Math.ceil(ids.length / per) - from
  return Array.from({ length: Math.max(0, count) }, (_, offset) => {
    const number = from + offset
    return { node: nodeIdOf(id), list, number, ids: ids.slice(number * per, (number + 1) * per) }
  })
}
