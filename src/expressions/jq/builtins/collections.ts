/** Functions of arrays and objects. */
import { add } from '../arithmetic.ts'
import { JqError, failedOn, notApplicable, raised } from '../errors.ts'
import { Edits, deletePaths } from '../paths.ts'
import {
  type JqValue,
  compareValues,
  isArray,
  isNumber,
  isObject,
  membersOf,
  plainNumber,
  preview,
  sortedKeys,
  toFloat,
  toInt,
  typeOf,
} from '../values.ts'
import type { Functions } from './functions.ts'

function length(value: JqValue): JqValue {
  if (value === null) return 0n
  if (typeof value === 'string') return BigInt([...value].length)
  if (isArray(value)) return BigInt(value.length)
  if (isObject(value)) return BigInt(value.size)
  return size('length', value)
}

function size(name: string, value: JqValue): JqValue {
  if (!isNumber(value)) throw notApplicable(name, value)
  const number = plainNumber(value)
  return number < 0 ? -number : value
}

function has(value: JqValue, [key = null]: readonly JqValue[]): JqValue {
  const index = toInt(key)
  if (isArray(value) && index !== null) return index >= 0n && index < BigInt(value.length)
  if (isObject(value) && typeof key === 'string') return value.has(key)
  if (value === null) return false
  throw notApplicable('has', value, key)
}

/** Whether one value holds another; for texts, arrays and objects part by part. */
function contains(left: JqValue, right: JqValue): boolean {
  if (isNumber(left) && isNumber(right)) return compareValues(left, right) === 0
  if (typeof left === 'string' && typeof right === 'string') return left.includes(right)
  if (isArray(left) && isArray(right)) return right.every((part) => left.some((item) => holds(item, part)))
  if (isObject(left) && isObject(right)) {
    return (
      left.size >= right.size && [...right].every(([key, part]) => left.has(key) && holds(left.get(key) ?? null, part))
    )
  }
  if (left === right) return true
  throw notApplicable('contains', left, right)
}

/** Parts of different types just do not match. */
function holds(item: JqValue, part: JqValue): boolean {
  try {
    return contains(item, part)
  } catch (error) {
    if (error instanceof JqError) return false
    throw error
  }
}

function flatten(value: JqValue, args: readonly JqValue[]): JqValue {
  const members = membersOf(value)
  if (members === null) throw notApplicable('flatten', value)
  const [given] = args
  const depth = given === undefined ? Number.POSITIVE_INFINITY : toFloat(given)
  if (depth === null) throw notApplicable('flatten', given ?? null)
  if (depth < 0 || Number.isNaN(depth)) {
    throw new JqError(`flatten depth should not be negative: ${preview(depth)}`)
  }
  const flat = (list: readonly JqValue[], left: number): readonly JqValue[] =>
    list.flatMap((item) => (isArray(item) && left !== 0 ? flat(item, left - 1) : [item]))
  return flat(members, depth)
}

/** Pairs of an item and its key, sorted by key. */
function sortedPairs(
  name: string,
  value: JqValue,
  keys: JqValue | undefined,
): readonly (readonly [JqValue, JqValue])[] {
  const by = keys ?? value
  if (!isArray(value) || !isArray(by)) throw notApplicable(name, value, ...(keys === undefined ? [] : [keys]))
  if (value.length !== by.length) throw failedOn(name, 'length mismatch', value, by)
  return value.map((item, i) => [item, by[i] ?? null] as const).sort(([, a], [, b]) => compareValues(a, b))
}

const sorted =
  (name: string) =>
  (value: JqValue, [keys]: readonly JqValue[]): JqValue =>
    sortedPairs(name, value, keys).map(([item]) => item)

function grouped(value: JqValue, [keys]: readonly JqValue[]): JqValue {
  const groups: { readonly key: JqValue; readonly items: JqValue[] }[] = []
  for (const [item, key] of sortedPairs('group_by', value, keys)) {
    const last = groups.at(-1)
    if (last !== undefined && compareValues(last.key, key) === 0) last.items.push(item)
    else groups.push({ key, items: [item] })
  }
  return groups.map(({ items }) => items)
}

