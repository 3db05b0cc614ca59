// Builtins on arrays and maps.

import { asText } from '../assert.ts'
import { fetch, mapKeyId } from '../fetch.ts'
import { ANY, ANY_SLICE, INT, goType } from '../go-types.ts'
import type { GoType } from '../go-types.ts'
import { sortInPlace } from '../loops.ts'
import { spend } from '../meter.ts'
import { methodOf } from '../methods.ts'
import { equal, integerOf, toInt } from '../operators.ts'
import { byteLength } from '../utf8.ts'
import { GoAnyMap, GoInt, GoSlice, itemsOf, kindName, panic, stringMapOf, typeName } from '../values.ts'
import { shownType } from './numbers.ts'
import type { ArgType, BuiltinSpec } from './spec.ts'
import { goText } from '../../go-format.ts'

const isList = (type: ArgType): boolean => type === ANY || type?.kind === 'slice' || type?.kind === 'array'
const isMapType = (type: ArgType): boolean => type === ANY || type?.kind === 'map'

/** One argument of some kind; `complaint` is completed by the type it has instead. */
function only(
  accepts: (type: ArgType) => boolean,
  complaint: (type: string) => string,
  result: (type: GoType) => GoType,
): BuiltinSpec['validate'] {
  return (args) => {
    const [type] = args
    if (args.length !== 1 || type === undefined)
      return { error: `invalid number of arguments (expected 1, got ${args.length})` }
    return type !== null && accepts(type) ? result(type) : { error: complaint(shownType(type)) }
  }
}

const listOr = (value: unknown, complaint: string): readonly unknown[] =>
  itemsOf(value) ?? panic(`${complaint} ${kindName(value)}`)

/** Keys and values of any map. */
function pairsOf(value: unknown): readonly (readonly [unknown, unknown])[] | undefined {
  if (value instanceof GoAnyMap) return [...value.entries.values()].map(({ key, value: item }) => [key, item] as const)
  const map = stringMapOf(value)
  return map === undefined ? undefined : [...map.keys()].map((key) => [key, map.get(key)] as const)
}

function end(name: 'first' | 'last'): BuiltinSpec {
  return {
    name,
    validate: only(
      isList,
      (type) => `cannot get ${name} element from ${type}`,
      (type) => (type === ANY ? ANY : (type.elem ?? ANY)),
    ),
    run: ([value]) => {
      try {
        return fetch(value, name === 'first' ? 0n : -1n)
      } catch {
        // Any failure means there is no such element.
        return null
      }
    },
  }
}

export const listBuiltins: readonly BuiltinSpec[] = [
  {
    name: 'len',
    validate: (args) => {
      const [type] = args
      if (args.length !== 1 || type === undefined)
        return { error: `invalid number of arguments (expected 1, got ${args.length})` }
      return isList(type) || isMapType(type) || type?.kind === 'string'
        ? INT
        : { error: `invalid argument for len (type ${shownType(type)})` }
    },
    run: ([value]) => {
      if (typeof value === 'string') return BigInt(runeCount(value))
      const size = itemsOf(value)?.length ?? (value instanceof GoAnyMap ? value.entries.size : stringMapOf(value)?.size)
      return size === undefined ? panic(`invalid argument for len (type ${typeName(value)})`) : BigInt(size)
    },
  },
  end('first'),
  end('last'),
  { name: 'get', run: ([from, key]) => get(from, key) },
  {
    name: 'take',
    validate: (args) => {
      const [list, count] = args
      if (args.length !== 2 || list === undefined || count === undefined)
        return { error: `invalid number of arguments (expected 2, got ${args.length})` }
      if (!isList(list)) return { error: `cannot take from ${shownType(list)}` }
      if (count !== ANY && !(count !== null && count.kind.startsWith('int')))
        return { error: `cannot take ${shownType(count)} elements` }
      return list ?? ANY
    },
    run: ([list, count]) => take(list, count),
  },
  {
    name: 'keys',
    validate: only(
      isMapType,
      (type) => `cannot get keys from ${type}`,
      () => ANY_SLICE,
    ),
    run: ([map]) => (pairsOf(map) ?? panic(`cannot get keys from ${kindName(map)}`)).map(([key]) => key),
  },
  {
    name: 'values',
    validate: only(
      isMapType,
      (type) => `cannot get values from ${type}`,
      () => ANY_SLICE,
    ),
    run: ([map]) => (pairsOf(map) ?? panic(`cannot get values from ${kindName(map)}`)).map(([, value]) => value),
  },
  {
    name: 'toPairs',
    validate: only(
      isMapType,
      (type) => `cannot transform ${type} to pairs`,
      () => ANY_SLICE,
    ),
    run: ([map]) => {
      const pairs = pairsOf(map) ?? panic(`cannot transform ${kindName(map)} to pairs`)
      return new GoSlice(
        goType('[][2]any'),
        pairs.map((pair) => new GoSlice(goType('[2]any'), pair)),
      )
    },
  },
  {
    name: 'fromPairs',
    validate: only(
      isList,
      (type) => `cannot transform ${type} from pairs`,
      () => goType('map[any]any'),
    ),
    run: ([list]) => fromPairs(list),
  },
  {
    name: 'reverse',
    validate: only(
      isList,
      (type) => `cannot reverse ${type}`,
      () => ANY_SLICE,
    ),
    run: ([list], { grow }) => {
      const items = listOr(list, 'cannot reverse')
      grow(items.length)
      return items.toReversed()
    },
  },
  {
    name: 'uniq',
    validate: only(
      isList,
      (type) => `cannot uniq ${type}`,
      () => ANY_SLICE,
    ),
    run: ([list], { grow }) => {
      const out: unknown[] = []
      const seen = new Set<unknown>()
      for (const item of listOr(list, 'cannot uniq')) {
        // Plain values are compared by a set, so that long lists stay fast.
        const plain = typeof item === 'string' || typeof item === 'boolean'
        if (plain ? seen.has(item) : out.some((other) => equal(item, other))) continue
        if (plain) seen.add(item)
        else grow(0)
        out.push(item)
      }
      return out
    },
  },
  {
    name: 'concat',
    validate: (args) => {
      if (args.length === 0) return { error: 'invalid number of arguments (expected at least 1, got 0)' }
      const wrong = args.find((type) => !isList(type))
      return wrong === undefined ? ANY_SLICE : { error: `cannot concat ${shownType(wrong)}` }
    },
    run: (lists, { grow }) => {
      const out: unknown[] = []
      for (const list of lists) for (const item of listOr(list, 'cannot concat')) out.push(item)
      grow(out.length)
      // Nothing appended to nothing is a nil list.
      return out.length === 0 ? new GoSlice(ANY_SLICE, null) : out
    },
  },
  {
    name: 'flatten',
    validate: only(
      isList,
      (type) => `cannot flatten ${type}`,
      () => ANY_SLICE,
    ),
    run: ([list], { grow }) => {
      const out = flatten(listOr(list, 'cannot flatten'), 0)
      grow(out.length)
      return out
    },
  },
  {
    name: 'sort',
    types: [
      ...['[]any', '[]int', '[]float64', '[]string'].map((t) => goType(`func(${t}, string) []any`)),
      ...['[]any', '[]float64', '[]string', '[]int'].map((t) => goType(`func(${t}) []any`)),
    ],
    run: ([list, order], { grow }) => sort(list, order, grow),
  },
]

