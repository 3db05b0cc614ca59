/**
 * Lists of ids that a node may have a million of. A long one is stored in pieces, each a row beside those of the nodes,
 * and the node says how many ids count: so a list that grows is not written again, and one that is very long goes into
 * the store little by little, ahead of the commit that lets it count. Ids of nodes have no slash; those of pieces do.
 */
import { nodeIdOf } from '../resources/index.ts'
import type { NodeId, NodeStatus } from '../resources/index.ts'

export const longLists = ['children', 'outboundNodes'] as const
export type LongList = (typeof longLists)[number]

/** How many ids count, and how many there are in each piece but the last. */
export type ListSize = { readonly length: number; readonly per: number }
/** Of a node: which of its lists are stored in pieces. */
export type LongLists = Readonly<Partial<Record<LongList, ListSize>>>

/** `ids`: those from `number × per` on. */
export type IdPiece = {
  readonly node: NodeId
  readonly list: LongList
  readonly number: number
  readonly ids: readonly string[]
}

type Row = { readonly node: NodeStatus; readonly long?: LongLists; readonly internal?: unknown; readonly id: NodeId }

export const pieceId = ({ node, list, number }: Omit<IdPiece, 'ids'>): string => `${node}/${list}/${number}`
export const isPieceId = (id: string): boolean => id.includes('/')

/** As it is stored: sizes in the place of long lists. */
export const storedNode = ({ node, long }: Pick<Row, 'node' | 'long'>): unknown =>
  long === undefined ? node : { ...node, ...long }

/** From what is stored: its long lists are not in it. */
export function readNode(stored: unknown): Pick<Row, 'node' | 'long'> {
  const node = stored as NodeStatus
  const long: Partial<Record<LongList, ListSize>> = {}
  for (const list of longLists) {
    const found: unknown = node[list]
    if (found === undefined || Array.isArray(found)) continue
    long[list] = found as ListSize // our own words
    node[list] = []
  }
  return Object.keys(long).length === 0 ? { node } : { node, long }
}

export function readPiece(id: string, ids: unknown): IdPiece {
  const [node = '', list = '', number = ''] = id.split('/')
  return { node: nodeIdOf(node), list: list as LongList, number: Number(number), ids: ids as readonly string[] }
}

/** Fills in the long lists of the rows, from all pieces that there are. Pieces that do not count are left out. */
export function joinLists<T extends Row>(rows: readonly T[], pieces: readonly IdPiece[]): readonly T[] {
  if (pieces.length === 0) return rows
  const known = new Map(pieces.map((piece) => [pieceId(piece), piece.ids]))
  for (const { id, node, long = {} } of rows)
    for (const list of longLists) {
      const size = long[list]
      if (size === undefined) continue
      const ids: string[] = []
      for (let number = 0; ids.length < size.length; number += 1) {
        const piece = known.get(pieceId({ node: id, list, number }))
        if (piece === undefined) break
        for (const one of piece) if (ids.length < size.length) ids.push(one)
      }
      node[list] = ids
    }
  return rows
}
