// Rewrites expr-lang does before running. They are part of the language: they decide which errors show and where.

import type { BinaryNode, BuiltinNode, Node } from './ast.ts'
import { walk } from './ast.ts'
import type { Natures } from './checker.ts'
import { rewrite } from './rewrite.ts'
import type { Rewrite } from './rewrite.ts'
import { foldConstants } from './fold.ts'
import { GoAnyMap } from './values.ts'
import { goType, INT, STRING } from './go-types.ts'
import { sumOfRange } from './optimize-ranges.ts'
import { mapKeyId } from './fetch.ts'

/** The node a program is built from, with the types known so far. */
export type Typed = { readonly root: Node; readonly natures: Natures }

/** Throws ExpressionError (a division by zero among constants). */
export function optimize({ root, natures }: Typed): Typed {
  const known = new Map(natures)
  let tree = rewrite(root, known, constantList)
  for (let round = 0; round < 1000; round++) {
    const folded = rewrite(tree, known, foldConstants)
    if (folded === tree) break
    tree = folded
  }
  const passes: readonly Rewrite[] = [
    inRange,
    mapOfFilter,
    lengthOfFilter,
    lastOfFilter,
    firstOfFilter,
    combinedPredicates,
    sumOfRange,
    sumOfArray,
    sumOfMap,
    countAsAny,
    countThreshold,
  ]
  for (const pass of passes) tree = rewrite(tree, known, pass)
  return { root: tree, natures: known }
}

/** `x in [1, 2]` looks up a set, if the types allow it. */
const constantList: Rewrite = (node, natures) => {
  if (node.kind !== 'binary' || node.operator !== 'in' || node.right.kind !== 'array' || node.right.nodes.length === 0)
    return node
  const { nodes } = node.right
  const isInt = natures.get(node.left)?.type?.kind === 'int'
  const wanted =
    isInt && nodes.every((n) => n.kind === 'integer') ? INT : nodes.every((n) => n.kind === 'string') ? STRING : null
  if (wanted === null) return node
  const set = new GoAnyMap(goType(`map[${wanted.name}]any`))
  for (const n of nodes) {
    if (n.kind === 'integer' || n.kind === 'string') set.entries.set(mapKeyId(n.value), { key: n.value, value: null })
  }
  return { ...node, right: { kind: 'constant', at: 0, value: set } }
}

const inRange: Rewrite = (node, natures) => {
  if (node.kind !== 'binary' || node.operator !== 'in' || natures.get(node.left)?.type?.kind !== 'int') return node
  const { right } = node
  if (
    right.kind !== 'binary' ||
    right.operator !== '..' ||
    right.left.kind !== 'integer' ||
    right.right.kind !== 'integer'
  )
    return node
  const side = (operator: string, bound: Node): Node => ({
    kind: 'binary',
    at: 0,
    operator,
    left: node.left,
    right: bound,
  })
  return { kind: 'binary', at: node.at, operator: 'and', left: side('>=', right.left), right: side('<=', right.right) }
}

const isFilter = (node: Node | undefined): node is BuiltinNode => node?.kind === 'builtin' && node.name === 'filter'

const mapOfFilter: Rewrite = (node) => {
  if (node.kind !== 'builtin' || node.name !== 'map') return node
  const [source, predicate] = node.args
  if (predicate?.kind !== 'predicate' || !isFilter(source) || source.map !== undefined) return node
  let usesIndex = false
  walk(predicate, (n) => {
    if (n.kind === 'pointer' && n.name === 'index') usesIndex = true
  })
  return usesIndex ? node : { kind: 'builtin', at: node.at, name: 'filter', args: source.args, map: predicate.node }
}

const lengthOfFilter: Rewrite = (node) => {
  if (node.kind !== 'builtin' || node.name !== 'len' || node.args.length !== 1 || !isFilter(node.args[0])) return node
  return { kind: 'builtin', at: node.at, name: 'count', args: node.args[0].args }
}

