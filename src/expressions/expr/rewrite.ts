// Rewrites a tree from its leaves up; what does not change is shared.

import type { Node } from './ast.ts'
import type { Natures } from './checker.ts'
import type { Nature } from './nature.ts'

/** A replacement for a node whose children are done, or the node itself. `at` of a replacement is the node's own. */
export type Rewrite = (node: Node, natures: Natures) => Node

/** The tree after one pass; a new node gets the nature of the one it stands for. */
export function rewrite(node: Node, natures: Map<Node, Nature>, change: Rewrite): Node {
  const inner = withChildren(node, (child) => rewrite(child, natures, change))
  inherit(node, inner, natures)
  const changed = change(inner, natures)
  inherit(inner, changed, natures)
  return changed
}

function inherit(from: Node, to: Node, natures: Map<Node, Nature>): void {
  if (from === to || natures.has(to)) return
  const nature = natures.get(from)
  if (nature !== undefined) natures.set(to, nature)
}

function all<T extends Node>(nodes: readonly T[], change: (node: Node) => Node): readonly T[] {
  let changed = false
  const out = nodes.map((n) => {
    const m = change(n)
    if (m !== n) changed = true
    // A rewrite of a map's pair keeps it a pair.
    return m as T
  })
  return changed ? out : nodes
}

function withChildren(node: Node, change: (node: Node) => Node): Node {
  switch (node.kind) {
    case 'unary':
    case 'chain':
    case 'predicate': {
      const inner = change(node.node)
      return inner === node.node ? node : { ...node, node: inner }
    }
    case 'binary': {
      const [left, right] = [change(node.left), change(node.right)]
      return left === node.left && right === node.right ? node : { ...node, left, right }
    }
    case 'member': {
      const [base, property] = [change(node.node), change(node.property)]
      return base === node.node && property === node.property ? node : { ...node, node: base, property }
    }
    case 'slice': {
      const base = change(node.node)
      const from = node.from === null ? null : change(node.from)
      const to = node.to === null ? null : change(node.to)
      return base === node.node && from === node.from && to === node.to ? node : { ...node, node: base, from, to }
    }
    case 'call': {
      const callee = change(node.callee)
      const args = all(node.args, change)
      return callee === node.callee && args === node.args ? node : { ...node, callee, args }
    }
    case 'builtin': {
      const args = all(node.args, change)
      return args === node.args ? node : { ...node, args }
    }
    case 'let': {
      const [value, body] = [change(node.value), change(node.body)]
      return value === node.value && body === node.body ? node : { ...node, value, body }
    }
    case 'sequence':
    case 'array': {
      const nodes = all(node.nodes, change)
      return nodes === node.nodes ? node : { ...node, nodes }
    }
    case 'conditional': {
      const [cond, then, otherwise] = [change(node.cond), change(node.then), change(node.otherwise)]
      return cond === node.cond && then === node.then && otherwise === node.otherwise
        ? node
        : { ...node, cond, then, otherwise }
    }
    case 'map': {
      const pairs = all(node.pairs, change)
      return pairs === node.pairs ? node : { ...node, pairs }
    }
    case 'pair': {
      const [key, value] = [change(node.key), change(node.value)]
      return key === node.key && value === node.value ? node : { ...node, key, value }
    }
    default:
      return node
  }
}
