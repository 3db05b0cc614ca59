/** Reading, setting and deleting what a path leads to. A path is a list of keys, indices and `{start, end}`. */
import { JqError, expected, failedOn, notApplicable } from './errors.ts'
import {
  type JqObject,
  type JqValue,
  compareValues,
  isArray,
  isNumber,
  isObject,
  plainNumber,
  toInt,
} from './values.ts'

const indexMax = 0x2000_0000n

/** `.[key]`. */
export function indexValue(value: JqValue, key: JqValue): JqValue {
  if (typeof key === 'string') {
    if (value === null) return null
    if (isObject(value)) return value.get(key) ?? null
    throw expected('an object', value)
  }
  if (isNumber(key)) return value === null ? null : indexList(value, toInt(key) ?? 0n)
  if (isArray(key)) {
    if (value === null) return null
    if (isArray(value)) return indicesOf(value, key)
    throw expected('an array', value)
  }
  if (isObject(key)) {
    if (value === null) return null
    const { start, end } = boundsOf(key)
    return sliceValue(value, start, end)
  }
  if (isArray(value)) throw expected('a number for indexing an array', key)
  if (typeof value === 'string') throw expected('a number for indexing a string', key)
  throw expected('a string for object key', key)
}

function indexList(value: JqValue, index: bigint): JqValue {
  const list = typeof value === 'string' ? [...value] : value
  if (!isArray(list)) throw expected('an array', value)
  return list[clamp(index, -1, list.length)] ?? null
}

function boundsOf(key: JqObject): { readonly start: JqValue; readonly end: JqValue } {
  const [start, end] = [key.get('start'), key.get('end')]
  if (start === undefined || end === undefined) throw expected('"start" and "end" for slicing', key)
  return { start, end }
}

/** Counts from the end if negative; then between `min` and `length`. */
function clamp(index: bigint, min: number, length: number): number {
  const at = index < 0n ? index + BigInt(length) : index
  return at < BigInt(min) ? min : at < BigInt(length) ? Number(at) : length
}

/** `.[start:end]` of an array or text, which is counted in characters. */
export function sliceValue(value: JqValue, start: JqValue, end: JqValue): JqValue {
  if (value === null) return null
  if (isArray(value)) {
    const [from, to] = sliceBounds(start, end, value.length, 'a number for indexing an array')
    return value.slice(from, to)
  }
  if (typeof value !== 'string') throw expected('an array', value)
  const chars = [...value]
  const [from, to] = sliceBounds(start, end, chars.length, 'a number for indexing a string')
  return chars.slice(from, to).join('')
}

function sliceBounds(start: JqValue, end: JqValue, length: number, wanted: string): readonly [number, number] {
  const from = start === null ? 0n : toInt(start)
  if (from === null) throw expected(wanted, start)
  const first = clamp(from, 0, length)
  if (end === null) return [first, length]
  const plain = isNumber(end) ? plainNumber(end) : null
  const to = toInt(typeof plain === 'number' ? Math.ceil(plain) : end)
  if (to === null) throw expected(wanted, end)
  return [first, clamp(to, first, length)]
}

/** Where `part` occurs in `list`. */
export function indicesOf(list: readonly JqValue[], part: readonly JqValue[]): readonly bigint[] {
  const found: bigint[] = []
  if (part.length === 0) return found
  for (let at = 0; at + part.length <= list.length; at++) {
    if (part.every((item, i) => compareValues(list[at + i] ?? null, item) === 0)) found.push(BigInt(at))
  }
  return found
}

export function getPath(value: JqValue, path: JqValue): JqValue {
  if (!isArray(path)) throw notApplicable('getpath', value, path)
  let at = value
  for (const key of path) {
    if (at !== null && !isArray(at) && !isObject(at)) throw notApplicable('getpath', value, path)
    try {
      at = indexValue(at, key)
    } catch (error) {
      throw error instanceof JqError ? failedOn('getpath', error.message, value, path) : error
    }
  }
  return at
}

/**
 * Changes made one after another to a value. What the first change copied, the next ones change in place, so that a
 * thousand changes of an array do not copy it a thousand times.
 */
export class Edits {
  private readonly spend: (units: number) => void
  /** Arrays and objects made here that nobody else has seen. */
  private owned = new WeakSet<object>()

  constructor(spend: (units: number) => void) {
    this.spend = spend
  }

  /** To be told of a value that is handed out: if it is one of ours, it must not change any more. */
  handOut(value: JqValue): void {
    if ((isArray(value) || isObject(value)) && this.owned.has(value)) this.owned = new WeakSet()
  }

  set(value: JqValue, path: JqValue, replacement: JqValue): JqValue {
    if (!isArray(path)) throw notApplicable('setpath', value, path)
    try {
      return this.at(value, path, 0, replacement)
    } catch (error) {
      throw error instanceof JqError ? failedOn('setpath', error.message, value, path, replacement) : error
    }
  }