function ofFilter(index: bigint, shortcut: string, name: string): Rewrite {
  return (node) => {
    if (
      node.kind === 'member' &&
      !node.optional &&
      node.property.kind === 'integer' &&
      node.property.value === index &&
      isFilter(node.node)
    ) {
      return { ...found(node.at, node.node), name, throws: true }
    }
    if (node.kind === 'builtin' && node.name === shortcut && node.args.length === 1 && isFilter(node.args[0])) {
      return { ...found(node.at, node.args[0]), name }
    }
    return node
  }
}

function found(at: number, filter: BuiltinNode): BuiltinNode {
  return {
    kind: 'builtin',
    at,
    name: 'find',
    args: filter.args,
    ...(filter.map === undefined ? {} : { map: filter.map }),
  }
}

const lastOfFilter = ofFilter(-1n, 'last', 'findLast')
const firstOfFilter = ofFilter(0n, 'first', 'find')

const combinations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  all: { and: 'and', '&&': '&&' },
  any: { or: 'or', '||': '||' },
  none: { and: 'or', '&&': '||' },
}

const combinedPredicates: Rewrite = (node) => {
  if (node.kind !== 'binary') return node
  const { left, right } = node
  if (left.kind !== 'builtin' || right.kind !== 'builtin' || left.name !== right.name) return node
  const operator = combinations[left.name]?.[node.operator]
  const [a, b] = [left.args[1], right.args[1]]
  const [source, other] = [left.args[0], right.args[0]]
  if (
    operator === undefined ||
    a?.kind !== 'predicate' ||
    b?.kind !== 'predicate' ||
    source === undefined ||
    other === undefined
  )
    return node
  if (!sameSource(source, other)) return node
  const both = combinedPredicates({ kind: 'binary', at: 0, operator, left: a.node, right: b.node }, new Map())
  return { kind: 'builtin', at: node.at, name: left.name, args: [source, { kind: 'predicate', at: 0, node: both }] }
}

/** Whether two pieces of source mean the same, wherever they stand. */
function sameSource(a: Node, b: Node): boolean {
  const text = (node: Node): string =>
    JSON.stringify(node, (key, value: unknown) =>
      key === 'at' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    )
  return text(a) === text(b)
}

const sumOfArray: Rewrite = (node) => {
  if (node.kind !== 'builtin' || node.name !== 'sum' || node.args.length !== 1) return node
  const [array] = node.args
  if (array?.kind !== 'array' || array.nodes.length < 2) return node
  const [last, ...before] = array.nodes.toReversed()
  if (last === undefined) return node
  const sum = before.reduce<Node>(
    (right, left): BinaryNode => ({ kind: 'binary', at: 0, operator: '+', left, right }),
    last,
  )
  return { ...sum, at: node.at }
}

const sumOfMap: Rewrite = (node) => {
  if (node.kind !== 'builtin' || node.name !== 'sum' || node.args.length !== 1) return node
  const [map] = node.args
  return map?.kind === 'builtin' && map.name === 'map' && map.args.length === 2
    ? { kind: 'builtin', at: node.at, name: 'sum', args: map.args }
    : node
}

function counted(
  node: Node,
): { readonly count: BuiltinNode; readonly limit: bigint; readonly operator: string } | null {
  if (
    node.kind !== 'binary' ||
    node.left.kind !== 'builtin' ||
    node.left.name !== 'count' ||
    node.left.args.length !== 2
  )
    return null
  return node.right.kind === 'integer' ? { count: node.left, limit: node.right.value, operator: node.operator } : null
}

const countAsAny: Rewrite = (node) => {
  const c = counted(node)
  const isAny = c !== null && ((c.operator === '>' && c.limit === 0n) || (c.operator === '>=' && c.limit === 1n))
  return isAny ? { kind: 'builtin', at: node.at, name: 'any', args: c.count.args } : node
}

const countThreshold: Rewrite = (node) => {
  const c = counted(node)
  if (c === null || c.limit < 0n || node.kind !== 'binary') return node
  const threshold =
    c.operator === '>' || c.operator === '<=' ? c.limit + 1n : c.operator === '>=' || c.operator === '<' ? c.limit : 0n
  return threshold <= 1n ? node : { ...node, left: { ...c.count, threshold } }
}