function runeCount(text: string): number {
  let n = 0
  for (const _ of text) n++
  return n
}

/** Like fetch, but nil where there is nothing. */
function get(from: unknown, key: unknown): unknown {
  if (from === null || from === undefined) return null
  if (typeof key === 'string') {
    const method = methodOf(from, key)
    if (method !== undefined) return method
  }
  const size = typeof from === 'string' ? byteLength(from) : itemsOf(from)?.length
  if (size !== undefined) {
    const wanted = toInt(key)
    const index = wanted < 0n ? wanted + BigInt(size) : wanted
    return index >= 0n && index < BigInt(size) ? fetch(from, index) : null
  }
  if (from instanceof GoAnyMap) return from.entries.get(mapKeyId(key))?.value ?? null
  const map = stringMapOf(from)
  if (map === undefined) return null
  if (typeof key !== 'string' && key !== null) return fetch(from, key)
  return map.get(key ?? '') ?? null
}

function take(list: unknown, count: unknown): unknown {
  const items = listOr(list, 'cannot take from')
  const n = integerOf(count) ?? (count instanceof GoInt ? count.value : undefined)
  if (n === undefined) return panic(`cannot take ${count === null ? 'invalid' : kindName(count)} elements`)
  if (n < 0n) return panic('reflect.Value.Slice: slice index out of bounds')
  const taken = n > BigInt(items.length) ? items : items.slice(0, Number(n))
  return list instanceof GoSlice
    ? new GoSlice(list.type, list.items === null ? null : taken)
    : list instanceof Uint8Array
      ? list.slice(0, taken.length)
      : taken
}

function fromPairs(list: unknown): GoAnyMap {
  const items = itemsOf(list) ?? panic(`cannot transform ${goText(list)} from pairs`)
  const out = new GoAnyMap(goType('map[any]any'))
  for (const item of items) {
    const pair = itemsOf(item) ?? panic(`invalid pair ${goText(item)}`)
    if (pair.length !== 2) panic(`invalid pair length ${goText(item)}`)
    out.entries.set(mapKeyId(pair[0]), { key: pair[0], value: pair[1] })
  }
  return out
}

function flatten(items: readonly unknown[], depth: number): unknown[] {
  if (depth > 10_000) panic('recursion depth exceeded')
  const out: unknown[] = []
  spend(items.length)
  for (const item of items) {
    const inner = itemsOf(item)
    if (inner === undefined) out.push(item)
    else for (const value of flatten(inner, depth + 1)) out.push(value)
  }
  return out
}

const sortable = new Set(['[]interface {}', '[]int', '[]float64', '[]string'])

function sort(list: unknown, order: unknown, grow: (size: number) => void): unknown {
  // What is none of these lists counts as a nil one.
  const items = sortable.has(typeName(list)) ? [...(itemsOf(list) ?? [])] : null
  if (order !== undefined) {
    if (typeof order !== 'string') panic(`sort order argument must be a string (got ${typeName(order)})`)
    if (asText(order) !== 'asc' && order !== 'desc') panic(`invalid order ${order}, expected asc or desc`)
  }
  if (items === null) return new GoSlice(ANY_SLICE, null)
  sortInPlace(items, order === 'desc', (item) => item)
  grow(items.length)
  return items
}
