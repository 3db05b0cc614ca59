import { describe, expect, it } from 'vitest'
import type { NodeStatus } from '../resources/index.ts'
import { nodeIdOf } from '../resources/index.ts'
import { joinLists, readNode, storedNode } from '../store/long-lists.ts'
import type { IdPiece } from '../store/long-lists.ts'
import type { NodeRow } from '../store/port.ts'
import type { ListPlan, LongListConfig } from './long-lists.ts'
import { StoredLists } from './long-lists.ts'

const config: LongListConfig = { most: 3, per: 4, piecesAtOnce: 2 }
const idsTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `wf-${i}`)
const group = (children: string[], more: Partial<NodeStatus> = {}): NodeStatus => ({
  ...{ id: 'wf', name: 'wf', displayName: 'wf', type: 'StepGroup', phase: 'Running', children },
  ...more,
})
const numbersOf = (pieces: readonly IdPiece[]): readonly number[] => pieces.map(({ number }) => number)

/** What a reader of the store has of the node once all of the plan is written. */
function readBack(node: NodeStatus, plan: ListPlan, written = new Map<string, IdPiece>()): NodeStatus | undefined {
  for (const piece of [...plan.ahead.flat(), ...plan.pieces]) written.set(`${piece.list}/${piece.number}`, piece)
  const long = plan.long.get(node.id)
  const text = JSON.stringify(storedNode(long === undefined ? { node } : { node, long }))
  const row: NodeRow = { id: nodeIdOf(node.id), ...readNode(JSON.parse(text)) }
  return joinLists([row], [...written.values()])[0]?.node
}

describe('long lists of nodes', () => {
  it('that are short stay in their node', () => {
    const plan = new StoredLists().plan([group(idsTo(3))], config)
    expect(plan).toEqual({ long: new Map(), ahead: [], pieces: [] })
  })
  it('that grow are written from their last piece on', () => {
    const lists = new StoredLists()
    const children = idsTo(5)
    const written = new Map<string, IdPiece>()
    expect(readBack(group(children), lists.plan([group(children)], config), written)?.children).toEqual(idsTo(5))
    children.push('wf-5', 'wf-6', 'wf-7', 'wf-8')
    const plan = lists.plan([group(children)], config)
    expect(numbersOf(plan.pieces)).toEqual([1, 2])
    expect(readBack(group(children), plan, written)?.children).toEqual(idsTo(9))
    expect(lists.plan([group(children)], config).pieces.flatMap(({ ids }) => ids)).toEqual(['wf-8'])
  })
  it('that are very long go ahead in portions, all but their end', () => {
    const children = idsTo(30)
    const outboundNodes = idsTo(13)
    const node = group(children, { outboundNodes })
    const plan = new StoredLists().plan([node], config)
    expect(plan.ahead.map(numbersOf)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [0, 1],
    ])
    expect(plan.pieces.map(({ list, number }) => `${list} ${number}`)).toEqual([
      ...['children 6', 'children 7', 'outboundNodes 2', 'outboundNodes 3'],
    ])
    expect(readBack(node, plan)).toEqual(node)
  })
  it('that are other lists now are written with the decision, since the old ones count until then', () => {
    const lists = new StoredLists()
    lists.plan([group(idsTo(30))], config)
    const plan = lists.plan([group(idsTo(29).toReversed())], config)
    expect(plan.ahead).toEqual([])
    expect(numbersOf(plan.pieces)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
  it('that have become short lie in their node again', () => {
    const lists = new StoredLists()
    const written = new Map<string, IdPiece>()
    readBack(group(idsTo(9)), lists.plan([group(idsTo(9))], config), written)
    const plan = lists.plan([group(['a', 'b'])], config)
    expect(plan.long.size).toBe(0)
    expect(readBack(group(['a', 'b']), plan, written)?.children).toEqual(['a', 'b'])
  })
  it('go on after a restart where the store has them in pieces of that size, else anew', () => {
    const children = idsTo(9)
    const node = group(children)
    const row = (per: number): NodeRow => ({ id: nodeIdOf('wf'), node, long: { children: { length: 9, per } } })
    const nodeOf = (): NodeStatus => node
    expect(numbersOf(new StoredLists([row(4)], nodeOf).plan([node], config).pieces)).toEqual([2])
    const plan = new StoredLists([row(5)], nodeOf).plan([node], config)
    expect([plan.ahead, numbersOf(plan.pieces)]).toEqual([[], [0, 1, 2]])
  })
  it('of a node that is gone are forgotten', () => {
    const lists = new StoredLists()
    const node = group(idsTo(9))
    lists.plan([node], config)
    lists.forget('wf')
    expect(lists.plan([node], config).ahead.map(numbersOf)).toEqual([[0, 1]])
  })
})