  private at(value: JqValue, path: readonly JqValue[], depth: number, replacement: JqValue): JqValue {
    const key = path[depth]
    if (key === undefined) return replacement
    if (typeof key === 'string') {
      if (value !== null && !isObject(value)) throw expected('an object', value)
      const member = this.at(value?.get(key) ?? null, path, depth + 1, replacement)
      return this.ownObject(value).set(key, member)
    }
    if (isNumber(key)) return this.atIndex(value, toInt(key) ?? 0n, path, depth, replacement)
    if (isObject(key)) return this.atSlice(value, key, path, depth, replacement)
    if (isArray(value)) throw expected('a number for indexing an array', key)
    throw expected('a string for object key', key)
  }

  private ownObject(value: JqObject | null): Map<string, JqValue> {
    if (value !== null && this.owned.has(value)) return value as Map<string, JqValue>
    const made = new Map(value ?? [])
    this.spend(made.size)
    this.owned.add(made)
    return made
  }

  private ownList(value: readonly JqValue[] | null): JqValue[] {
    if (value !== null && this.owned.has(value)) return value as JqValue[]
    const made = [...(value ?? [])]
    this.spend(made.length)
    this.owned.add(made)
    return made
  }

  private atIndex(
    value: JqValue,
    index: bigint,
    path: readonly JqValue[],
    depth: number,
    replacement: JqValue,
  ): JqValue {
    if (value !== null && !isArray(value)) throw expected('an array', value)
    const length = value?.length ?? 0
    const at = index < 0n ? index + BigInt(length) : index
    if (at < 0n) throw new JqError(`array index should not be negative: ${String(index)}`)
    if (at >= indexMax) throw new JqError(`array index too large: ${String(index)}`)
    const place = Number(at)
    const item = this.at(value?.[place] ?? null, path, depth + 1, replacement)
    this.spend(Math.max(0, place - length))
    const list = this.ownList(value)
    while (list.length < place) list.push(null)
    list[place] = item
    return list
  }

  private atSlice(
    value: JqValue,
    key: JqObject,
    path: readonly JqValue[],
    depth: number,
    replacement: JqValue,
  ): JqValue {
    if (value !== null && !isArray(value)) throw expected('an array', value)
    const list = value ?? []
    const { start, end } = boundsOf(key)
    const [from, to] = sliceBounds(start, end, list.length, 'a number for indexing an array')
    const replaced = this.at(list.slice(from, to), path, depth + 1, replacement)
    if (!isArray(replaced)) throw expected('an array', replaced)
    this.spend(list.length + replaced.length)
    return [...list.slice(0, from), ...replaced, ...list.slice(to)]
  }
}

/** Stands in the place of what is deleted until all of it is known. */
const hole: JqValue = new Map<string, JqValue>()

/** Deletes all of them at once, so that one does not move another. */
export function deletePaths(value: JqValue, paths: JqValue, spend: (units: number) => void): JqValue {
  if (!isArray(paths)) throw notApplicable('delpaths', value, paths)
  if (paths.length === 0) return value
  try {
    const edits = new Edits(spend)
    let result = value
    for (const path of paths) {
      if (!isArray(path)) throw expected('an array', path)
      for (const marked of markedPaths(result, path, 0)) result = edits.set(result, marked, hole)
    }
    return result === hole ? null : withoutHoles(result)
  } catch (error) {
    throw error instanceof JqError ? failedOn('delpaths', error.message, value, paths) : error
  }
}

/** The path with slices written out as indices; nothing if it leads nowhere. */
function* markedPaths(
  value: JqValue,
  path: readonly JqValue[],
  at: number,
): Generator<readonly JqValue[], void, undefined> {
  const key = path[at]
  if (value === hole) return
  if (key === undefined) {
    yield path
    return
  }
  if (typeof key === 'string') {
    if (value !== null && !isObject(value)) throw expected('an object', value)
    if (value?.has(key) === true) yield* markedPaths(value.get(key) ?? null, path, at + 1)
    return
  }
  if (!isNumber(key) && !isObject(key)) {
    if (isArray(value)) throw expected('a number for indexing an array', key)
    throw expected('a string for object key', key)
  }
  if (value === null) return
  if (!isArray(value)) throw expected('an array', value)
  if (isNumber(key)) {
    const place = clamp(toInt(key) ?? 0n, -1, value.length)
    if (place >= 0 && place < value.length) yield* markedPaths(value[place] ?? null, path, at + 1)
    return
  }
  const { start, end } = boundsOf(key)
  const [from, to] = sliceBounds(start, end, value.length, 'a number for indexing an array')
  const [next, ...rest] = path.slice(at + 1)
  // What follows a slice counts from its beginning.
  if (next === undefined) for (let i = from; i < to; i++) yield [...path.slice(0, at), BigInt(i)]
  else if (isNumber(next)) {
    const place = clamp(toInt(next) ?? 0n, -1, to - from)
    const inner = [...path.slice(0, at), BigInt(from + place), ...rest]
    if (place >= 0 && place < to - from) yield* markedPaths(value, inner, at)
  }
}

function withoutHoles(value: JqValue): JqValue {
  if (isArray(value)) return value.filter((item) => item !== hole).map(withoutHoles)
  if (!isObject(value)) return value
  return new Map([...value].filter(([, item]) => item !== hole).map(([key, item]) => [key, withoutHoles(item)]))
}
