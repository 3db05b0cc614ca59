// The syntax tree of an expression. `at` is where errors point: an offset in code points.

export type Node =
  | { readonly kind: 'nil'; readonly at: number }
  | { readonly kind: 'identifier'; readonly at: number; readonly name: string }
  | { readonly kind: 'integer'; readonly at: number; readonly value: bigint }
  | { readonly kind: 'float'; readonly at: number; readonly value: number }
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'string'; readonly at: number; readonly value: string }
  | { readonly kind: 'bytes'; readonly at: number; readonly value: Uint8Array }
  | { readonly kind: 'constant'; readonly at: number; readonly value: unknown }
  | UnaryNode
  | BinaryNode
  | { readonly kind: 'chain'; readonly at: number; readonly node: Node }
  | MemberNode
  | {
      readonly kind: 'slice'
      readonly at: number
      readonly node: Node
      readonly from: Node | null
      readonly to: Node | null
    }
  | CallNode
  | BuiltinNode
  | PredicateNode
  | { readonly kind: 'pointer'; readonly at: number; readonly name: string }
  | { readonly kind: 'let'; readonly at: number; readonly name: string; readonly value: Node; readonly body: Node }
  | { readonly kind: 'sequence'; readonly at: number; readonly nodes: readonly Node[] }
  | {
      readonly kind: 'conditional'
      readonly at: number
      readonly cond: Node
      readonly then: Node
      readonly otherwise: Node
    }
  | ArrayNode
  | { readonly kind: 'map'; readonly at: number; readonly pairs: readonly PairNode[] }
  | PairNode

export type UnaryNode = { readonly kind: 'unary'; readonly at: number; readonly operator: string; readonly node: Node }
export type BinaryNode = {
  readonly kind: 'binary'
  readonly at: number
  readonly operator: string
  readonly left: Node
  readonly right: Node
}
export type MemberNode = {
  readonly kind: 'member'
  readonly at: number
  readonly node: Node
  readonly property: Node
  readonly optional: boolean
  /** Followed by a call. */
  readonly method: boolean
}
export type CallNode = {
  readonly kind: 'call'
  readonly at: number
  readonly callee: Node
  readonly args: readonly Node[]
}
export type BuiltinNode = {
  readonly kind: 'builtin'
  readonly at: number
  readonly name: string
  readonly args: readonly Node[]
  /** What the optimizer joins into a loop: a mapping of what is found, an error if nothing is, a count that is enough. */
  readonly map?: Node
  readonly throws?: boolean
  readonly threshold?: bigint
}
export type PredicateNode = { readonly kind: 'predicate'; readonly at: number; readonly node: Node }
export type ArrayNode = { readonly kind: 'array'; readonly at: number; readonly nodes: readonly Node[] }
export type PairNode = { readonly kind: 'pair'; readonly at: number; readonly key: Node; readonly value: Node }

/** The children of a node in the order of evaluation. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'unary':
    case 'chain':
    case 'predicate':
      return [node.node]
    case 'binary':
      return [node.left, node.right]
    case 'member':
      return [node.node, node.property]
    case 'slice':
      return [node.node, ...(node.from === null ? [] : [node.from]), ...(node.to === null ? [] : [node.to])]
    case 'call':
      return [node.callee, ...node.args]
    case 'builtin':
      return node.args
    case 'let':
      return [node.value, node.body]
    case 'sequence':
    case 'array':
      return node.nodes
    case 'conditional':
      return [node.cond, node.then, node.otherwise]
    case 'map':
      return node.pairs
    case 'pair':
      return [node.key, node.value]
    default:
      return []
  }
}

/** Calls `visit` for every node, children before their parent. */
export function walk(node: Node, visit: (node: Node) => void): void {
  for (const child of childrenOf(node)) walk(child, visit)
  visit(node)
}

/** Levels of a tree, counted without recursion: the walks over it recurse. */
export function heightOf(root: Node): number {
  let height = 0
  let level: readonly Node[] = [root]
  while (level.length > 0) {
    height++
    level = level.flatMap(childrenOf)
  }
  return height
}