const unique =
  (name: string) =>
  (value: JqValue, [keys]: readonly JqValue[]): JqValue => {
    const pairs = sortedPairs(name, value, keys)
    return pairs
      .filter(([, key], i) => i === 0 || compareValues(pairs[i - 1]?.[1] ?? null, key) !== 0)
      .map(([item]) => item)
  }

/** Of equal ones the first is the smallest, the last the largest. */
const extreme =
  (name: string, smallest: boolean) =>
  (value: JqValue, [keys]: readonly JqValue[]): JqValue => {
    const by = keys ?? value
    if (!isArray(value) || !isArray(by)) throw notApplicable(name, value, ...(keys === undefined ? [] : [keys]))
    if (value.length !== by.length) throw failedOn(name, 'length mismatch', value, by)
    let best = 0
    for (let i = 1; i < value.length; i++) {
      if (compareValues(by[best] ?? null, by[i] ?? null) > 0 === smallest) best = i
    }
    return value[best] ?? null
  }

function transpose(value: JqValue): JqValue {
  if (!isArray(value)) throw notApplicable('transpose', value)
  const rows = value.map((row) => {
    if (!isArray(row)) throw notApplicable('transpose', value)
    return row
  })
  const width = Math.max(0, ...rows.map((row) => row.length))
  return Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? null))
}

function search(value: JqValue, [wanted = null]: readonly JqValue[]): JqValue {
  if (!isArray(value)) throw notApplicable('bsearch', value, wanted)
  let [low, high] = [0, value.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareValues(value[middle] ?? null, wanted) >= 0) high = middle
    else low = middle + 1
  }
  return low < value.length && compareValues(value[low] ?? null, wanted) === 0 ? BigInt(low) : BigInt(-low - 1)
}

function sum(value: JqValue): JqValue {
  const members = membersOf(value)
  if (members === null) throw notApplicable('add', value)
  if (members.every((member) => typeof member === 'string')) return members.length === 0 ? null : members.join('')
  if (members.every((member) => isArray(member))) return members.flat()
  if (members.every((member) => isObject(member))) return new Map(members.flatMap((member) => [...member]))
  return members.reduce((total, member) => add(total, member), null)
}

export const collectionFunctions: Functions = {
  'length/0': length,
  'abs/0': (value) => size('abs', value),
  'type/0': typeOf,
  'keys/0': (value) => {
    if (isArray(value)) return value.map((_, i) => BigInt(i))
    if (isObject(value)) return sortedKeys(value)
    throw notApplicable('keys', value)
  },
  'has/1': has,
  'add/0': sum,
  'reverse/0': (value) => {
    if (!isArray(value)) throw notApplicable('reverse', value)
    return [...value].reverse()
  },
  'contains/1': (value, [part = null]) => contains(value, part),
  'inside/1': (value, [whole = null]) => contains(whole, value),
  'flatten/0': flatten,
  'flatten/1': flatten,
  'sort/0': sorted('sort'),
  '_sort_by/1': sorted('sort_by'),
  '_group_by/1': grouped,
  'unique/0': unique('unique'),
  '_unique_by/1': unique('unique_by'),
  'min/0': extreme('min', true),
  '_min_by/1': extreme('min_by', true),
  'max/0': extreme('max', false),
  '_max_by/1': extreme('max_by', false),
  'transpose/0': transpose,
  'bsearch/1': search,
  'setpath/2': (value, [path = null, replacement = null], { spend }) => new Edits(spend).set(value, path, replacement),
  'delpaths/1': (value, [paths = null], { spend }) => deletePaths(value, paths, spend),
  'error/0': (value) => {
    throw raised(value)
  },
  'error/1': (_, [value = null]) => {
    throw raised(value)
  },
}
