// Sprig's functions on lists.

import { castInt } from './cast.ts'
import { isEmpty } from './defaults.ts'
import { textOfValue, textsOf } from './strings.ts'
import type { Group } from './table.ts'
import { ANY_SLICE, goType } from '../expr/go-types.ts'
import { deepEqual } from '../expr/operators.ts'
import { compareText } from '../expr/utf8.ts'
import { GoSlice, itemsOf, kindName, panic, strings } from '../expr/values.ts'

const LIST_MAX = 1_000_000

/** The elements of a list, or Sprig's complaint; nil makes Go's reflection crash. */
function listOf(value: unknown, complaint: string): readonly unknown[] {
  if (value === null || value === undefined)
    return panic('runtime error: invalid memory address or nil pointer dereference')
  return itemsOf(value) ?? panic(`${complaint} ${kindName(value)}`)
}

const finding = (value: unknown, what: string): readonly unknown[] => listOf(value, `Cannot find ${what} on type`)
const nilList = new GoSlice(ANY_SLICE, null)

function bounded(items: readonly unknown[]): readonly unknown[] {
  return items.length > LIST_MAX ? panic('memory budget exceeded') : items
}

function chunk(size: bigint, list: unknown): GoSlice {
  const items = listOf(list, 'Cannot chunk type')
  const n = Number(size)
  const count = Math.floor((items.length - 1) / n) + 1
  if (!Number.isFinite(count) || count < 0) return panic('runtime error: makeslice: len out of range')
  const chunks: unknown[] = []
  for (let i = 0; i < count; i++) chunks.push(items.slice(i * n, i === count - 1 ? undefined : (i + 1) * n))
  return new GoSlice(goType('[][]any'), chunks)
}

function slice(list: unknown, ...indices: readonly unknown[]): unknown {
  const items = listOf(list, 'list should be type of slice or array but')
  if (items.length === 0) return null
  const start = indices.length > 0 ? Number(castInt(indices[0])) : 0
  const end = indices.length > 1 ? Number(castInt(indices[1])) : items.length
  if (start < 0 || end < start || end > items.length) return panic('reflect.Value.Slice: slice index out of bounds')
  const part = items.slice(start, end)
  return list instanceof GoSlice
    ? new GoSlice(list.type, part)
    : list instanceof Uint8Array
      ? list.slice(start, end)
      : part
}

function concat(...lists: readonly unknown[]): unknown {
  const out: unknown[] = []
  for (const list of lists) {
    const items =
      list === null ? panic('runtime error: invalid memory address or nil pointer dereference') : itemsOf(list)
    if (items === undefined) return panic(`Cannot concat type ${kindName(list)} as list`)
    for (const item of items) out.push(item)
  }
  return out.length === 0 ? nilList : bounded(out)
}

function sortAlpha(list: unknown): GoSlice {
  if (itemsOf(list) === undefined) return strings([textOfValue(list)])
  return strings([...textsOf(list)].sort(compareText))
}

function uniq(list: unknown): readonly unknown[] {
  const out: unknown[] = []
  const seen = new Set<unknown>()
  for (const item of finding(list, 'uniq')) {
    const plain = typeof item !== 'object' || item === null
    if (plain ? seen.has(item) : out.some((other) => deepEqual(item, other))) continue
    if (plain) seen.add(item)
    out.push(item)
  }
  return out
}

const has = (needle: unknown, list: unknown): boolean =>
  list !== null && finding(list, 'has').some((item) => deepEqual(needle, item))
const push = (list: unknown, item: unknown): readonly unknown[] =>
  bounded([...listOf(list, 'Cannot push on type'), item])
const prepend = (list: unknown, item: unknown): readonly unknown[] =>
  bounded([item, ...listOf(list, 'Cannot prepend on type')])
const without = (list: unknown, ...omitted: readonly unknown[]): readonly unknown[] =>
  finding(list, 'without').filter((item) => !omitted.some((o) => deepEqual(o, item)))
const first = (list: unknown): unknown => finding(list, 'first')[0] ?? null
const last = (list: unknown): unknown => finding(list, 'last').at(-1) ?? null
const rest = (list: unknown): unknown => orNil(finding(list, 'rest'), (items) => items.slice(1))
const initial = (list: unknown): unknown => orNil(finding(list, 'initial'), (items) => items.slice(0, -1))
const orNil = (items: readonly unknown[], take: (items: readonly unknown[]) => unknown): unknown =>
  items.length === 0 ? nilList : take(items)
const reverse = (list: unknown): readonly unknown[] => finding(list, 'reverse').toReversed()
const compact = (list: unknown): readonly unknown[] =>
  listOf(list, 'Cannot compact on type').filter((item) => !isEmpty(item))
const list = (...items: readonly unknown[]): unknown => [...items]

export const listFunctions: Group = () => ({
  list: ['(...any) []any', list],
  tuple: ['(...any) []any', list],
  append: ['(any, any) []any', push],
  push: ['(any, any) []any', push],
  mustAppend: ['(any, any) ([]any, error)', push],
  mustPush: ['(any, any) ([]any, error)', push],
  prepend: ['(any, any) []any', prepend],
  mustPrepend: ['(any, any) ([]any, error)', prepend],
  first: ['(any) any', first],
  mustFirst: ['(any) (any, error)', first],
  rest: ['(any) []any', rest],
  mustRest: ['(any) ([]any, error)', rest],
  last: ['(any) any', last],
  mustLast: ['(any) (any, error)', last],
  initial: ['(any) []any', initial],
  mustInitial: ['(any) ([]any, error)', initial],
  reverse: ['(any) []any', reverse],
  mustReverse: ['(any) ([]any, error)', reverse],
  uniq: ['(any) []any', uniq],
  mustUniq: ['(any) ([]any, error)', uniq],
  without: ['(any, ...any) []any', without],
  mustWithout: ['(any, ...any) ([]any, error)', without],
  has: ['(any, any) bool', has],
  mustHas: ['(any, any) (bool, error)', has],
  compact: ['(any) []any', compact],
  mustCompact: ['(any) ([]any, error)', compact],
  slice: ['(any, ...any) any', slice],
  mustSlice: ['(any, ...any) (any, error)', slice],
  concat: ['(...any) any', concat],
  chunk: ['(int, any) [][]any', chunk],
  mustChunk: ['(int, any) ([][]any, error)', chunk],
  sortAlpha: ['(any) []string', sortAlpha],
})
