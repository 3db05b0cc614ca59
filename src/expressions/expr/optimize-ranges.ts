// Sums over a range of constants, by the formula for an arithmetic series.

import type { Node } from './ast.ts'
import type { Rewrite } from './rewrite.ts'
import { wrap64 } from './values.ts'

export const sumOfRange: Rewrite = (node) => {
  if (node.kind !== 'builtin' || (node.name !== 'sum' && node.name !== 'reduce')) return node
  const [range, predicate, initial] = node.args
  if (
    range?.kind !== 'binary' ||
    range.operator !== '..' ||
    range.left.kind !== 'integer' ||
    range.right.kind !== 'integer'
  )
    return node
  const [low, high] = [range.left.value, range.right.value]
  if (high < low) return node
  const count = wrap64(high - low + 1n)
  const sum = wrap64(wrap64(count * (low + high)) / 2n)
  const value = node.name === 'sum' ? summed(predicate, sum, count) : reduced(predicate, initial, sum)
  return value === null ? node : { kind: 'integer', at: node.at, value: wrap64(value) }
}

function summed(predicate: Node | undefined, sum: bigint, count: bigint): bigint | null {
  if (predicate === undefined) return sum
  if (predicate.kind !== 'predicate') return null
  const body = predicate.node
  if (isPointer(body, '')) return sum
  if (body.kind !== 'binary') return null
  const onLeft = isPointer(body.left, '')
  const constant = onLeft ? body.right : body.left
  if (constant.kind !== 'integer' || (!onLeft && !isPointer(body.right, ''))) return null
  switch (body.operator) {
    case '*':
      return constant.value * sum
    case '+':
      return sum + count * constant.value
    case '-':
      return onLeft ? sum - count * constant.value : count * constant.value - sum
    default:
      return null
  }
}

function reduced(predicate: Node | undefined, initial: Node | undefined, sum: bigint): bigint | null {
  if (predicate?.kind !== 'predicate' || predicate.node.kind !== 'binary' || predicate.node.operator !== '+')
    return null
  const { left, right } = predicate.node
  if (!(isPointer(left, '') && isPointer(right, 'acc')) && !(isPointer(left, 'acc') && isPointer(right, '')))
    return null
  if (initial === undefined) return sum
  return initial.kind === 'integer' ? initial.value + sum : null
}

const isPointer = (node: Node, name: string): boolean => node.kind === 'pointer' && node.name === name
