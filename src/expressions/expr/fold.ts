// Constants computed before the expression runs.

import type { BinaryNode, Node } from './ast.ts'
import { goPow } from './go-pow.ts'
import type { Rewrite } from './rewrite.ts'
import { ExpressionError } from './source-error.ts'
import { joined } from './utf8.ts'
import { wrap64 } from './values.ts'

/** One round; further rounds fold what it made. */
export const foldConstants: Rewrite = (node) => {
  switch (node.kind) {
    case 'unary':
      return foldUnary(node.operator, node.node, node)
    case 'binary':
      return foldBinary(node)
    case 'array':
      return foldArray(node.nodes, node)
    case 'builtin':
      return foldFilters(node)
    default:
      return node
  }
}

function foldUnary(operator: string, inner: Node, node: Node): Node {
  const { at } = node
  if (operator === '!' || operator === 'not')
    return inner.kind === 'bool' ? { kind: 'bool', at, value: !inner.value } : node
  const sign = operator === '-' ? -1 : 1
  if (inner.kind === 'integer') return { kind: 'integer', at, value: wrap64(BigInt(sign) * inner.value) }
  return inner.kind === 'float' ? { kind: 'float', at, value: sign * inner.value } : node
}

function foldBinary(node: BinaryNode): Node {
  const { left: a, right: b, at, operator } = node
  if (operator === 'and' || operator === '&&') return foldLogic(node, true)
  if (operator === 'or' || operator === '||') return foldLogic(node, false)
  if (operator === '==') {
    const same =
      (a.kind === 'integer' && b.kind === 'integer') ||
      (a.kind === 'string' && b.kind === 'string') ||
      (a.kind === 'bool' && b.kind === 'bool')
    return same ? { kind: 'bool', at, value: a.value === b.value } : node
  }
  if (operator === '+' && a.kind === 'string' && b.kind === 'string')
    return { kind: 'string', at, value: joined(a.value, b.value) }
  if ((a.kind !== 'integer' && a.kind !== 'float') || (b.kind !== 'integer' && b.kind !== 'float')) return node
  if (a.kind === 'integer' && b.kind === 'integer') {
    const whole = foldIntegers(operator, a.value, b.value, at)
    if (whole !== null) return { kind: 'integer', at, value: whole }
  }
  const value = foldFloats(operator, Number(a.value), Number(b.value))
  return value === null ? node : { kind: 'float', at, value }
}

function foldIntegers(operator: string, a: bigint, b: bigint, at: number): bigint | null {
  switch (operator) {
    case '+':
      return wrap64(a + b)
    case '-':
      return wrap64(a - b)
    case '*':
      return wrap64(a * b)
    case '%':
      if (b === 0n) throw new ExpressionError('integer divide by zero', at)
      return wrap64(a % b)
    default:
      return null
  }
}

function foldFloats(operator: string, a: number, b: number): number | null {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '**':
    case '^':
      return goPow(a, b)
    default:
      return null
  }
}

/** `true && x` is x, `false && x` is false; the other way round for `or`. */
function foldLogic(node: BinaryNode, neutral: boolean): Node {
  const { left: a, right: b, at } = node
  if (a.kind === 'bool' && a.value === neutral) return { ...b, at }
  if (b.kind === 'bool' && b.value === neutral) return { ...a, at }
  return a.kind === 'bool' || b.kind === 'bool' ? { kind: 'bool', at, value: !neutral } : node
}

function foldArray(nodes: readonly Node[], node: Node): Node {
  if (nodes.length === 0) return node
  const value: unknown[] = []
  for (const n of nodes) {
    if (n.kind !== 'integer' && n.kind !== 'float' && n.kind !== 'string' && n.kind !== 'bool') return node
    value.push(n.value)
  }
  return { kind: 'constant', at: node.at, value }
}

function foldFilters(node: Node): Node {
  if (node.kind !== 'builtin' || node.name !== 'filter' || node.args.length !== 2) return node
  const [source, outer] = node.args
  if (source?.kind !== 'builtin' || source.name !== 'filter' || outer?.kind !== 'predicate') return node
  const [array, inner] = source.args
  if (array === undefined || inner?.kind !== 'predicate') return node
  const both: Node = { kind: 'binary', at: 0, operator: '&&', left: inner.node, right: outer.node }
  return { kind: 'builtin', at: node.at, name: 'filter', args: [array, { kind: 'predicate', at: 0, node: both }] }
}
